"""The past of an item, point in time: what shared one of its keys before it happened; at the same time, what arrived earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from console.intake.models import Item
from scoring.registry import KINDS
from scoring.types import Item as ScoringItem
from scoring.types import PastEvent

NEWEST_PER_KEY = 200  # what the features count at most

_FIND = """
SELECT q.asker, k.item_id, k.at, k.facts
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
     AS q(asker, source_id, kind, name, value, since, until)
CROSS JOIN LATERAL (
    SELECT item_id, at, facts FROM intake_itemkey k
    WHERE k.source_id = q.source_id AND k.kind = q.kind AND k.name = q.name AND k.value = q.value
      AND k.at >= q.since AND k.at <= q.until AND (k.at, k.item_id) < (q.until, q.asker)
    ORDER BY k.at DESC LIMIT %s
) k
"""


def scoring_items(items: Sequence[Item]) -> list[ScoringItem]:
    """Turn rows into what a scorer reads, each with its past. Two queries for any number of items."""
    bare = [
        ScoringItem(
            id=str(i.pk), kind=i.kind, payload=i.payload, actor=i.actor, created_at=i.created_at, conversation=i.conversation or None,
            reports=i.reports,
        )
        for i in items
    ]  # fmt: skip
    past = _past(items, bare)
    return [
        ScoringItem(
            id=b.id, kind=b.kind, payload=b.payload, actor=b.actor, created_at=b.created_at, conversation=b.conversation,
            reports=b.reports, past=past.get(i.pk, ()),
        )
        for i, b in zip(items, bare, strict=True)
    ]  # fmt: skip


def _past(items: Sequence[Item], bare: Sequence[ScoringItem]) -> dict[UUID, tuple[PastEvent, ...]]:
    questions: list[tuple[UUID, int, str, str, str, datetime, datetime]] = []
    for row, item in zip(items, bare, strict=True):
        kind = KINDS[row.kind]
        if kind.history is None:
            continue
        until = kind.at(item) or row.created_at
        for name, value in kind.keys(item).items():
            questions.append((row.pk, row.source_id, row.kind, name, str(value)[:255], until - kind.history, until))
    if not questions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [*(list(column) for column in zip(*questions, strict=True)), NEWEST_PER_KEY])
        found = cursor.fetchall()
    keys = _keys_of({item_id for _, item_id, _, _ in found})
    events: dict[UUID, dict[UUID, PastEvent]] = {}
    for asker, item_id, at, facts in found:
        events.setdefault(asker, {})[item_id] = PastEvent(id=str(item_id), at=at, keys=keys[item_id], facts=_as_dict(facts))
    return {asker: tuple(sorted(by_id.values(), key=lambda e: (e.at, e.id))) for asker, by_id in events.items()}


def _keys_of(item_ids: set[UUID]) -> Mapping[UUID, dict[str, str]]:
    keys: dict[UUID, dict[str, str]] = {item_id: {} for item_id in item_ids}
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id, name, value FROM intake_itemkey WHERE item_id = ANY(%s)", [list(item_ids)])
        for item_id, name, value in cursor.fetchall():
            keys[item_id][name] = value
    return keys


def _as_dict(value: Any) -> dict[str, Any]:
    """Django leaves jsonb of raw queries as text."""
    return orjson.loads(value) if isinstance(value, str | bytes) else dict(value or {})
