"""Other items that share an attribute with one, and those that share one with them: bounded, and each look-up by an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from console.cases.models import Case
from console.intake.models import FeedbackEvent, Item
from console.scores.models import Decision
from scoring.kind import Kind
from scoring.types import Item as ScoringItem
from scoring.types import RelatedItem

NEAR, FAR = 12, 8  # items one and two steps away: with their attributes about 40 nodes, which is what a person can read
PER_KEY, PER_KEY_FAR = 6, 3  # the newest of one attribute, so that a busy one does not crowd out the others
KEYS_FAR = 40

_FIND = """
SELECT k.item_id, k.at, k.facts FROM unnest(%s::text[], %s::text[]) AS q(name, value)
CROSS JOIN LATERAL (
    SELECT item_id, at, facts FROM intake_itemkey k
    WHERE k.source_id = %s AND k.kind = %s AND k.name = q.name AND k.value = q.value AND k.item_id <> ALL(%s::uuid[])
      AND (%s::timestamptz IS NULL OR k.at >= %s)
    ORDER BY k.at DESC LIMIT %s
) k
"""


def related_items(item: Item, bare: ScoringItem, kind: Kind) -> tuple[RelatedItem, ...]:
    """Nearest first, then newest. Empty for a kind that links nothing; seven queries at most."""
    keys = {name: str(value)[:255] for name, value in kind.keys(bare).items() if name in kind.linked_by}
    if not keys:
        return ()
    at = kind.at(bare) or item.created_at
    since = at - kind.history if kind.history is not None else None
    near = _find(item, keys.items(), since, [item.pk], PER_KEY)[:NEAR]
    keys_of = _keys_of([row[0] for row in near], kind)
    far: list[tuple[UUID, datetime, Any]] = []
    if kind.link_steps == 2 and near:
        others = {pair for found in keys_of.values() for pair in found.items()} - set(keys.items())
        far = _find(item, sorted(others)[:KEYS_FAR], since, [item.pk, *keys_of], PER_KEY_FAR)[:FAR]
        keys_of |= _keys_of([row[0] for row in far], kind)
    rows = Item.objects.in_bulk(keys_of)
    ended = _ended(list(keys_of))
    return tuple(
        RelatedItem(
            id=str(pk), name=rows[pk].external_id, at=when, steps=steps, keys=keys_of[pk], facts=_as_dict(facts), payload=rows[pk].payload,
            ended=ended.get(pk, ""),
        )
        for steps, found in ((1, near), (2, far)) for pk, when, facts in found if pk in rows
    )  # fmt: skip


def _find(
    item: Item, keys: Iterable[tuple[str, str]], since: datetime | None, known: Sequence[UUID], per_key: int
) -> list[tuple[UUID, datetime, Any]]:
    """(item id, when, facts), each item once, newest first."""
    pairs = list(keys)
    if not pairs:
        return []
    names, values = (list(column) for column in zip(*pairs, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [names, values, item.source_id, item.kind, list(known), since, since, per_key])
        found = {row[0]: row for row in cursor.fetchall()}
    return sorted(found.values(), key=lambda row: (row[1], row[0]), reverse=True)


def _keys_of(ids: Sequence[UUID], kind: Kind) -> dict[UUID, dict[str, str]]:
    keys: dict[UUID, dict[str, str]] = {pk: {} for pk in ids}
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT item_id, name, value FROM intake_itemkey WHERE item_id = ANY(%s) AND name = ANY(%s)",
                [list(ids), list(kind.linked_by)],
            )
            for pk, name, value in cursor.fetchall():
                keys[pk][name] = value
    return keys


def _ended(ids: Sequence[UUID]) -> dict[UUID, str]:
    """What the world said last, else what was decided. Of an item that a person is still to decide, nothing is told."""
    waits = set(Case.objects.filter(item_id__in=ids).exclude(state=Case.State.CLOSED).values_list("item_id", flat=True))
    decided = Decision.objects.filter(item_id__in=ids, state__in=[Decision.State.EFFECTIVE, Decision.State.HELD])
    found = {pk: "allow" if outcome == "allow" else action for pk, outcome, action in decided.values_list("item_id", "outcome", "action")}
    found = {pk: ended for pk, ended in found.items() if pk not in waits}
    return found | dict(FeedbackEvent.objects.filter(item_id__in=ids).order_by("pk").values_list("item_id", "event"))


def _as_dict(value: Any) -> dict[str, Any]:
    """Django leaves jsonb of raw queries as text."""
    return orjson.loads(value) if isinstance(value, str | bytes) else dict(value or {})
