"""Write what was received: items in one statement for any number, reports, feedback, quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import F

from console.accounts.models import Source
from console.common.ids import uuid7
from console.intake.models import FeedbackEvent, Item, ItemKey, Quarantine, Report
from console.intake.parsing import NewItem
from scoring.registry import KINDS
from scoring.types import Item as ScoringItem

_INSERT = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation,
                         created_at, status, severity_hint, reports, headline)
SELECT t.id, %s, t.kind, t.external_id, t.body_hash, t.payload, t.actor_id, t.actor, t.conversation,
       coalesce(t.created_at, statement_timestamp()), 'received', t.severity_hint, 0, t.headline
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::text[], %s::jsonb[], %s::text[],
            %s::timestamptz[], %s::smallint[], %s::text[])
     AS t(id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, severity_hint, headline)
ON CONFLICT (source_id, external_id) DO NOTHING
RETURNING id, external_id, created_at
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
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                source.pk,
                ids,
                [r.kind for r in rows],
                [r.external_id for r in rows],
                [r.body_hash for r in rows],
                [orjson.dumps(r.payload).decode() for r in rows],
                [str(r.actor.get("id", "")) for r in rows],
                [orjson.dumps(r.actor).decode() for r in rows],
                [r.conversation for r in rows],
                [r.created_at for r in rows],
                [r.severity_hint for r in rows],
                [KINDS[r.kind].headline(r.payload)[:140] for r in rows],
            ],
        )
        created = {external_id: (item_id, at) for item_id, external_id, at in cursor.fetchall()}
    answers, fresh = _answers(source, rows, ids, {name: item_id for name, (item_id, _) in created.items()})
    _keys_insert(source, [(rows[i], ids[i], created[rows[i].external_id][1]) for i in fresh])
    return answers


def _answers(source: Source, rows: Sequence[NewItem], ids: Sequence[UUID], created: Mapping[str, UUID]) -> tuple[list[Received], list[int]]:
    known = [r.external_id for r, item_id in zip(rows, ids, strict=True) if created.get(r.external_id) != item_id]
    old = {
        i.external_id: i for i in Item.objects.filter(source=source, external_id__in=known).only("id", "external_id", "body_hash", "status")
    }
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


def _keys_insert(source: Source, fresh: Sequence[tuple[NewItem, UUID, Any]]) -> None:
    keys: list[ItemKey] = []
    for row, item_id, at in fresh:
        kind = KINDS[row.kind]
        item = ScoringItem(
            id=str(item_id), kind=row.kind, payload=row.payload, actor=row.actor, created_at=at, conversation=row.conversation
        )
        happened, facts = kind.at(item) or at, dict(kind.facts(item))
        for name, value in kind.keys(item).items():
            keys.append(
                ItemKey(item_id=item_id, source_id=source.pk, kind=row.kind, name=name, value=str(value)[:255], at=happened, facts=facts)
            )
    ItemKey.objects.bulk_create(keys, batch_size=2000)


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


def feedback_create(*, item: Item, event: str, data: Mapping[str, Any]) -> bool:
    _, created = FeedbackEvent.objects.get_or_create(item=item, event=event, defaults={"data": dict(data)})
    return created


def quarantine_put(*, source: Source, rows: Sequence[tuple[Any, Mapping[str, Sequence[str]]]]) -> None:
    """Keep the rows of a bulk call that could not be accepted, each with its errors by field."""
    Quarantine.objects.bulk_create(
        Quarantine(
            source=source,
            external_id=str(body.get("external_id", ""))[:255].replace("\x00", "") if isinstance(body, dict) else "",
            body=_storable(body),
            errors={path: list(sentences) for path, sentences in errors.items()},
        )
        for body, errors in rows
    )


def _storable(body: Any) -> Any:
    """jsonb cannot hold NUL; a quarantined row is kept with a visible mark in its place."""
    return orjson.loads(orjson.dumps(body).replace(b"\\u0000", b"\\ufffd"))
