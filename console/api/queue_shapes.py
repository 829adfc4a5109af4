"""What comes out about queues and the rules that fill them, as types and as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from console.cases.models import RoutingVersion, Transfer
from console.cases.selectors import QueueRow
from scoring.queueing import hours_to_clear

SEVERITIES = ("none", "mild", "serious", "severe")


class ClassOut(BaseModel):
    severity: str
    waiting: int
    oldest_at: datetime | None
    limit_minutes: int


class QueueOut(BaseModel):
    slug: str
    title: str
    subtitle: str
    kind: str
    waiting: int
    claimed: int
    severe: int
    serious: int
    by_severity: list[ClassOut]
    oldest_at: datetime | None
    arrived_hour: int
    closed_hour: int
    hours_to_clear: float | None = Field(description="At this hour's pace; null while it grows.")
    people: int
    people_needed: int = Field(description="So that every severity stays inside its limit.")
    seconds_each: float
    sla_minutes: int
    sla_severe: int | None
    sla_serious: int | None
    sla_mild: int | None
    sla_none: int | None
    capacity: int | None
    verdict_first: bool
    verdict_first_above: float | None
    is_paused: bool
    position: int


class QueueList(BaseModel):
    results: list[QueueOut]


class TransferOut(BaseModel):
    id: UUID
    origin: str
    to: str
    state: str
    moved: int
    expected: int
    created_at: datetime
    finished_at: datetime | None


class RuleOut(BaseModel):
    id: str
    name: str
    when: str
    queue: str
    on: bool
    failed_items: int = Field(description="Items for which it could not be worked out; they went to the usual queue of their kind.")
    error: str | None


class RoutingOut(BaseModel):
    version: int
    note: str
    rules: list[RuleOut]


def queue_row(row: QueueRow) -> dict[str, Any]:
    queue = row.queue
    return {
        "slug": queue.slug, "title": queue.title, "subtitle": queue.subtitle, "kind": queue.kind, "waiting": row.waiting,
        "claimed": row.claimed, "severe": row.severe, "serious": row.serious,
        "by_severity": [
            {"severity": SEVERITIES[c.severity], "waiting": c.waiting, "oldest_at": c.oldest_at, "limit_minutes": c.limit_minutes}
            for c in row.classes
        ],
        "oldest_at": row.oldest_at, "arrived_hour": row.arrived_hour, "closed_hour": row.closed_hour,
        "hours_to_clear": hours_to_clear(waiting=row.waiting, arriving=row.arrived_hour, leaving=row.closed_hour),
        "people": row.people, "people_needed": row.needed, "seconds_each": row.seconds, "sla_minutes": queue.sla_minutes,
        "sla_severe": queue.sla_severe, "sla_serious": queue.sla_serious, "sla_mild": queue.sla_mild, "sla_none": queue.sla_none,
        "capacity": queue.capacity, "verdict_first": queue.verdict_first, "verdict_first_above": queue.verdict_first_above,
        "is_paused": queue.is_paused, "position": queue.position,
    }  # fmt: skip


def transfer_row(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.pk, "origin": transfer.origin.slug, "to": transfer.target.slug, "state": transfer.state, "moved": transfer.moved,
        "expected": transfer.expected, "created_at": transfer.created_at, "finished_at": transfer.finished_at,
    }  # fmt: skip


def routing_row(version: RoutingVersion | None) -> dict[str, Any]:
    if version is None:
        return {"version": 0, "note": "", "rules": []}
    faults = {fault.rule: fault for fault in version.faults.all()}
    rules = [
        {**row, "failed_items": faults[row["id"]].items if row["id"] in faults else 0,
         "error": faults[row["id"]].error if row["id"] in faults else None}
        for row in version.rules
    ]  # fmt: skip
    return {"version": version.number, "note": version.note, "rules": rules}
