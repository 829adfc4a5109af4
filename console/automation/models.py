"""What the machine may decide alone: the limits that an admin sets, the certificates that prove them, the draw that feeds them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from console.cases.models import Case
from console.policies.models import PolicyVersion
from console.quality.models import Check
from console.scores.models import Decision


class Side(models.TextChoices):
    ALLOW = "allow"
    ENFORCE = "enforce"


class Basis(models.TextChoices):
    DECIDED = "decided"  # of what the machine decides alone, so many may be wrong
    CLASS = "class"  # allow: of all harm, so much may be let through; enforce: of all that is harmless, so much removed


class Method(models.TextChoices):
    SEQUENCE = "sequence"
    BONFERRONI = "bonferroni"


def _in(name: str, choices: type[models.TextChoices]) -> Q:
    return Q(**{f"{name}__in": choices.values})


class AutomationRule(models.Model):
    """How much error is accepted where the machine decides alone. Off until an admin sets it: then people decide."""

    kind = models.CharField(max_length=32)
    label = models.CharField(max_length=64, default="risk")  # "risk": that it breaks any rule
    side = models.CharField(max_length=8, choices=Side)
    cut = models.CharField(max_length=8, default="", blank=True)  # language | source: the limit is of one part of the band
    name = models.CharField(max_length=100, default="", blank=True)  # of that part; none: of all that has no limit of its own
    basis = models.CharField(max_length=8, choices=Basis, default=Basis.DECIDED)
    method = models.CharField(max_length=10, choices=Method, default=Method.SEQUENCE)
    risk = models.FloatField(default=0.01)
    confidence = models.FloatField(default=0.95)
    is_on = models.BooleanField(default=False)
    looks: Any = models.JSONField(default=dict, blank=True)  # question -> {"count", "audits"}: how often it was tried in vain
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "label", "side", "cut", "name"], name="automation_rule_once"),
            models.CheckConstraint(
                condition=Q(cut="", name="") | (Q(cut__in=["language", "source"]) & ~Q(name="")), name="automation_rule_part_known"
            ),
            models.CheckConstraint(
                condition=_in("side", Side) & _in("basis", Basis) & _in("method", Method), name="automation_rule_known"
            ),
            models.CheckConstraint(
                condition=Q(risk__gt=0, risk__lte=0.2, confidence__gte=0.5, confidence__lt=1), name="automation_rule_means_something"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.side, self.label, self.name)))


class Certificate(models.Model):
    """Proof that one mark of one model keeps to a limit. Never changed and never deleted: it only ends, once (a trigger holds that)."""

    class State(models.TextChoices):
        VALID = "valid"
        EXPIRED = "expired"  # by itself: another model, drift, audits, age
        WITHDRAWN = "withdrawn"  # by a person

    rule = models.ForeignKey(AutomationRule, on_delete=models.PROTECT, related_name="certificates")
    kind = models.CharField(max_length=32)
    label = models.CharField(max_length=64)
    side = models.CharField(max_length=8, choices=Side)
    cut = models.CharField(max_length=8, default="", blank=True)  # as of its limit
    name = models.CharField(max_length=100, default="", blank=True)
    basis = models.CharField(max_length=8, choices=Basis)
    method = models.CharField(max_length=10, choices=Method)
    risk = models.FloatField()
    confidence = models.FloatField()
    model = models.CharField(max_length=100)  # "<kind>@<version>": it holds for no other
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    standard = models.CharField(max_length=64)  # of the clauses: what counts as a break
    threshold = models.FloatField()
    audits = models.IntegerField()  # that were drawn evenly, all scores together
    of = models.IntegerField()  # of them, those that the error is a share of
    wrong = models.IntegerField()
    upper = models.FloatField()  # the error is at most this
    coverage = models.FloatField()  # of all that came in
    data: Any = models.JSONField(default=dict)  # the look, the limit after the auditors' own errors, the window
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")  # none: by itself
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.VALID)
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=300, default="", blank=True)  # it ended

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "label", "side", "cut", "name"], condition=Q(state="valid"), name="one_valid_certificate"
            ),
            models.CheckConstraint(condition=Q(state__in=["valid", "expired", "withdrawn"]), name="certificate_state_known"),
            models.CheckConstraint(condition=Q(upper__lte=models.F("risk")), name="certificate_proves_its_limit"),
            models.CheckConstraint(condition=Q(state="valid", ended_at=None) | (~Q(state="valid") & Q(ended_at__isnull=False)),
                                   name="certificate_ended_with_time"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["kind", "-made_at"], name="certificate_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.side} {self.label} at {self.threshold}"

    @property
    def look(self) -> int:
        """The number of the look that proved it."""
        return int(self.data["look"])


class BandSlice(models.Model):
    """What the audits behind a certificate say of one language or source: kept anew each time they are read."""

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="slices")
    cut = models.CharField(max_length=8)  # language | source
    name = models.CharField(max_length=100)
    of = models.IntegerField()  # audits that the error is a share of
    wrong = models.IntegerField()
    low = models.FloatField()  # a range that holds for all slices of the certificate together
    high = models.FloatField()
    withheld = models.BooleanField()  # wholly above the limit: people decide here
    measured_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "cut", "name"], name="band_slice_once"),
            models.CheckConstraint(condition=Q(cut__in=["language", "source"]), name="band_slice_cut_known"),
        ]

    def __str__(self) -> str:
        return f"{self.cut} {self.name} of {self.certificate_id}"


class AuditPlan(models.Model):
    """How much of what is decided is looked at again by chance. A kind without a plan is not audited."""

    kind = models.CharField(max_length=32, unique=True)
    allow_rate = models.FloatField(default=0.02)
    enforce_rate = models.FloatField(default=0.05)
    review_rate = models.FloatField(default=0.02)  # of what goes to people anyway: they decide it blind
    weekly_minimum = models.SmallIntegerField(default=50)  # of each stratum that the machine decides, where there are enough
    seed = models.CharField(max_length=64)
    hourly_cost = models.FloatField(null=True, blank=True)  # of a reviewer
    currency = models.CharField(max_length=8, default="EUR")
    measured: Any = models.JSONField(default=dict)  # outcome -> {"usual": doubt, "strata": {decile: a week}}
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(**{f"{name}__gt": 0, f"{name}__lte": 1}), name=f"audit_{name}_is_a_share")
            for name in ("allow_rate", "enforce_rate", "review_rate")
        ]

    def __str__(self) -> str:
        return f"audits of {self.kind}"


class Sample(models.Model):
    """One decision of the machine and the chance with which it was to be audited, whether it was drawn or not."""

    decision = models.OneToOneField(Decision, primary_key=True, on_delete=models.CASCADE, related_name="sample")
    kind = models.CharField(max_length=32)
    model = models.CharField(max_length=100, default="", blank=True)
    outcome = models.CharField(max_length=8)
    by_score = models.BooleanField()  # no rule, no known content and no gap had decided before
    risk = models.FloatField(null=True)
    stratum = models.SmallIntegerField()  # decile of the risk
    luck = models.FloatField()
    chance = models.FloatField()  # drawn where the luck lies below
    check_case = models.OneToOneField(Check, null=True, on_delete=models.SET_NULL, related_name="sample")  # drawn: its blind case
    own_case = models.OneToOneField(Case, null=True, on_delete=models.SET_NULL, related_name="sample")  # drawn, and people decide it anyway
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(chance__gt=0, chance__lte=1), name="sample_chance_known")]
        indexes = [
            models.Index(fields=["kind", "-created_at"], name="sample_time"),
            models.Index(
                fields=["kind", "-created_at"], name="sample_drawn", condition=Q(check_case__isnull=False) | Q(own_case__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} {self.chance}"
