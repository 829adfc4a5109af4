"""Where a case stands in its queue, by scoring/queueing.py: worked out once, kept as one key that one index holds.

What a place is made of is kept beside it (rank, place), so that many cases can be placed anew by one statement (PLACED).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from console.cases.models import Case, Queue
from console.intake.models import Item
from scoring.queueing import (
    DEFAULT_SECONDS,
    HURRY,
    SPREAD,
    URGENT,
    Worth,
    chance_of,
    changes_of,
    draw_of,
    hurry_at,
    key_of,
    rank_of,
    rate_of,
    urgent_key,
)

ASKED_FOR = ("second", "escalated")  # a colleague asks: one usual limit sooner
SEVERITY_LIMIT = """(CASE least(greatest(c.severity, 0), 3) WHEN 3 THEN coalesce(q.sla_severe, q.sla_minutes)
    WHEN 2 THEN coalesce(q.sla_serious, q.sla_minutes) WHEN 1 THEN coalesce(q.sla_mild, q.sla_minutes)
    ELSE coalesce(q.sla_none, q.sla_minutes) END)"""
DUE = f"(c.created_at + make_interval(mins => {SEVERITY_LIMIT}))"
HURRIES = f"(c.created_at + make_interval(secs => 60.0 * (1 - {HURRY}) * {SEVERITY_LIMIT}))"
NEAR = f"({HURRIES} <= clock_timestamp())"
KEY = f"""(CASE WHEN {NEAR} THEN {URGENT} * (1 + least(greatest(c.severity, 0), 3)) - extract(epoch FROM {DUE})::float8
    ELSE c.rank * {SPREAD} - extract(epoch FROM {DUE})::float8 / (60 * q.sla_minutes)
         + (c.purpose IN ('second', 'escalated'))::int END)"""
PLACED = f"due_at = {DUE}, urgent_at = CASE WHEN {NEAR} THEN NULL ELSE {HURRIES} END, priority = {KEY}"
# Not where PLACED would put it. What waits near its limit is put there by the sweep and is not counted as misplaced.
MISPLACED = f"(c.due_at IS DISTINCT FROM {DUE} OR (NOT {NEAR} AND abs(c.priority - {KEY}) > 1e-6))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The columns of a case that say where it stands."""

    due_at: datetime
    urgent_at: datetime | None
    priority: float
    rank: float
    explored: bool
    reports: int
    place: Mapping[str, Any]


def place_of(
    *, case_id: UUID, item: Item, queue: Queue, severity: int, risk: float | None, opened: datetime, now: datetime, asked: bool = False
) -> Place:
    """`opened` is when the case began to wait. A case placed by chance never stands later than its value asks."""
    worth = _worth(item, queue, severity, risk, now)
    rank, drawn = rank_of(worth.value), draw_of(str(case_id))
    limit = queue.limit_minutes(severity)
    due = opened + timedelta(minutes=limit)
    at = due.timestamp()
    hurry = datetime.fromtimestamp(hurry_at(due=at, limit_seconds=60.0 * limit), UTC)
    placed = rank if drawn is None else max(rank, drawn)
    key = key_of(rank=placed, due=at, usual_seconds=60.0 * queue.sla_minutes) + asked
    return Place(
        due_at=due, urgent_at=hurry if hurry > now else None,
        priority=key if hurry > now else urgent_key(severity=severity, due=at), rank=placed, explored=drawn is not None,
        reports=item.reports, place=_parts(worth, item),
    )  # fmt: skip


def _worth(item: Item, queue: Queue, severity: int, risk: float | None, now: datetime) -> Worth:
    hints = {**_flat(item.payload), **_flat(item.actor), **({"views": item.views} if item.views is not None else {})}
    age = (now - item.created_at).total_seconds() / 3600
    measured = queue.measured
    return Worth(
        chance=chance_of(risk, item.reports), severity=severity, rate=rate_of(hints, age_hours=age),
        changes=changes_of(risk, measured.get("changes", ())), seconds=measured.get("seconds") or DEFAULT_SECONDS,
    )  # fmt: skip


def _flat(values: object) -> Mapping[str, Any]:
    return values if isinstance(values, dict) else {}


def _parts(worth: Worth, item: Item) -> Mapping[str, Any]:
    return {
        "chance": round(worth.chance, 4), "rate": round(worth.rate, 3), "changes": round(worth.changes, 4),
        "seconds": round(worth.seconds, 1), "reports": item.reports,
    }  # fmt: skip


def case_place(case: Case, *, item: Item, queue: Queue, risk: float | None, now: datetime) -> None:
    """Set the columns of `case`, unsaved."""
    found = place_of(
        case_id=case.pk, item=item, queue=queue, severity=case.severity, risk=risk, opened=case.created_at, now=now,
        asked=case.purpose in ASKED_FOR,
    )  # fmt: skip
    for name in PLACE_FIELDS:
        setattr(case, name, getattr(found, name))


PLACE_FIELDS = ("due_at", "urgent_at", "priority", "rank", "explored", "reports", "place")
