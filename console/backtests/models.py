"""What was tried on history, how far it came, and what came out; and labelled files that were replayed as if live."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import Source
from console.common.ids import uuid7


class State(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (State.WAITING, State.RUNNING)


class Backtest(models.Model):
    """One subject on the history of a kind. Everything that it depends on is copied when it is asked for, so that it can be repeated."""

    class What(models.TextChoices):
        RULE = "rule"
        POLICY = "policy"
        THRESHOLDS = "thresholds"
        MODEL = "model"

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=32)
    what = models.CharField(max_length=10, choices=What)
    title = models.CharField(max_length=200)
    subject = models.JSONField()  # the rule, the thresholds, or the name of the version: see subjects.py
    document = models.JSONField()  # the policy that it stands in
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # only its items
    since = models.DateTimeField(null=True, blank=True)  # None = from the beginning
    until = models.DateTimeField()
    share = models.FloatField(default=1.0)  # the chance of an item to be looked at
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    total = models.BigIntegerField(null=True)  # items to look at; None until they were counted
    seen = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)  # the item that was looked at last: the next turn goes on behind it
    last_id = models.UUIDField(null=True)
    worked = models.FloatField(default=0.0)  # seconds
    tally = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, default="", blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="backtest_share_is_a_chance"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="backtest_state_known"),
            models.CheckConstraint(condition=Q(what__in=["rule", "policy", "thresholds", "model"]), name="backtest_what_known"),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="backtest_kind")]

    def __str__(self) -> str:
        return f"backtest {self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def done_share(self) -> float:
        return min(1.0, self.seen / self.total) if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None before there is one."""
        if not self.total or not self.seen or not self.is_open:
            return None
        return self.worked * max(0, self.total - self.seen) / self.seen


class Replay(models.Model):
    """A labelled file, replayed as if it were live: what people would have looked at, what the model would have learnt."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=32)
    title = models.CharField(max_length=200)  # the name of the file
    path = models.CharField(max_length=300)  # below the home folder
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0.0)
    sentence = models.CharField(max_length=300, default="", blank=True)  # what it does now
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, default="", blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=State.values), name="replay_state_known")]

    def __str__(self) -> str:
        return f"replay {self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
