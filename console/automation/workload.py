"""What automation saves: cases a day for people, at today's traffic and at other shares of harm, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min

from console.automation.evidence import RISK, Answered, harmful
from console.automation.models import AuditPlan, Sample
from console.cases.models import Queue
from console.common.clock import db_now
from scoring.policy import PolicyDocument
from scoring.queueing import DEFAULT_SECONDS

PREVALENCES = (0.001, 0.005, 0.01, 0.02, 0.05)
LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Of one share of harm in the traffic."""

    harm: float
    share: float  # of the traffic that goes to people
    cases: float  # a day
    hours: float
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    items: float  # a day
    allowed: float  # shares of what came in the last seven days
    people: float
    enforced: float
    seconds: float  # that a case takes
    cases: float  # a day, now
    hours: float
    cost: float | None
    at: Sequence[Load]  # empty while too little is audited to tell harm from harmless


def workload_of(*, kind: str, document: PolicyDocument, rows: Sequence[Answered], plan: AuditPlan | None) -> Workload | None:
    """None before anything was decided. `rows` are answered audits: they say where harm and harmless go."""
    now = db_now()
    week = Sample.objects.filter(kind=kind, created_at__gt=now - LOOKED_BACK)
    counts = dict(week.values_list("outcome").annotate(n=Count("pk")))
    total = sum(counts.values())
    if not total:
        return None
    first = week.aggregate(first=Min("created_at"))["first"]
    days = max(1.0, (now - first).total_seconds() / 86_400)
    seconds, hourly = _seconds(kind), plan.hourly_cost if plan else None
    items, people = total / days, counts.get("review", 0) / total
    cases = items * people
    shares = _people_shares(rows, document)
    at = [_load(harm, shares, items, seconds, hourly) for harm in PREVALENCES] if shares else []
    return Workload(
        items=items, allowed=counts.get("allow", 0) / total, people=people, enforced=counts.get("enforce", 0) / total, seconds=seconds,
        cases=cases, hours=cases * seconds / 3600, cost=_cost(cases * seconds / 3600, hourly), at=at,
    )  # fmt: skip


def _load(harm: float, shares: tuple[float, float], items: float, seconds: float, hourly: float | None) -> Load:
    share = harm * shares[0] + (1 - harm) * shares[1]
    hours = items * share * seconds / 3600
    return Load(harm=harm, share=share, cases=items * share, hours=hours, cost=_cost(hours, hourly))


def _cost(hours: float, hourly: float | None) -> float | None:
    return None if hourly is None else hours * hourly


def _people_shares(rows: Sequence[Answered], document: PolicyDocument) -> tuple[float, float] | None:
    """The share of harm that goes to people, and of what is harmless; each audit stands for 1 / its chance decisions."""
    of, review = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
    for row in rows:
        bad = harmful(row, RISK, document)
        if bad is not None:
            of[bad] += 1 / row.sample.chance
            review[bad] += (row.sample.outcome == "review") / row.sample.chance
    if not of[True] or not of[False]:
        return None
    return review[True] / of[True], review[False] / of[False]


def _seconds(kind: str) -> float:
    """What a case of this kind takes a person, as measured in its queues."""
    found = [queue.measured["seconds"] for queue in Queue.objects.filter(kind=kind, archived_at=None) if queue.measured.get("seconds")]
    return float(sum(found) / len(found)) if found else float(DEFAULT_SECONDS)
