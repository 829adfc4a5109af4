"""Which version decides: who wanted it, how it was tried on live traffic, and what was measured meanwhile."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.intake.models import Item
from console.scores.models import Score


class Promotion(models.Model):
    """A version was proposed to serve, or made to: by whom, who agreed, and why. These rows are the history of what serves."""

    class Way(models.TextChoices):
        AT_ONCE = "at_once"
        IN_STEPS = "in_steps"  # a canary first
        ROLLBACK = "rollback"

    class State(models.TextChoices):
        OPEN = "open"  # waits for a second person
        AGREED = "agreed"
        SENT_BACK = "sent_back"
        WITHDRAWN = "withdrawn"

    kind = models.CharField(max_length=32)
    version = models.ForeignKey("training.ModelVersion", on_delete=models.PROTECT, related_name="promotions")
    way = models.CharField(max_length=8, choices=Way, default=Way.AT_ONCE)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    replaces = models.CharField(max_length=64, default="", blank=True)  # what served when it was agreed
    despite = models.TextField(default="", blank=True)  # what spoke against it and was set aside, in words
    override = models.BooleanField(default=False)  # by one person alone
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")  # of an override
    reason = models.TextField(default="", blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(default="", blank=True)  # of the second person, or why it was taken back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(state="open"), name="one_proposal_per_kind"),
            models.CheckConstraint(
                condition=~Q(state="agreed") | Q(override=True) | Q(way="rollback") | ~Q(proposed_by=models.F("decided_by")),
                name="two_people_or_override",
            ),
            models.CheckConstraint(condition=Q(override=False) | ~Q(reason=""), name="override_says_why"),
        ]
        indexes = [models.Index(fields=["kind", "-proposed_at"], name="promotion_kind")]

    def __str__(self) -> str:
        return f"{self.way} of {self.version_id}"


class Trial(models.Model):
    """A version on live traffic: it scores beside the champion and decides nothing (shadow), or decides a share (canary)."""

    class Mode(models.TextChoices):
        SHADOW = "shadow"
        CANARY = "canary"

    class End(models.TextChoices):
        NONE = ""  # it goes on
        SERVES = "serves"
        STOPPED = "stopped"  # by itself: something was worse
        ENDED = "ended"  # by a person
        OVERTAKEN = "overtaken"  # what serves has changed

    kind = models.CharField(max_length=32)
    version = models.ForeignKey("training.ModelVersion", on_delete=models.PROTECT, related_name="trials")
    mode = models.CharField(max_length=6, choices=Mode)
    against = models.CharField(max_length=64)  # the version that served when it began
    share = models.PositiveSmallIntegerField()  # percent of the items of the kind
    automatic = models.BooleanField(default=True)  # canary: goes on by itself
    min_items = models.PositiveIntegerField(default=500)  # canary: before each next step
    min_hours = models.FloatField(default=24.0)
    promotion = models.ForeignKey(Promotion, null=True, on_delete=models.PROTECT, related_name="trials")  # that allowed the canary
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now())
    stepped_at = models.DateTimeField(db_default=Now())
    steps = models.JSONField(default=list)  # [{"share", "at", "by"}]
    looks = models.JSONField(default=dict)  # how often each test was made: a test that is repeated must ask for more each time
    cursor = models.BigIntegerField(default=0)  # shadow: up to this score, everything was taken or let go
    offered = models.BigIntegerField(default=0)  # shadow: how many were drawn; those without a ShadowScore were let go
    end = models.CharField(max_length=9, choices=End, default=End.NONE, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "mode"], condition=Q(ended_at=None), name="one_open_trial"),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=100), name="trial_share_is_percent"),
        ]
        indexes = [models.Index(fields=["version", "-started_at"], name="trial_version")]

    def __str__(self) -> str:
        return f"{self.mode} of {self.version_id}"


class TrialBatch(models.Model):
    """What one batch took while a canary decides: the canary's part, and as many of the champion's at the same time."""

    class Arm(models.TextChoices):
        CANARY = "canary"
        CHAMPION = "champion"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="batches")
    arm = models.CharField(max_length=8, choices=Arm)
    items = models.PositiveIntegerField()
    errors = models.PositiveIntegerField(default=0)  # of them, could not be scored in full
    took_ms = models.FloatField(null=True)  # the whole batch
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["trial", "-id"], name="trial_batch")]

    def __str__(self) -> str:
        return f"{self.arm} {self.items}"


class ShadowScore(models.Model):
    """What a version in shadow says of an item. Kept apart: no reviewer sees it and no decision reads it."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="scores")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="+")  # the champion's, beside it
    risk = models.FloatField(null=True)
    labels = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)
    band = models.CharField(max_length=8)  # where the thresholds put it
    stands = models.CharField(max_length=8)  # where they put the champion's score
    gap = models.FloatField(default=0.0)  # how far the two risks lie apart
    policy_number = models.IntegerField()  # of the policy version that both were held against
    took_ms = models.FloatField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trial", "item"], name="shadow_once")]
        indexes = [models.Index(fields=["trial", "-gap"], name="shadow_gap")]

    def __str__(self) -> str:
        return f"{self.band} {self.item_id}"
