"""One row for each change of state. Rows are written inside the transaction of the change and sealed into a hash chain
in the order of their sealing, by one sealer: writers never wait for each other."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AuditRow(models.Model):
    actor = models.CharField(max_length=150)  # "user:rita", "source:shop", "machine:review@3", "system"
    verb = models.CharField(max_length=64)  # "item.received", "case.claimed", "verdict.given"
    subject = models.CharField(max_length=100)  # "item:<id>", "model:review@3"
    item_id = models.UUIDField(null=True, blank=True)  # for the time line of an item
    data = models.JSONField(default=dict)  # ids, codes and figures; never content or personal data
    at = models.DateTimeField(db_default=Now())
    seal_seq = models.BigIntegerField(null=True, blank=True, unique=True)
    prev_hash = models.CharField(max_length=64, default="", blank=True)
    hash = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["item_id", "id"], name="audit_item", condition=Q(item_id__isnull=False)),
            models.Index(fields=["id"], name="audit_unsealed", condition=Q(seal_seq__isnull=True)),
            models.Index(fields=["subject", "id"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
