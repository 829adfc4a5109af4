"""Work on labels in the background, labels that look wrong, and items that were chosen to be labelled."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.cases.models import Case
from console.common.ids import uuid7
from console.intake.models import Item


class LabelWork(models.Model):
    """A piece of work that a worker does: labels from a file, the search for wrong ones, candidates for a new label, a day's choice."""

    class Purpose(models.TextChoices):
        IMPORT = "import"
        DOUBTS = "doubts"
        ALIKE = "alike"
        CHOOSE = "choose"

    class State(models.TextChoices):
        DRAFT = "draft"  # a file that was uploaded and is not mapped yet
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7)
    purpose = models.CharField(max_length=8, choices=Purpose)
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.FloatField(default=0.0)
    sentence = models.CharField(max_length=300, default="", blank=True)  # where it is, or why it failed
    asked: Any = models.JSONField(default=dict)  # what to do: the mapping of a file, the name of a label
    result: Any = models.JSONField(default=dict)  # what came out; for work that may be taken over, how far it is
    file = models.CharField(max_length=300, default="", blank=True)  # below the home folder
    file_name = models.CharField(max_length=200, default="", blank=True)  # as it was called by who brought it
    token = models.IntegerField(default=0)  # grows each time a worker takes it: the fence
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["purpose", "kind", "-id"], name="label_work_newest")]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "kind"], condition=Q(state__in=["waiting", "running"]), name="one_open_label_work")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"


class Doubt(models.Model):
    """A label that everything else contradicts. It says "look again", and nothing of who gave it."""

    work = models.ForeignKey(LabelWork, on_delete=models.CASCADE, related_name="doubts")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=64)
    value = models.SmallIntegerField()  # what the label says
    chance = models.FloatField()  # that it is right, by a model that has not seen it
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="+")  # the second look, once it was asked for

    class Meta:
        constraints = [models.UniqueConstraint(fields=["work", "item", "name"], name="doubt_once")]
        indexes = [models.Index(fields=["work", "chance", "id"], name="doubt_worst")]

    def __str__(self) -> str:
        return f"{self.name}={self.value} of {self.item_id}"


class Choice(models.Model):
    """An item that was chosen to be labelled, why, and with which chance it was drawn: none where somebody picked it, or its looks did.
    What was not drawn teaches a model, and says nothing of what came in."""

    class Way(models.TextChoices):
        UNCERTAIN = "uncertain"
        DIFFERENT = "different"  # from all that was labelled
        RANDOM = "random"
        MISSED = "missed"  # near an item that was let through and should not have been
        ALIKE = "alike"  # like the examples of a new label
        DOUBT = "doubt"  # its label looks wrong

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="choice")
    kind = models.CharField(max_length=32)
    way = models.CharField(max_length=10, choices=Way)
    label = models.CharField(max_length=64, default="", blank=True)  # of a new category
    propensity = models.FloatField(null=True)
    work = models.ForeignKey(LabelWork, null=True, on_delete=models.SET_NULL, related_name="choices")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(way__in=["alike", "doubt"], propensity=None)
                | (~Q(way__in=["alike", "doubt"]) & Q(propensity__gt=0, propensity__lte=1)),
                name="choice_propensity_is_a_chance",
            )
        ]
        indexes = [models.Index(fields=["kind", "-created_at"], name="choice_day")]

    def __str__(self) -> str:
        return f"{self.way} {self.item_id}"


class LabelBudget(models.Model):
    """How many items a day people are asked to label so that the model learns, and how they are chosen. None without a row."""

    kind = models.CharField(max_length=32, unique=True)
    per_day = models.IntegerField(default=0)
    random_share = models.FloatField(default=0.2)  # drawn by chance alone: what keeps the rest honest
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(per_day__gte=0, per_day__lte=10_000), name="label_budget_bounded"),
            models.CheckConstraint(condition=Q(random_share__gt=0, random_share__lte=1), name="label_budget_explores"),
        ]

    def __str__(self) -> str:
        return f"{self.per_day} {self.kind} a day"
