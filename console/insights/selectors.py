"""Counts over decisions: what happened each day, how much the machine decided, how often people changed that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from console.common.clock import db_now
from console.intake.models import Item
from console.scores.models import Decision
from console.verdicts.models import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    day: date
    allowed: int
    reviewed: int  # sent to people
    enforced: int
    automated: int  # of allowed and enforced, without a person

    @property
    def decided(self) -> int:
        return self.allowed + self.enforced


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    days: list[Day]  # oldest first, every day of the span
    received: int
    first_decisions: int  # what the machine said first, in the span
    automated: int  # of them, decided without a person
    verdicts: int  # given by people, not undone
    overridden: int  # of them, where the machine had leant the other way
    leant: int  # of them, where the machine had leant at all

    @property
    def automated_share(self) -> float | None:
        return self.automated / self.first_decisions if self.first_decisions else None

    @property
    def override_rate(self) -> float | None:
        return self.overridden / self.leant if self.leant else None


def decisions_by_day(*, days: int = 14, kind: str = "") -> list[Day]:
    """Effective and superseded decisions by the day they were made, in the installation's time zone; quiet days are there too."""
    start = _first_day(days)
    rows = Decision.objects.filter(created_at__date__gte=start).exclude(state=Decision.State.UNDONE)
    rows = rows.filter(item__kind=kind) if kind else rows
    counted = rows.annotate(day=TruncDate("created_at")).values("day").annotate(
        allowed=Count("pk", filter=Q(outcome="allow")), reviewed=Count("pk", filter=Q(outcome="review")),
        enforced=Count("pk", filter=Q(outcome="enforce")), automated=Count("pk", filter=Q(automated=True) & ~Q(outcome="review")),
    )  # fmt: skip
    found = {row["day"]: Day(**row) for row in counted}
    every = (start + timedelta(days=i) for i in range(days))
    return [found.get(day) or Day(day=day, allowed=0, reviewed=0, enforced=0, automated=0) for day in every]


def _first_day(days: int) -> date:
    return timezone.localtime(db_now()).date() - timedelta(days=days - 1)


def overview(*, days: int = 14, kind: str = "") -> Overview:
    """An override: a person gave another outcome than the machine would have, at a risk of one half."""
    since = _first_day(days)
    first = Decision.objects.filter(created_at__date__gte=since, number=1, **({"item__kind": kind} if kind else {}))
    automated = first.filter(automated=True).exclude(outcome="review").count()
    verdicts = Verdict.objects.filter(created_at__date__gte=since, **({"item__kind": kind} if kind else {})).exclude(
        state=Verdict.State.UNDONE
    )
    leant = verdicts.filter(decision__score__risk__isnull=False)
    over = Q(outcome="allow", decision__score__risk__gte=0.5) | Q(outcome="enforce", decision__score__risk__lt=0.5)
    received = Item.objects.filter(received_at__date__gte=since, **({"kind": kind} if kind else {})).count()
    return Overview(
        days=decisions_by_day(days=days, kind=kind), received=received, first_decisions=first.count(), automated=automated,
        verdicts=verdicts.count(), overridden=leant.filter(over).count(), leant=leant.count(),
    )  # fmt: skip
