from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "console.quality"
    label = "quality"
    default_auto_field = "django.db.models.BigAutoField"
