"""Write the search rows: with the first decision of an item, and for items that were here before there was a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from console.intake.models import Item
from console.scores.models import Decision
from scoring.registry import KINDS
from scoring.signals.spoken import sure_language
from scoring.text.searching import folded

SEPARATOR = "\x1f"  # between the exact names of a row; folded text of a name cannot hold it
EXACT = "="  # before a name that is found as a whole: external id, account, conversation

_PUT = """
INSERT INTO insights_searchrow (item_id, source_id, kind, received_at, language, words, status, reports, is_open, is_held, outcome, action,
                                label, severity, automated, reviewer_id, decided_at, risk)
SELECT i.id, i.source_id, i.kind, i.received_at, t.language,
       to_tsvector('simple', t.text) || array_to_tsvector(string_to_array(t.names, %s)),
       f.status, f.reports, f.is_open, f.is_held, f.outcome, f.action, f.label, f.severity, f.automated, f.reviewer_id, f.decided_at, f.risk
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS t(item_id, language, text, names)
JOIN intake_item i ON i.id = t.item_id CROSS JOIN LATERAL search_facts(i.id) f
ON CONFLICT (item_id) DO NOTHING
"""
_WAIT_FOR_VECTOR = "INSERT INTO insights_itemvector (item_id) SELECT unnest(%s::uuid[]) ON CONFLICT (item_id) DO NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What search keeps of an item's content; made outside of transactions, as it takes its time."""

    text: str
    language: str


def reading_of(item: Item, signals: Mapping[str, Any] | None = None) -> Reading:
    """`signals` of its score, when they name the language already."""
    kind = KINDS.get(item.kind)
    text = kind.text(item.payload) if kind else ""
    told = item.payload.get("language") or (signals or {}).get("language")
    if not told and kind is not None and kind.prose:
        told = sure_language(text)
    return Reading(text=text, language=str(told or "").replace("_", "-").partition("-")[0].lower()[:8])


def names_of(item: Item) -> list[str]:
    """Lexemes that find the item by a whole id."""
    names = (item.external_id, item.actor_id, item.conversation)
    return sorted({EXACT + folded(name).replace(SEPARATOR, " ").strip() for name in names if name})


@transaction.atomic
def search_put(*, items: Sequence[Item], readings: Sequence[Reading]) -> None:
    """Rows for items that have none; what is decided of them by now is read from the tables. Two statements for any number."""
    pairs = list(zip(items, readings, strict=True))
    columns = (
        [item.pk for item, _ in pairs], [reading.language for _, reading in pairs],
        [folded(f"{r.text}\n{i.external_id} {i.actor_id} {i.conversation}") for i, r in pairs],
        [SEPARATOR.join(names_of(item)) for item, _ in pairs],
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [SEPARATOR, *columns])
        cursor.execute(_WAIT_FOR_VECTOR, [[item.pk for item, _ in pairs if item.kind in KINDS and KINDS[item.kind].prose]])


def search_fill(progress: Callable[[int], None] = lambda done: None) -> int:
    """Rows for all settled items that have none, in batches; returns how many. It may be stopped and started again."""
    last: UUID | None = None
    done = 0
    while items := missing_after(last):
        told = _languages_told(items)
        search_put(items=items, readings=[reading_of(item, {"language": told.get(item.pk)}) for item in items])
        last, done = items[-1].pk, done + len(items)
        progress(done)
    return done


def _languages_told(items: Sequence[Item]) -> dict[UUID, Any]:
    """What the score of each first decision calls its language: a row that is written again keeps the one that the item was decided by."""
    first = Decision.objects.filter(item__in=items, number=1, score__isnull=False)
    return dict(first.values_list("item_id", "score__signals__language"))


def missing_after(last: UUID | None, *, limit: int = 500) -> list[Item]:
    """Settled items without a row, in the order of their ids, after `last`."""
    items = Item.objects.exclude(status=Item.Status.RECEIVED).filter(search_row__isnull=True).order_by("pk")
    return list((items if last is None else items.filter(pk__gt=last))[:limit])
