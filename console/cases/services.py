"""Open cases: in which queue, and at what place."""

from __future__ import annotations

from datetime import datetime, timedelta

from console.cases.models import Case, Queue
from console.cases.priority import priority_of, value_of
from console.intake.models import Item
from scoring.registry import KINDS


def queue_ensure_defaults() -> None:
    """One queue for each kind that has none."""
    for position, kind in enumerate(KINDS.values()):
        if not Queue.objects.filter(kind=kind.name).exists():
            Queue.objects.get_or_create(
                slug=kind.words.many.replace(" ", "-"),
                defaults={"title": kind.words.many.capitalize(), "kind": kind.name, "position": position},
            )


def queue_for(item: Item) -> Queue:
    queue = Queue.objects.filter(kind=item.kind).order_by("position", "pk").first()
    if queue is None:
        queue_ensure_defaults()
        queue = Queue.objects.filter(kind=item.kind).order_by("position", "pk")[0]
    return queue


def case_build(
    *, item: Item, queue: Queue, reason: str, sentence: str, severity: int, chance: float | None, now: datetime, label: str = ""
) -> Case:
    """An unsaved case, so that a batch is written with one statement."""
    severity = max(severity, item.severity_hint)
    value = value_of(chance=chance, severity=severity, reports=item.reports)
    return Case(
        item=item,
        queue=queue,
        reason=reason,
        sentence=sentence[:300],
        severity=severity,
        label=label,
        priority=priority_of(value=value, received_at=item.received_at, limit_minutes=queue.sla_minutes),
        due_at=now + timedelta(minutes=queue.sla_minutes),
    )
