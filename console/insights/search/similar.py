"""More like this: by meaning where the item says something, by what it shares where it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import F, QuerySet

from console.insights.models import SearchRow
from console.insights.sealed import items_told
from console.insights.search import alike
from console.insights.search.filters import SearchFilter, Viewer
from console.insights.search.find import filtered, in_order
from console.intake.models import Item
from scoring.registry import KINDS
from scoring.text.searching import folded

ALIKE = 50
FIRST_LOOK = 120  # neighbours, of which the filters leave some; then alike.MOST
FARTHEST, FARTHEST_DECIDED = 0.65, 0.55  # cosine distance beyond which two texts are about different things
WORDS, NEWEST = 12, 2000
_WORD = re.compile(r"[^\W_]{4,40}")
_BY_KEYS = """
WITH mine AS (SELECT source_id, kind, name, value FROM intake_itemkey WHERE item_id = %(item)s),
     hits AS (
         SELECT m.name, k.item_id, count(*) OVER (PARTITION BY m.name, m.value) AS many
         FROM mine m CROSS JOIN LATERAL (
             SELECT k.item_id FROM intake_itemkey k
             WHERE k.source_id = m.source_id AND k.kind = m.kind AND k.name = m.name AND k.value = m.value AND k.item_id <> %(item)s
             ORDER BY k.at DESC LIMIT 200
         ) k
     )
SELECT item_id, array_agg(DISTINCT name ORDER BY name) FROM hits GROUP BY item_id ORDER BY sum(1.0 / many) DESC, item_id DESC LIMIT 400
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """`how`: meaning, words (there are no vectors here), shared (keys), or waiting (the vector is not made yet; then by words)."""

    of: Item
    how: str
    items: Sequence[Item] = ()
    shared: Mapping[UUID, Sequence[str]] = field(default_factory=dict)  # by item: names of the keys that both have


def similar(item: Item, asked: SearchFilter, viewer: Viewer, *, limit: int = ALIKE) -> Likeness:
    """The items most like one, best first, of those that fit the filters and exist for the viewer."""
    found = _similar(item, filtered(asked, viewer), limit, FARTHEST)
    return replace(found, items=items_told(found.items, viewer.user, viewer.roles))


def similar_decided(item: Item, viewer: Viewer, *, limit: int = 5) -> Likeness:
    """Of the same kind, decided for good before: what the evidence shows beside an open case."""
    rows = filtered(SearchFilter(kind=item.kind, status=Item.Status.DECIDED), viewer).filter(is_open=False, is_held=False)
    return _similar(item, rows, limit, FARTHEST_DECIDED)


def _similar(item: Item, rows: QuerySet[SearchRow], limit: int, farthest: float) -> Likeness:
    if item.kind in KINDS and not KINDS[item.kind].prose:
        shared = _by_keys(item)
        return Likeness(of=item, how="shared", items=in_order(_fitting(list(shared), rows)[:limit]), shared=shared)
    can = alike.vectors_available()
    mine = alike.vector_of_item(item.pk) if can else None
    if mine is not None:
        return Likeness(of=item, how="meaning", items=in_order(_by_meaning(item, mine, rows, limit, farthest)))
    return Likeness(of=item, how="waiting" if can else "words", items=in_order(_by_words(item, rows, limit)))


def _fitting(ids: Sequence[UUID], rows: QuerySet[SearchRow]) -> list[UUID]:
    fit = set(rows.filter(item_id__in=ids).values_list("item_id", flat=True))
    return [pk for pk in ids if pk in fit]


def _by_meaning(item: Item, mine: tuple[str, str], rows: QuerySet[SearchRow], limit: int, farthest: float) -> list[UUID]:
    """A near look is enough where the filters leave enough of it."""
    found: list[UUID] = []
    for look in (FIRST_LOOK, alike.MOST):
        near = alike.nearest(item.pk, mine, limit=look, farthest=farthest)
        found = _fitting(near, rows)
        if len(found) >= limit or len(near) < look - 1:
            break
    return found[:limit]


def _by_words(item: Item, rows: QuerySet[SearchRow], limit: int) -> list[UUID]:
    """The newest that share its longest words, best ranked first."""
    text = KINDS[item.kind].text(item.payload) if item.kind in KINDS else item.headline
    words = sorted(set(_WORD.findall(folded(text))), key=lambda word: (-len(word), word))[:WORDS]
    if not words:
        return []
    query = SearchQuery(" | ".join(f"'{word}'" for word in words), config="simple", search_type="raw")
    newest = rows.filter(words=query).exclude(item_id=item.pk).order_by("-item_id").values("item_id")[:NEWEST]
    ranked = SearchRow.objects.filter(item_id__in=newest).annotate(rank=SearchRank(F("words"), query, normalization=1))
    return list(ranked.order_by("-rank", "-item_id").values_list("item_id", flat=True)[:limit])


def _by_keys(item: Item) -> dict[UUID, list[str]]:
    """Other items by the keys they share, the rarest first. A key that thousands share says little, so 200 of each are looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEYS, {"item": item.pk})
        return {pk: list(names) for pk, names in cursor.fetchall()}
