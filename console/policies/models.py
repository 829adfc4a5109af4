"""A policy for each kind, and its versions. A version is immutable once it has been active: a trigger holds that."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Policy(models.Model):
    kind = models.CharField(max_length=32, unique=True)
    title = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.title


class PolicyVersion(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        RETIRED = "retired"

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    document = models.JSONField()  # scoring.policy.PolicyDocument
    checksum = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    note = models.CharField(max_length=300, default="", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    activated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_number"),
            models.UniqueConstraint(fields=["policy"], condition=Q(state="active"), name="one_active_policy_version"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"
