"""Open cases: in which queue, and at what place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from console.cases.models import Case, Queue
from console.cases.priority import case_place
from console.common.ids import uuid7
from console.intake.models import Item
from scoring.registry import KINDS


def queue_ensure_defaults() -> None:
    """One queue for each kind that has none."""
    for position, kind in enumerate(KINDS.values()):
        if not Queue.objects.filter(kind=kind.name).exists():
            Queue.objects.get_or_create(
                slug=kind.words.many.replace(" ", "-"),
                defaults={
                    "title": kind.words.many.capitalize(), "kind": kind.name, "position": position,
                    "verdict_first": kind.verdict_first_above is not None, "verdict_first_above": kind.verdict_first_above,
                },
            )


def queue_for(item: Item) -> Queue:
    """The usual queue of the item's kind: where it goes when no rule says otherwise (routing.py)."""
    return queue_usual(item.kind)


def queue_usual(kind: str) -> Queue:
    usual = Queue.objects.filter(kind=kind, archived_at=None).order_by("position", "pk")
    queue = usual.first()
    if queue is None:
        queue_ensure_defaults()
        queue = usual[0]
    return queue


def queue_living(queue: Queue) -> Queue:
    """Itself, or what came in its place when it was archived: what it was merged into, else the usual queue of its kind."""
    if queue.archived_at is None:
        return queue
    into = queue.merged_into
    return into if into is not None and into.archived_at is None else queue_usual(queue.kind)


def case_build(
    *, item: Item, queue: Queue, reason: str, sentence: str, severity: int, chance: float | None, now: datetime, label: str = "",
    pk: UUID | None = None,
) -> Case:  # fmt: skip
    """An unsaved case with its place, so that a batch is written with one statement. `pk` where the id may not tell when it was made."""
    case = Case(
        id=pk or uuid7(),
        item=item,
        queue=queue,
        reason=reason,
        sentence=sentence[:300],
        severity=max(severity, item.severity_hint),
        label=label,
        created_at=now,
    )
    case_place(case, item=item, queue=queue, risk=chance, now=now)
    return case
