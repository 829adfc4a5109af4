"""Parts of a band with a limit of their own: one language, or one source. What is left is the rest, and proven without them.

A band is divided by language or by source, not by both: so each item lies in one part, and each limit is proven of exactly the items
that it decides. A part is decided by its own certificate and by no other; without one, people decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from console.automation.models import AutomationRule
from scoring.withheld import SOURCE

MOST_PARTS = 10  # of a band: each is tested at a tenth of the doubt, so that all parts together keep within it

_PLACES = """
SELECT i.id, s.slug, coalesce(r.language, '') FROM intake_item i JOIN accounts_source s ON s.id = i.source_id
LEFT JOIN insights_searchrow r ON r.item_id = i.id WHERE i.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All of a band, one part of it (`name`), or what is left `without` those that have a limit of their own."""

    cut: str = ""
    name: str = ""
    without: tuple[str, ...] = ()

    def has(self, source: str, language: str) -> bool:
        here = source if self.cut == SOURCE else language
        return here == self.name if self.name else not self.cut or here not in self.without


WHOLE = Part()


def own_rules(kind: str, side: str, label: str) -> list[AutomationRule]:
    """The parts of a band that have a limit of their own now."""
    rows = AutomationRule.objects.filter(kind=kind, side=side, label=label, is_on=True).exclude(name="")
    return list(rows.order_by("name"))


def band_lock(of: AutomationRule) -> None:
    """Who divides a band, or proves something of it, waits here first, and only then for the row of a part: so nobody divides it while
    somebody else does, and nothing is proven of a whole that is being divided. Off, where nobody set the whole."""
    AutomationRule.objects.select_for_update().get_or_create(kind=of.kind, side=of.side, label=of.label, cut="", name="")


def part_of(rule: AutomationRule) -> Part:
    if rule.name:
        return Part(cut=rule.cut, name=rule.name)
    own = own_rules(rule.kind, rule.side, rule.label)
    return Part(cut=own[0].cut, without=tuple(row.name for row in own)) if own else WHOLE


def places_of(items: Iterable[UUID]) -> Mapping[UUID, tuple[str, str]]:
    """Source and language, as search keeps them: those by which the pipeline decided."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [list(items)])
        return {item: (source, language) for item, source, language in cursor.fetchall()}
