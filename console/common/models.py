"""Durable work, events on their way out, and remembered answers. PostgreSQL is the truth; the broker only rings."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.common.ids import uuid7


class Job(models.Model):
    """One piece of work. Claimed by lease and fencing token; a message carries only its id, and may be lost or doubled."""

    class State(models.TextChoices):
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    task = models.CharField(max_length=64)  # "score_item", "deliver", "train"
    lane = models.CharField(max_length=16)  # light, heavy, train, deliver
    subject = models.CharField(max_length=64)  # id of what it is about
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    priority = models.SmallIntegerField(default=0)
    attempt = models.SmallIntegerField(default=0)
    max_attempts = models.SmallIntegerField(default=3)
    lease_owner = models.CharField(max_length=100, default="", blank=True)
    lease_token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_run_at = models.DateTimeField(db_default=Now())
    error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["lane", "-priority", "next_run_at"], name="job_due", condition=Q(state__in=["ready", "running"])),
            models.Index(fields=["task", "subject"], name="job_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.subject}"


class OutboxEvent(models.Model):
    """Something that must be told to the outside, written in the transaction that made it true."""

    class State(models.TextChoices):
        PENDING = "pending"
        RELAYED = "relayed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7)  # the webhook message id
    topic = models.CharField(max_length=64)  # item.decided, item.enforced, ...
    source_id = models.BigIntegerField(null=True)  # whose endpoints hear it; NULL = every admin endpoint
    subject = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    not_before = models.DateTimeField(db_default=Now())  # held until undo is over
    created_at = models.DateTimeField(db_default=Now())
    relayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], name="outbox_pending", condition=Q(state="pending")),
            models.Index(fields=["subject"], name="outbox_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject}"


class IdempotencyKey(models.Model):
    """The answer that was given to a key, so that a repeated call gets the same bytes."""

    caller = models.CharField(max_length=64)  # token or user
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)  # NULL while the first call runs
    body = models.BinaryField(null=True)
    content_type = models.CharField(max_length=100, default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a process last showed that it works end to end: the canary behind the health page."""

    name = models.CharField(max_length=100, primary_key=True)  # "worker:light", "beat"
    at = models.DateTimeField(db_default=Now())
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
