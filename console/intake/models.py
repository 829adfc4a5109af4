"""What was received. An item is accepted once for each source and external id, and never changed afterwards."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import Source
from console.common.ids import uuid7


class Item(models.Model):
    class Status(models.TextChoices):
        RECEIVED = "received"  # accepted, not yet scored
        IN_REVIEW = "in_review"  # a case waits for a person
        DECIDED = "decided"  # a decision is in effect

    id = models.UUIDField(primary_key=True, default=uuid7)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=32)
    external_id = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)  # of the posted body: same id with another body is refused
    payload = models.JSONField()
    actor_id = models.CharField(max_length=255, default="", blank=True)
    actor = models.JSONField(default=dict)
    conversation = models.CharField(max_length=255, default="", blank=True)
    created_at = models.DateTimeField()  # when it happened on the platform
    received_at = models.DateTimeField(db_default=Now())
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    severity_hint = models.SmallIntegerField(default=0)
    reports = models.IntegerField(default=0)
    views = models.BigIntegerField(null=True, blank=True)  # people it reached, as the platform told last
    headline = models.CharField(max_length=140, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="item_once_per_source"),
            models.CheckConstraint(condition=Q(status__in=["received", "in_review", "decided"]), name="item_status_known"),
        ]
        indexes = [
            models.Index(fields=["kind", "status", "-id"], name="item_kind_status"),
            models.Index(fields=["source", "-id"], name="item_source"),
            models.Index(fields=["actor_id", "-id"], name="item_actor", condition=~Q(actor_id="")),
            models.Index(fields=["conversation"], name="item_conversation", condition=~Q(conversation="")),
            models.Index(fields=["received_at"], name="item_unscored", condition=Q(status="received")),
            models.Index(fields=["kind", "created_at", "id"], name="item_history"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class ItemKey(models.Model):
    """A shared attribute of an item (device, card, author ...): history for point-in-time features, and links."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="keys")
    source_id = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=32)
    value = models.CharField(max_length=255)
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["source_id", "kind", "name", "value", "-at"], name="itemkey_lookup")]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class Media(models.Model):
    """An uploaded file, probed before anything decodes it. Its id stands in addresses on the review screen, so it tells no time."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=64)
    size = models.BigIntegerField()
    width = models.IntegerField(null=True, blank=True)
    height = models.IntegerField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["source", "sha256"], name="media_sha256")]

    def __str__(self) -> str:
        return str(self.id)


class Report(models.Model):
    """A user of the platform says that an item breaks a rule."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="report_set")
    reporter = models.CharField(max_length=255, default="", blank=True)
    reason = models.CharField(max_length=64, default="", blank=True)
    text = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "reporter"], condition=~Q(reporter=""), name="report_once_per_reporter")]

    def __str__(self) -> str:
        return f"report of {self.item_id}"


class FeedbackEvent(models.Model):
    """What the world answered later: a bounce, a chargeback, a refund. It becomes a label."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="feedback")
    event = models.CharField(max_length=32)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "event"], name="feedback_once")]

    def __str__(self) -> str:
        return f"{self.event} of {self.item_id}"


class Quarantine(models.Model):
    """A row of a bulk call that could not be accepted, kept with the reasons so that it can be mended."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    external_id = models.CharField(max_length=255, default="", blank=True)
    body = models.JSONField()
    errors = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="quarantine_source")]

    def __str__(self) -> str:
        return self.external_id
