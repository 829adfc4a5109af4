"""The life of a model: what it learned from, how it did, whether it serves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.common.ids import uuid7
from console.training.label_models import Choice, Doubt, LabelBudget, LabelWork
from console.training.serving_models import Promotion, ShadowScore, Trial, TrialBatch

__all__ = [
    "Choice", "Doubt", "LabelBudget", "LabelWork", "ModelVersion", "Promotion", "Schedule", "ScheduleSlot", "ShadowScore", "Snapshot",
    "TrainingRun", "Trial", "TrialBatch",
]  # fmt: skip


class Snapshot(models.Model):
    """A frozen data set: the lines lie in a file, its content hash here."""

    kind = models.CharField(max_length=32)
    content_hash = models.CharField(max_length=64)
    path = models.CharField(max_length=300)  # below the home folder
    counts = models.JSONField(default=dict)  # by label, source, language and age
    card = models.JSONField(default=dict)  # how it was divided and what was checked: console.training.dataset_card
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "content_hash"], name="snapshot_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.content_hash[:12]}"


class ModelVersion(models.Model):
    class State(models.TextChoices):
        CANDIDATE = "candidate"
        REFUSED = "refused"
        CHAMPION = "champion"
        RETIRED = "retired"

    kind = models.CharField(max_length=32)
    version = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    path = models.CharField(max_length=300)  # bundle, below the home folder
    checksum = models.CharField(max_length=64)
    trainer = models.CharField(max_length=32)
    metrics = models.JSONField(default=dict)
    comparison = models.JSONField(default=dict)  # against the champion, on the same frozen test
    reasons = models.JSONField(default=list)  # why it may or may not serve, in words
    card = models.TextField(default="", blank=True)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="models")
    parent = models.CharField(max_length=64, default="", blank=True)  # the champion it was compared with
    created_at = models.DateTimeField(db_default=Now())
    promoted_at = models.DateTimeField(null=True, blank=True)
    promoted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    damage = models.TextField(default="", db_default="", blank=True)  # what is wrong with its files; such a version scores nothing
    verified_at = models.DateTimeField(null=True, blank=True)  # when every file was last read again and was whole
    removed_at = models.DateTimeField(null=True, blank=True)  # its files were tidied away; what is known about it stays

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="model_version_once"),
            models.UniqueConstraint(fields=["kind"], condition=Q(state="champion"), name="one_champion_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}@{self.version}"


class TrainingRun(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=32)
    trainer = models.CharField(max_length=32, default="", blank=True)
    trigger = models.CharField(max_length=16, default="hand")  # hand, api, schedule, command
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    stage = models.CharField(max_length=32, default="", blank=True)
    progress = models.FloatField(default=0.0)
    log = models.TextField(default="", blank=True)
    error = models.TextField(default="", blank=True)
    seed = models.IntegerField(default=0)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="runs")
    model = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="runs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind"], condition=Q(state__in=["waiting", "running"]), name="one_run_per_kind")]
        indexes = [models.Index(fields=["kind", "-created_at"], name="run_kind")]

    def __str__(self) -> str:
        return f"run {self.id}"


class Schedule(models.Model):
    """Retrain a kind by cron, in a time zone. Each slot fires once, however many beats run."""

    kind = models.CharField(max_length=32)
    trainer = models.CharField(max_length=32, default="", blank=True)
    cron = models.CharField(max_length=100)  # five fields
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} {self.cron}"


class ScheduleSlot(models.Model):
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="slots")
    slot = models.DateTimeField()
    run = models.ForeignKey(TrainingRun, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="slot_once")]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.slot}"
