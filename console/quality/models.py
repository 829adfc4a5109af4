"""Checks of what people decide. A case that has a check is a measurement: its verdict says how sure a decision is, and by
itself changes nothing outside."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import Source
from console.cases.models import Case, Queue
from console.intake.models import Item
from console.verdicts.models import Verdict

LARGEST_SHARE = 0.5


class CheckPlan(models.Model):
    """What is checked in a queue, and how often. A queue without a plan is not checked."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, related_name="check_plan")
    second_share = models.FloatField(default=0.05)  # of verdicts: another person looks, blind
    gold_share = models.FloatField(default=0.05)  # of what a person is served: an item whose answer is known
    gold_share_new = models.FloatField(default=0.10)  # the same, in a person's first decisions
    blind_share = models.FloatField(default=0.10)  # of new cases: decided without the machine's opinion
    feedback = models.BooleanField(default=False)  # tell a person, alone, how their known answers went
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(**{f"{name}__gte": 0, f"{name}__lte": LARGEST_SHARE}), name=f"plan_{name}_is_a_share")
            for name in ("second_share", "gold_share", "gold_share_new", "blind_share")
        ]

    def __str__(self) -> str:
        return f"checks of {self.queue_id}"


class Gold(models.Model):
    """An item whose right answer is known. Its labels never train and never test a model."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="gold")
    outcome = models.CharField(max_length=8)  # allow | enforce
    clauses = models.JSONField(default=list)
    note = models.TextField(default="", blank=True)
    is_active = models.BooleanField(default=True)  # retired: not served any more, still not for training
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    known_to: Any = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")  # who ever said what its answer is
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(outcome__in=["allow", "enforce"]), name="gold_outcome_known")]

    def __str__(self) -> str:
        return f"known answer of {self.item_id}"


class QaReview(models.Model):
    """What a lead thinks of a verdict. The reviewer is told and may contest it; then a third person decides, blind."""

    class Finding(models.TextChoices):
        AGREE = "agree"
        DISAGREE = "disagree"
        GREY = "grey"

    verdict = models.OneToOneField(Verdict, on_delete=models.CASCADE, related_name="qa_review")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=8, choices=Finding)
    note = models.TextField(default="", blank=True)
    read_at = models.DateTimeField(null=True, blank=True)  # by the reviewer
    contested_at = models.DateTimeField(null=True, blank=True)
    contest = models.TextField(default="", blank=True)  # why the reviewer disagrees
    settled = models.CharField(max_length=8, default="", blank=True)  # reviewer | lead: with whom the third person agreed
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(finding__in=["agree", "disagree", "grey"]), name="qa_finding_known")]

    def __str__(self) -> str:
        return f"{self.finding} {self.verdict_id}"


class Check(models.Model):
    """Why a case is a measurement, how likely it was to be drawn, and what came out."""

    class Purpose(models.TextChoices):
        SECOND = "second"  # another person on the same item, blind
        ADJUDICATE = "adjudicate"  # two verdicts differ: a lead decides, blind first
        CONTEST = "contest"  # a reviewer contests a lead's review: a third person decides
        GOLD = "gold"  # the answer is known
        AUDIT = "audit"  # drawn at random from what was decided: is the machine right? (console.automation)

    class State(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"  # undo may still be open; an adjudication waits for the lead's last word
        CLOSED = "closed"

    class Result(models.TextChoices):
        NONE = ""
        SAME = "same"  # as the verdict it is about, or as the known answer
        OTHER = "other"

    purpose = models.CharField(max_length=10, choices=Purpose)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="measurement")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="measurements")
    about = models.ForeignKey(Verdict, null=True, on_delete=models.CASCADE, related_name="measurements")
    gold = models.ForeignKey(Gold, null=True, on_delete=models.CASCADE, related_name="measurements")
    parent = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="adjudication")  # the second look that differed
    qa = models.OneToOneField(QaReview, null=True, on_delete=models.CASCADE, related_name="contest_check")
    probability = models.FloatField(null=True)  # with which it was drawn; none where somebody asked for it, and no die was cast
    answer = models.OneToOneField(Verdict, null=True, on_delete=models.SET_NULL, related_name="answers")
    result = models.CharField(max_length=5, choices=Result, default=Result.NONE, blank=True)
    final: Any = models.JSONField(default=dict)  # an adjudicator's last word: {"outcome", "clauses"}
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["about"], condition=Q(purpose="second"), name="one_second_look_per_verdict"),
            models.CheckConstraint(
                condition=Q(purpose__in=["second", "adjudicate", "contest", "gold", "audit"]), name="check_purpose_known"
            ),
            models.CheckConstraint(condition=Q(state__in=["open", "answered", "closed"]), name="check_state_known"),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__gt=0, probability__lte=1), name="check_probability_known"
            ),
        ]
        indexes = [
            models.Index(fields=["purpose", "id"], name="check_unsettled", condition=~Q(state="closed")),
            models.Index(fields=["purpose", "-closed_at"], name="check_closed", condition=Q(state="closed")),
            models.Index(fields=["gold", "id"], name="check_gold", condition=Q(gold__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.item_id}"


class OwnAccount(models.Model):
    """An account on a platform that belongs to somebody of the staff: nobody decides what they wrote themselves."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="own_accounts")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    actor_id = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "actor_id", "user"], name="own_account_once")]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.actor_id}"


class Measure(models.Model):
    """What the checks of a kind add up to, as of a moment. Computed by a worker; pages read it."""

    kind = models.CharField(max_length=32, unique=True)
    data: Any = models.JSONField(default=dict)
    computed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"checks of {self.kind}"


class Reliability(models.Model):
    """How a person's answers relate to the truth, by Dawid-Skene. Not shown as a rank: only where it says that help is needed."""

    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reliability")
    kind = models.CharField(max_length=32)
    answers = models.FloatField()  # that could be compared
    matrix: Any = models.JSONField(default=dict)  # truth -> answer -> expected count
    weight = models.FloatField(default=1.0)  # of their labels in training, 0 to 1
    signs: Any = models.JSONField(default=list)  # where help seems needed: [{"clause", "right", "of"}]
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reviewer", "kind"], name="reliability_once")]

    def __str__(self) -> str:
        return f"{self.reviewer_id} {self.kind}"
