"""Events that wait to be told. They are written in the transaction that makes them true, and cancelled by undo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from console.common.models import OutboxEvent


def outbox_put(
    *, topic: str, source_id: int | None, subject: str, data: Mapping[str, Any], dedupe_key: str, not_before: datetime | None = None
) -> OutboxEvent:
    """Write one event. Raises IntegrityError when the same effect was written before: one effect, one event."""
    return OutboxEvent.objects.create(
        topic=topic, source_id=source_id, subject=subject, data=dict(data), dedupe_key=dedupe_key, not_before=not_before or Now()
    )


def outbox_cancel(*, dedupe_prefix: str) -> int:
    """Cancel what has not left yet; returns how many. Waits for a relay that holds one of the rows."""
    pending = OutboxEvent.objects.filter(dedupe_key__startswith=dedupe_prefix, state=OutboxEvent.State.PENDING)
    return pending.update(state=OutboxEvent.State.CANCELLED)
