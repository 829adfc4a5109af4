"""Scores and decisions. No automatic decision without model, policy and thresholds recorded (a constraint holds that)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.common.ids import uuid7
from console.intake.models import Item
from console.policies.models import PolicyVersion


class Score(models.Model):
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="scores")
    model = models.CharField(max_length=100)  # "<kind>@<version>"
    checksum = models.CharField(max_length=64)  # of the bundle
    risk = models.FloatField(null=True)
    uncertainty = models.FloatField(default=1.0)
    labels = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    signals = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    took_ms = models.FloatField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["item", "-id"], name="score_item"),
            models.Index(fields=["model", "created_at"], name="score_model"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.risk}"


class Fingerprint(models.Model):
    """By which near-duplicates of an item are found (scoring.alike). None for an item that has nothing to compare."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="fingerprint")
    kind = models.CharField(max_length=32)
    text = models.BinaryField(default=b"", db_default=b"")  # MinHash signature
    frames = models.BinaryField(default=b"", db_default=b"")  # PDQ hashes, one after the other
    bands = ArrayField(models.BigIntegerField())  # who shares one may be alike

    class Meta:
        # Without the list of pending entries, which every search would have to read through first.
        indexes = [GinIndex(fields=["bands"], name="fingerprint_bands", fastupdate=False)]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class Decision(models.Model):
    """One version of what was decided about an item. At most one is in effect."""

    class State(models.TextChoices):
        HELD = "held"  # by a person, inside the undo window
        EFFECTIVE = "effective"
        SUPERSEDED = "superseded"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=uuid7)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="decisions")
    number = models.IntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.EFFECTIVE)
    outcome = models.CharField(max_length=8)  # allow | review | enforce
    reason = models.CharField(max_length=32)
    sentence = models.CharField(max_length=300)
    action = models.CharField(max_length=32, default="", blank=True)
    duration_hours = models.SmallIntegerField(null=True, blank=True)  # counted from when it takes effect; None = no end
    clause = models.CharField(max_length=32, default="", blank=True)
    label = models.CharField(max_length=64, default="", blank=True)
    rule = models.CharField(max_length=100, default="", blank=True)
    severity = models.SmallIntegerField(default=0)
    thresholds = models.JSONField(default=dict)
    automated = models.BooleanField()
    score = models.ForeignKey(Score, null=True, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=100, default="", blank=True)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    statement = models.JSONField(default=dict)  # statement of reasons, DSA fields
    created_at = models.DateTimeField(db_default=Now())
    effective_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="decision_number"),
            models.UniqueConstraint(fields=["item"], condition=Q(state__in=["effective", "held"]), name="one_decision_in_effect"),
            models.CheckConstraint(condition=Q(outcome__in=["allow", "review", "enforce"]), name="decision_outcome_known"),
            models.CheckConstraint(
                condition=Q(automated=False) | Q(outcome="review") | (Q(score__isnull=False) & ~Q(model="")),
                name="no_automation_without_model",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="decision_time"),
            models.Index(fields=["effective_at", "id"], name="decision_since"),
            models.Index(fields=["outcome", "-created_at"], name="decision_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.item_id}"
