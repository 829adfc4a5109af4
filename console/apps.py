from importlib import import_module

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The console itself: only its commands and system checks. It has no models."""

    name = "console"
    label = "console"

    def ready(self) -> None:
        import_module("console.checks")
