"""Events that wait to be told. They are written in the transaction that makes them true, and cancelled by undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from console.common.models import OutboxEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`dedupe_key` names the effect: one effect, one event."""

    topic: str
    source_id: int | None
    subject: str
    data: Mapping[str, Any]
    dedupe_key: str
    not_before: datetime | None = None


def outbox_put_many(events: Sequence[Event]) -> None:
    """Raises IntegrityError when one of the effects was written before."""
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            topic=e.topic,
            source_id=e.source_id,
            subject=e.subject,
            data=dict(e.data),
            dedupe_key=e.dedupe_key,
            not_before=e.not_before or Now(),
        )
        for e in events
    )


def outbox_put(
    *, topic: str, source_id: int | None, subject: str, data: Mapping[str, Any], dedupe_key: str, not_before: datetime | None = None
) -> None:
    outbox_put_many(
        [Event(topic=topic, source_id=source_id, subject=subject, data=data, dedupe_key=dedupe_key, not_before=not_before)]
    )


def outbox_cancel(*, dedupe_prefix: str) -> bool:
    """Cancel every event of an effect. False when one of them has left: roll back then. Waits for a relay that holds a row."""
    events = OutboxEvent.objects.filter(dedupe_key__startswith=dedupe_prefix)
    events.filter(state=OutboxEvent.State.PENDING).update(state=OutboxEvent.State.CANCELLED)
    return not events.exclude(state=OutboxEvent.State.CANCELLED).exists()
