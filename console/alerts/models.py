"""Something that needs attention: open until what raised it says that it is over."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.common.ids import uuid7


class Alert(models.Model):
    """At most one is open per code, kind and subject: what goes on is told once."""

    class Level(models.TextChoices):
        NOTICE = "notice"
        WARNING = "warning"
        CRITICAL = "critical"

    id = models.UUIDField(primary_key=True, default=uuid7)
    code = models.CharField(max_length=32)  # "score_drift", "band_lost", "canary_stopped", ...
    kind = models.CharField(max_length=32, default="", blank=True)  # of items; empty where it is about none
    subject = models.CharField(max_length=100, default="", blank=True)  # "model:review@20261121-1", "band:allow", ...
    level = models.CharField(max_length=8, choices=Level, default=Level.WARNING)
    sentence = models.CharField(max_length=500)
    data = models.JSONField(default=dict)
    raised_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())  # when it was last found to hold
    cleared_at = models.DateTimeField(null=True, blank=True)
    why_cleared = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "kind", "subject"], condition=Q(cleared_at=None), name="alert_open_once"),
        ]
        indexes = [models.Index(fields=["-raised_at"], name="alert_time")]

    def __str__(self) -> str:
        return self.sentence
