from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The console itself: only its commands. It has no models."""

    name = "console"
    label = "console"
