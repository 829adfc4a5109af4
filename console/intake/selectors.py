"""Reads of items: search with filters, newest first, by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from console.intake.models import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    query: str = ""  # words of the headline, an external id, an actor or an item id
    kind: str = ""
    status: str = ""
    source: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    closed_kinds: frozenset[str] = frozenset()  # not for who asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    items: Sequence[Item]
    next_cursor: str  # "" on the last page


def items_search(*, filters: ItemFilter, source_id: int | None = None, cursor: str = "", limit: int = 50) -> Page:
    """One page. `cursor` is the id of the last item of the page before; raises ValueError when it is no id."""
    items = _filtered(filters)
    if source_id is not None:
        items = items.filter(source_id=source_id)
    if cursor:
        items = items.filter(pk__lt=UUID(cursor))
    found = list(items.select_related("source").order_by("-pk")[: limit + 1])
    return Page(items=found[:limit], next_cursor=str(found[limit - 1].pk) if len(found) > limit else "")


def _filtered(filters: ItemFilter) -> QuerySet[Item]:
    items = Item.objects.all()
    if filters.query:
        text = filters.query.strip()
        match = Q(headline__icontains=text) | Q(external_id=text) | Q(actor_id=text) | Q(conversation=text)
        with suppress(ValueError):
            match |= Q(pk=UUID(text))
        items = items.filter(match)
    exact = {"kind": filters.kind, "status": filters.status, "source__slug": filters.source}
    items = items.filter(**{name: value for name, value in exact.items() if value})
    if filters.closed_kinds:
        items = items.exclude(kind__in=filters.closed_kinds)
    if filters.outcome:
        items = items.filter(decisions__outcome=filters.outcome, decisions__state__in=["effective", "held"])
    if filters.since:
        items = items.filter(received_at__gte=filters.since)
    if filters.until:
        items = items.filter(received_at__lt=filters.until)
    return items
