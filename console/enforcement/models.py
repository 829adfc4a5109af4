"""What is done to items, and what is told to the outside: each effect once, each attempt kept."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import Source
from console.common.ids import uuid7
from console.common.models import OutboxEvent
from console.intake.models import Item
from console.scores.models import Decision


class EnforcementAction(models.Model):
    """One effect of one decision version on one target."""

    class State(models.TextChoices):
        ACTIVE = "active"
        REVERSED = "reversed"
        ENDED = "ended"

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="actions")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="actions")
    action = models.CharField(max_length=32)
    target = models.CharField(max_length=300)  # "item" or "account:<id>"
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "decision", "action", "target"], name="effect_once")]
        indexes = [models.Index(fields=["ends_at"], name="effect_due", condition=Q(state="active", ends_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class WebhookEndpoint(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="endpoints")
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=120)  # whsec_..., shown once
    topics = models.JSONField(default=list)  # empty = all
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"  # gave up after a day and more; can be replayed

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=Q(state="pending")),
            models.Index(fields=["state", "-id"], name="delivery_state"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class DeliveryAttempt(models.Model):
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempt_set")
    at = models.DateTimeField(db_default=Now())
    status = models.IntegerField(null=True)
    error = models.CharField(max_length=300, default="", blank=True)
    body = models.CharField(max_length=1000, default="", blank=True)  # what they answered, cut
    took_ms = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.status or self.error}"
