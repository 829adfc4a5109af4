from django.apps import AppConfig


class BacktestsConfig(AppConfig):
    name = "console.backtests"
    label = "backtests"
    default_auto_field = "django.db.models.BigAutoField"
