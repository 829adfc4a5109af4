"""What was measured of the traffic of a model: against what it saw first, and slice by slice. Rows are written once and kept."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from scoring.weighed import range_of


class DriftReference(models.Model):
    """What a model saw first after it was promoted: its later windows are compared with it."""

    kind = models.CharField(max_length=32)
    model = models.CharField(max_length=100)  # "<kind>@<version>"
    what = models.CharField(max_length=100)  # "risk", "label:spam", "signal:length", "analyser:scam_likelihood", "language", ...
    n = models.IntegerField()
    data: Any = models.JSONField()  # a list of numbers with null for what is missing, or counts by name
    since = models.DateTimeField()
    until = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "what"], name="drift_reference_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.model}"


class DriftReading(models.Model):
    """One window of one thing that is watched, against its reference."""

    class Level(models.TextChoices):
        LOW = "low"
        NEAR = "near"
        HIGH = "high"

    kind = models.CharField(max_length=32)
    reference = models.ForeignKey(DriftReference, on_delete=models.CASCADE, related_name="readings")
    since = models.DateTimeField()
    until = models.DateTimeField()
    n = models.IntegerField()
    psi = models.FloatField()
    chance = models.FloatField()  # what PSI is on average where nothing changed, at these sizes
    ks = models.FloatField(null=True)  # numbers only
    p = models.FloatField()  # corrected for all that is watched of the kind in this window
    level = models.CharField(max_length=4, choices=Level)
    alarmed = models.BooleanField()  # after this window
    bars: Any = models.JSONField(default=list)  # [bin, share in the reference, share now]
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["kind", "-until"], name="drift_kind")]

    def __str__(self) -> str:
        return f"{self.reference_id} {self.level}"


class SliceReading(models.Model):
    """How often something goes wrong for one slice of a kind, beside all the others."""

    class Measure(models.TextChoices):
        FALSE_ALLOW = "false_allow"  # of what people found to break policy, the machine would have kept
        FALSE_ENFORCE = "false_enforce"  # of what people found in order, the machine would have acted on
        OVERTURN = "overturn"  # of what was concluded, a later decision said otherwise
        REVIEW = "review"  # of all items, a person was asked

    kind = models.CharField(max_length=32)
    model = models.CharField(max_length=100)
    cut = models.CharField(max_length=40)  # "Language"
    name = models.CharField(max_length=100)  # "de"; "" is all of them together
    measure = models.CharField(max_length=16, choices=Measure)
    hits = models.IntegerField()  # a plain count of what was looked at
    of = models.IntegerField()
    rest_hits = models.IntegerField(default=0)  # of the same cut, all others
    rest_of = models.IntegerField(default=0)
    share = models.FloatField()  # of all that came: what was likelier to be asked about counts less (scoring.weighed)
    worth = models.FloatField()  # so many equally likely answers would say as much
    rest_share = models.FloatField(default=0.0)
    rest_worth = models.FloatField(default=0.0)
    apart = models.BooleanField()  # its corrected range lies wholly above that of the rest, and by enough to matter
    alarmed = models.BooleanField()  # after this reading
    since = models.DateTimeField()
    until = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["kind", "-until"], name="slice_kind")]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % range of its share, not corrected."""
        return range_of(self.share, self.worth)

    def __str__(self) -> str:
        return f"{self.measure} of {self.cut} {self.name}"
