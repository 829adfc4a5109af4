"""Known content. A match of an active entry decides without a viewing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Bank(models.Model):
    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=150)
    label = models.CharField(max_length=64)  # the label that a match means
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.slug


class BankEntry(models.Model):
    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="entries")
    sha256 = models.CharField(max_length=64, default="", blank=True)
    pdq = models.CharField(max_length=64, default="", blank=True)  # 256 bits as hex
    vpdq = models.JSONField(default=list, blank=True)  # [{"frame", "t", "pdq", "quality"}]
    item_id = models.UUIDField(null=True, blank=True)  # the removed item it came from
    note = models.CharField(max_length=300, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="bank_sha256", condition=~Q(sha256=""))]
        constraints = [
            models.CheckConstraint(condition=~(Q(sha256="") & Q(pdq="") & Q(vpdq=[])), name="bank_entry_has_a_hash"),
            models.UniqueConstraint(fields=["bank", "sha256"], condition=~Q(sha256=""), name="bank_sha256_once"),
        ]

    def __str__(self) -> str:
        return self.note or self.sha256[:12] or self.pdq[:12]
