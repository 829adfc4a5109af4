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
    "Choice", "Doubt", "Firing", "LabelBudget", "LabelWork", "ModelVersion", "Promotion", "RunLimits", "ShadowScore", "Snapshot",
    "TrainingRun", "Trial", "TrialBatch", "Trigger",
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
        QUEUED = "queued"  # waits for its turn: another run of the kind is ahead
        WAITING = "waiting"  # its turn has come; waits for the train worker
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=32)
    trainer = models.CharField(max_length=32, default="", blank=True)
    trigger = models.CharField(max_length=16, default="hand")  # hand, api, command, retry; or the cause of a Trigger
    reason = models.CharField(max_length=300, default="", blank=True)  # "because 512 new labels came since 20 November"
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    place = models.BigIntegerField(default=0)  # in the queue of its kind; the least comes first, then the oldest
    stage = models.CharField(max_length=32, default="", blank=True)
    marks = models.JSONField(default=list)  # when each stage of this execution began
    progress = models.FloatField(default=0.0)
    log = models.TextField(default="", blank=True)
    error = models.TextField(default="", blank=True)
    failure = models.CharField(max_length=16, default="", blank=True)  # a code of failures.py
    seed = models.IntegerField(default=0)
    search = models.JSONField(default=dict)  # {"minutes": 5, "tries": 12} when settings are to be searched for
    trials = models.JSONField(default=list)  # what the search tried
    trained = models.JSONField(default=dict)  # the bundle that is trained and not yet registered, for whoever resumes the run
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="runs")
    model = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="runs")
    retry_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="retries")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind"], condition=Q(state__in=["waiting", "running"]), name="one_run_per_kind")]
        indexes = [models.Index(fields=["kind", "-created_at"], name="run_kind")]

    def __str__(self) -> str:
        return f"run {self.id}"


class Trigger(models.Model):
    """What makes a kind be retrained by itself: a time, new labels, drift, or automation that was lost."""

    class Cause(models.TextChoices):
        TIME = "time"
        LABELS = "labels"
        DRIFT = "drift"
        BAND = "band"

    kind = models.CharField(max_length=32)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.TIME)
    trainer = models.CharField(max_length=32, default="", blank=True)
    cron = models.CharField(max_length=100, default="", blank=True)  # five fields; of a time only
    time_zone = models.CharField(max_length=64, default="UTC")
    labels = models.PositiveIntegerField(null=True, blank=True)  # so many new ones; of labels only
    rest_hours = models.PositiveSmallIntegerField(default=0)  # between two firings
    is_active = models.BooleanField(default=True)
    since = models.DateTimeField(db_default=Now())  # times before this do not count: it was made or changed then
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cause="time") ^ Q(cron=""), name="trigger_time_has_cron"),
            models.CheckConstraint(condition=Q(cause="labels") ^ Q(labels=None), name="trigger_labels_has_number"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.cause}"


class Firing(models.Model):
    """One cause, fired once: `key` names the slot, the count or the alert."""

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="firings")
    key = models.CharField(max_length=80)
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, default="", blank=True)
    run = models.ForeignKey(TrainingRun, null=True, on_delete=models.SET_NULL, related_name="firings")
    note = models.CharField(max_length=300, default="", blank=True)  # why no run of its own came of it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trigger", "key"], name="cause_fires_once")]

    def __str__(self) -> str:
        return f"{self.trigger_id} {self.key}"


class RunLimits(models.Model):
    """What the runs of a kind may take, and how long they search for settings. Without a row the defaults hold."""

    kind = models.CharField(max_length=32, unique=True)
    threads = models.PositiveSmallIntegerField(default=1)
    memory_mb = models.PositiveIntegerField(default=4000)
    minutes = models.PositiveIntegerField(default=240)
    disk_mb = models.PositiveIntegerField(default=500)  # that must be free
    search_minutes = models.PositiveSmallIntegerField(default=0)  # 0 = the trainer's own settings
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"limits of {self.kind}"
