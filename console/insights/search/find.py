"""Pages of items, newest first, by keyset: what was scored from the search rows, what still waits for a score from the items."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from console.insights.models import SearchRow
from console.insights.sealed import items_told, undoable
from console.insights.search.filters import SearchFilter, Viewer
from console.insights.search.words import exact_name, words_query
from console.intake.models import Item

M = TypeVar("M", bound=Model)
PAGE = 50
COUNTED = 1000  # beyond it a count costs more than it tells: "1,000 or more"
NEWEST = 20_000  # so many rows are looked through one by one in some 50 ms
UNSCORED = 2000  # of the newest that wait for a score, so many are looked through for words


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    items: Sequence[Item]
    next_after: UUID | None  # None on the last page
    count: int | None = None  # of all pages, COUNTED at most; None where it was not asked
    more: bool = False  # there are COUNTED or more


def search(asked: SearchFilter, viewer: Viewer, *, after: UUID | None = None, limit: int = PAGE, count: bool = False) -> Found:
    """One page. Rows that arrive meanwhile have higher ids, so no page shows one twice or leaves one out."""
    wanted = max(limit, COUNTED) if count else limit
    ids = found_ids(asked, viewer, after=after, limit=wanted + 1)
    shown = ids[:limit]
    return Found(
        items=items_told(in_order(shown), viewer.user, viewer.roles), next_after=shown[-1] if len(ids) > limit else None,
        count=min(len(ids), COUNTED) if count else None, more=count and len(ids) > COUNTED - 1,
    )  # fmt: skip


def in_order(ids: Sequence[UUID]) -> list[Item]:
    by_id = Item.objects.select_related("source").in_bulk(ids)
    return [by_id[pk] for pk in ids if pk in by_id]


def found_ids(asked: SearchFilter, viewer: Viewer, *, after: UUID | None, limit: int) -> list[UUID]:
    rows = filtered(asked, viewer)
    if after is not None:
        rows = rows.filter(item_id__lt=after)
    ids = _newest(rows, after, limit) if asked.q else list(rows.order_by("-item_id").values_list("item_id", flat=True)[:limit])
    if asked.asks_decision or asked.language or asked.status not in ("", Item.Status.RECEIVED):
        return ids
    unscored = _unscored(asked, viewer)
    if after is not None:
        unscored = unscored.filter(pk__lt=after)
    return sorted({*ids, *unscored.order_by("-pk").values_list("pk", flat=True)[:limit]}, reverse=True)[:limit]


def _newest(rows: QuerySet[SearchRow], after: UUID | None, limit: int) -> list[UUID]:
    """Of rows that hold words. The planner does not know that a word may be common and all of it old, and would walk through a
    million rows for it: so it walks through the newest, and where they do not fill the page, the index of words is asked."""
    ordered = rows.order_by("-item_id").values_list("item_id", flat=True)
    every = SearchRow.objects.order_by("-item_id").values_list("item_id", flat=True)
    edge = list((every if after is None else every.filter(item_id__lt=after))[NEWEST : NEWEST + 1])
    ids = list((ordered.filter(item_id__gte=edge[0]) if edge else ordered)[:limit])
    if not edge or len(ids) == limit:
        return ids
    if len(ids) * 10 >= limit:  # at this rate the walk ends soon
        return list(ordered[:limit])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        ids = list(ordered[:limit])
        cursor.execute("SET LOCAL enable_indexscan TO DEFAULT")
    return ids


def filtered(asked: SearchFilter, viewer: Viewer) -> QuerySet[SearchRow]:
    """Search rows that fit and exist for this viewer. A filter on what was decided never tells of what is still open to them."""
    rows = _with_status(_common(SearchRow.objects.all(), asked, viewer), asked.status, viewer)
    exact = {
        "language": asked.language.lower(), "action": asked.action, "label": asked.label,
        "outcome": asked.outcome, "reviewer__username": asked.reviewer,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if asked.author:
        rows = rows.filter(words=exact_name(asked.author), item__actor_id=asked.author)
    if asked.external_id:
        rows = rows.filter(words=exact_name(asked.external_id), item__external_id=asked.external_id)
    if asked.by:
        by_machine = Q(automated=True) | Q(outcome="review")
        rows = rows.exclude(outcome="").filter(by_machine if asked.by == "machine" else ~by_machine)
    if asked.severity is not None:
        rows = rows.filter(severity__gte=asked.severity, decided_at__isnull=False)
    if asked.decided_since:
        rows = rows.filter(decided_at__gte=asked.decided_since)
    if asked.decided_until:
        rows = rows.filter(decided_at__lt=asked.decided_until)
    if asked.score:
        rows = rows.filter(risk__gte=asked.score[0], risk__lte=asked.score[1])
    if asked.asks_decision and viewer.decides:
        rows = rows.filter(is_open=False, **({"is_held": False} if asked.score else {}))
        rows = rows.exclude(item__in=list(undoable(viewer.user).values_list("item_id", flat=True)))
    if asked.q:
        rows = rows.filter(_match(asked.q))
    return rows


def _with_status(rows: QuerySet[SearchRow], status: str, viewer: Viewer) -> QuerySet[SearchRow]:
    """To who decides, what is looked at a second time is with people, like anything else that they may be given."""
    if not status:
        return rows
    if not viewer.decides:
        return rows.filter(status=status)
    open_again = Q(is_open=True)
    return rows.filter(Q(status=status) | open_again if status == Item.Status.IN_REVIEW else Q(status=status) & ~open_again)


def _common(rows: QuerySet[M], asked: SearchFilter, viewer: Viewer) -> QuerySet[M]:
    """What is known of an item from the moment it arrived; named alike in both tables."""
    if viewer.source_id is not None:
        rows = rows.filter(source_id=viewer.source_id)
    if viewer.closed_kinds:
        rows = rows.exclude(kind__in=viewer.closed_kinds)
    exact = {"kind": asked.kind, "source__slug": asked.source}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if asked.since:
        rows = rows.filter(received_at__gte=asked.since)
    if asked.until:
        rows = rows.filter(received_at__lt=asked.until)
    return rows.filter(reports__gte=asked.reports) if asked.reports else rows


def _match(text: str) -> Q:
    query = words_query(text)
    found = Q(words=query) if query is not None else Q(pk__in=[])
    with suppress(ValueError):
        found |= Q(pk=UUID(text.strip()))
    return found


def _unscored(asked: SearchFilter, viewer: Viewer) -> QuerySet[Item]:
    """Their words are those of the headline until they are scored, a moment later."""
    items = _common(Item.objects.filter(status=Item.Status.RECEIVED), asked, viewer)
    named = {"actor_id": asked.author, "external_id": asked.external_id}
    items = items.filter(**{name: value for name, value in named.items() if value})
    if not asked.q:
        return items
    newest = items.order_by("-pk").values("pk")[:UNSCORED]
    text = asked.q.strip()
    match = Q(external_id=text) | Q(actor_id=text) | Q(conversation=text)
    if (query := words_query(text)) is not None:
        match |= Q(said=query)
    with suppress(ValueError):
        match |= Q(pk=UUID(text))
    return Item.objects.filter(pk__in=newest).annotate(said=SearchVector("headline", config="simple")).filter(match)
