"""What a person concluded, and the training targets that follow from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.cases.models import Case, Claim, Queue
from console.common.ids import uuid7
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.scores.models import Decision


class Batch(models.Model):
    """Cases that one person decides together: each keeps its own hold and gets its own verdict."""

    class Basis(models.TextChoices):
        ALIKE = "alike"  # they say or show nearly the same
        AUTHOR = "author"  # one account sent them
        CHOSEN = "chosen"  # whoever asked put them together

    id = models.UUIDField(primary_key=True, default=uuid7)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=8, choices=Basis)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.basis} {self.id}"


class BatchCase(models.Model):
    """A case of a batch. The token is the fence of its hold; none while somebody else has the case."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="members")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    place = models.SmallIntegerField()
    token = models.BigIntegerField(null=True)
    excluded = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "case"], name="batch_case_once")]

    def __str__(self) -> str:
        return f"{self.case_id} of {self.batch_id}"


class Verdict(models.Model):
    class State(models.TextChoices):
        GIVEN = "given"
        UNDONE = "undone"
        SUPERSEDED = "superseded"

    id = models.UUIDField(primary_key=True, default=uuid7)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="verdicts")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="verdicts")
    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="verdict")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="verdicts")
    # none where the verdict only measures another: see console.quality
    decision = models.OneToOneField(Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="verdict")
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.GIVEN)
    outcome = models.CharField(max_length=8)  # allow | enforce
    action = models.CharField(max_length=32, default="", blank=True)
    duration_hours = models.SmallIntegerField(null=True, blank=True)  # the action ends by itself; None = until somebody lifts it
    clauses = models.JSONField(default=list)
    fields = models.JSONField(default=dict)  # {"email": "right" | "wrong" | "unknown"}
    severity = models.SmallIntegerField(default=0)
    certain = models.BooleanField(default=True)
    note = models.TextField(default="", blank=True)
    spans = models.JSONField(default=list)
    evidence_seen = models.BooleanField(default=False)  # the model's opinion was visible: trains, never tests
    created_at = models.DateTimeField(db_default=Now())
    undo_until = models.DateTimeField()
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="verdicts")
    supersedes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    why_corrected = models.CharField(max_length=300, default="", db_default="", blank=True)  # of one that supersedes

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(outcome__in=["allow", "enforce"]), name="verdict_outcome_known")]
        indexes = [
            models.Index(fields=["item", "-created_at"], name="verdict_item"),
            models.Index(fields=["reviewer", "-created_at"], name="verdict_reviewer"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.item_id}"


class Label(models.Model):
    """One label event: who or what said which value, and how it came to be asked. What the events of an item add up to is the
    consensus (console.training.consensus)."""

    class Source(models.TextChoices):
        VERDICT = "verdict"  # `model_visible` tells whether it was given blind
        SECOND = "second"  # another person, blind, said the same
        ADJUDICATED = "adjudicated"  # a lead, blind, after two differed
        GOLD = "gold"  # a known answer: measures people, never trains and never tests a model
        AUDIT = "audit"  # a decided item drawn by chance, blind
        APPEAL = "appeal"
        FEEDBACK = "feedback"  # what the world answered later
        IMPORT = "import"

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=64)
    value = models.SmallIntegerField()  # 0 or 1
    source = models.CharField(max_length=16, choices=Source)
    verdict = models.ForeignKey(Verdict, null=True, on_delete=models.CASCADE, related_name="labels")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    model_visible = models.BooleanField(default=False)
    propensity = models.FloatField(null=True)  # the chance that this item was asked about; None: nobody drew it, it came
    weight = models.FloatField(default=1.0)  # how sure it was said; what the reviewer is worth is measured apart (console.quality)
    spans = models.JSONField(default=list)
    withdrawn = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["item", "name", "-id"], name="label_item", condition=Q(withdrawn=False)),
            models.Index(fields=["source", "item"], name="label_source", condition=Q(withdrawn=False)),
            models.Index(fields=["created_at"], name="label_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(value__in=[0, 1]), name="label_value_binary"),
            models.CheckConstraint(
                condition=Q(propensity=None) | Q(propensity__gt=0, propensity__lte=1), name="label_propensity_is_a_chance"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"
