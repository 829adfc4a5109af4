"""What waits for a person. A claim is a time-limited hold with a fencing token: every write names it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.common.ids import uuid7
from console.intake.models import Item


class Queue(models.Model):
    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=100)
    subtitle = models.CharField(max_length=100, default="", blank=True)
    kind = models.CharField(max_length=32)
    groups = models.ManyToManyField(Group, blank=True)  # empty = every moderator
    sla_minutes = models.IntegerField(default=240)
    position = models.SmallIntegerField(default=0)
    is_paused = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.slug


class Case(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        CLAIMED = "claimed"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid7)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="cases")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    purpose = models.CharField(max_length=16, default="review")  # review, second, audit, gold, appeal
    reason = models.CharField(max_length=32)  # code of the decision that sent it here
    sentence = models.CharField(max_length=300)
    severity = models.SmallIntegerField(default=0)
    label = models.CharField(max_length=64, default="", db_default="", blank=True)  # what it may be, as the decision named it
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    priority = models.FloatField(default=0.0)  # higher first
    blind = models.BooleanField(default=False)  # neither reason nor evidence leaves the server
    lease_token = models.BigIntegerField(default=0)  # grows with every claim: the fence
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=~Q(state="closed") & Q(purpose="review"), name="one_open_review_per_item"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "claimed", "closed"]), name="case_state_known"),
        ]
        indexes = [
            models.Index(fields=["queue", "-priority", "id"], name="case_next", condition=Q(state="waiting")),
            models.Index(fields=["queue", "created_at"], name="case_oldest", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"case {self.id}"


class Claim(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"
        RELEASED = "released"
        SKIPPED = "skipped"
        ESCALATED = "escalated"
        EXPIRED = "expired"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="claims")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims")
    token = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    lease_until = models.DateTimeField()
    evidence_seen = models.BooleanField(default=False)
    ahead = models.BooleanField(default=False, db_default=False)  # fetched before its turn, by a short lease: not yet on the screen
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    now: datetime  # the database's time, on what claim_require returns

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="open"), name="one_open_claim_per_case"),
            models.UniqueConstraint(fields=["case", "token"], name="claim_token_once"),
        ]
        indexes = [
            models.Index(fields=["lease_until"], name="claim_expiry", condition=Q(state="open")),
            models.Index(fields=["reviewer"], name="claim_reviewer", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"claim {self.token} of {self.case_id}"


class Skip(models.Model):
    """A skipped case does not come back to who skipped it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "reviewer"], name="skip_once")]

    def __str__(self) -> str:
        return self.reason
