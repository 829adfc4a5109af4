"""Write what was received: items in one statement for any number, reports, feedback, quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import F, JSONField, Q, Value

from console.accounts.models import Source
from console.common.ids import uuid7
from console.intake.models import FeedbackEvent, Item, Quarantine, Report
from console.intake.parsing import NewItem
from scoring.registry import KINDS
from scoring.types import Item as ScoringItem

# One JSON document per statement: cheaper to write and to read than a dozen arrays.
_INSERT = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation,
                         created_at, status, severity_hint, reports, headline)
SELECT t.id, %s, t.kind, t.external_id, t.body_hash, t.payload, t.actor_id, t.actor, t.conversation,
       coalesce(t.created_at, statement_timestamp()), 'received', t.severity_hint, 0, t.headline
FROM json_to_recordset(%s::json)
     AS t(id uuid, kind text, external_id text, body_hash text, payload jsonb, actor_id text, actor jsonb, conversation text,
          created_at timestamptz, severity_hint smallint, headline text)
ON CONFLICT (source_id, external_id) DO NOTHING
RETURNING id, external_id, created_at
"""
_INSERT_KEYS = """
INSERT INTO intake_itemkey (item_id, source_id, kind, name, value, at, facts)
SELECT t.item_id, %s, t.kind, t.name, t.value, t.at, t.facts
FROM json_to_recordset(%s::json) AS t(item_id uuid, kind text, name text, value text, at timestamptz, facts jsonb)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """`result`: created, same (was here with the same body) or conflict (was here with another)."""

    id: UUID
    external_id: str
    result: str
    status: str


def items_insert(*, source: Source, rows: Sequence[NewItem]) -> list[Received]:
    """Insert what is new. One answer per row, in order; must run inside a transaction."""
    ids = [uuid7() for _ in rows]
    told = [_told(row, item_id) for row, item_id in zip(rows, ids, strict=True)]
    told.sort(key=_external_id)  # calls that overlap wait for each other in one order, so they cannot lock each other out
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [source.pk, orjson.dumps(told).decode()])
        created = {external_id: (item_id, at) for item_id, external_id, at in cursor.fetchall()}
    answers, fresh = _answers(source, rows, ids, {name: item_id for name, (item_id, _) in created.items()})
    _keys_insert(source, [(rows[i], ids[i], created[rows[i].external_id][1]) for i in fresh])
    return answers


def _told(row: NewItem, item_id: UUID) -> dict[str, Any]:
    return {
        "id": item_id, "kind": row.kind, "external_id": row.external_id, "body_hash": row.body_hash, "payload": row.payload,
        "actor_id": str(row.actor.get("id", "")), "actor": row.actor, "conversation": row.conversation, "created_at": row.created_at,
        "severity_hint": row.severity_hint, "headline": KINDS[row.kind].headline(row.payload)[:140],
    }  # fmt: skip


_external_id = itemgetter("external_id")


def _answers(source: Source, rows: Sequence[NewItem], ids: Sequence[UUID], created: Mapping[str, UUID]) -> tuple[list[Received], list[int]]:
    known = [r.external_id for r, item_id in zip(rows, ids, strict=True) if created.get(r.external_id) != item_id]
    old = _old(source, known) if known else {}
    answers, fresh = [], []
    for index, (row, item_id) in enumerate(zip(rows, ids, strict=True)):
        if created.get(row.external_id) == item_id:
            fresh.append(index)
            answers.append(Received(id=item_id, external_id=row.external_id, result="created", status=Item.Status.RECEIVED))
        else:
            item = old[row.external_id]
            result = "same" if item.body_hash == row.body_hash else "conflict"
            answers.append(Received(id=item.id, external_id=row.external_id, result=result, status=item.status))
    return answers, fresh


def _old(source: Source, external_ids: Sequence[str]) -> dict[str, Item]:
    found = Item.objects.filter(source=source, external_id__in=external_ids).only("id", "external_id", "body_hash", "status")
    return {item.external_id: item for item in found}


def _keys_insert(source: Source, fresh: Sequence[tuple[NewItem, UUID, Any]]) -> None:
    keys: list[dict[str, Any]] = []
    for row, item_id, at in fresh:
        kind = KINDS[row.kind]
        item = ScoringItem(
            id=str(item_id), kind=row.kind, payload=row.payload, actor=row.actor, created_at=at, conversation=row.conversation
        )
        happened, facts = kind.at(item) or at, dict(kind.facts(item))
        for name, value in kind.keys(item).items():
            keys.append({"item_id": item_id, "kind": row.kind, "name": name, "value": str(value)[:255], "at": happened, "facts": facts})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_KEYS, [source.pk, orjson.dumps(keys).decode()])


def report_create(*, item: Item, reporter: str, reason: str, text: str) -> bool:
    """True when it is new; the same reporter counts once."""
    _, created = (
        Report.objects.get_or_create(item=item, reporter=reporter, defaults={"reason": reason, "text": text})
        if reporter
        else (Report.objects.create(item=item, reason=reason, text=text), True)
    )
    if created:
        Item.objects.filter(pk=item.pk).update(reports=F("reports") + 1)
    return created


def views_note(*, item: Item, views: int) -> bool:
    """True when it is news: a count only grows."""
    return bool(Item.objects.filter(Q(views=None) | Q(views__lt=views), pk=item.pk).update(views=views))


def feedback_create(*, item: Item, event: str, data: Mapping[str, Any]) -> bool:
    _, created = FeedbackEvent.objects.get_or_create(item=item, event=event, defaults={"data": dict(data)})
    return created


def quarantine_put(*, source: Source, rows: Sequence[tuple[Any, Mapping[str, Sequence[str]]]]) -> None:
    """Keep the rows of a bulk call that could not be accepted, each with its errors by field."""
    Quarantine.objects.bulk_create(
        Quarantine(
            source=source,
            external_id=str(body.get("external_id", ""))[:255].replace("\x00", "") if isinstance(body, dict) else "",
            body=_storable(body) if body is not None else Value(None, JSONField()),
            errors={path: list(sentences) for path, sentences in errors.items()},
        )
        for body, errors in rows
    )


def _storable(body: Any) -> Any:
    """jsonb cannot hold NUL; a quarantined row is kept with a visible mark in its place."""
    return orjson.loads(orjson.dumps(body).replace(b"\\u0000", b"\\ufffd"))
