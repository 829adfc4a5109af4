"""Near-duplicates: the fingerprint of an item is written with its first decision, or later by the back-fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from console.intake.models import Item
from console.scores.models import Fingerprint, Score
from console.scores.services import fingerprint_build, fingerprints_put
from scoring.kind import load
from scoring.registry import KINDS

OLDEST = 20
_MAKE = "scoring.signals.fingerprint:fingerprint"  # numpy: workers only


def fingerprint_of(item: Item, signals: Mapping[str, Any]) -> Fingerprint | None:
    """An unsaved row; None for an item that has nothing to compare."""
    found = load(_MAKE)(KINDS[item.kind], item.payload, signals)
    return fingerprint_build(item=item, found=found) if found else None


def fingerprints_missing() -> bool:
    """Whether items were scored before fingerprints were kept: then none of the oldest has one. One alone may have nothing to compare."""
    comparable = [name for name, kind in KINDS.items() if kind.alike]
    settled = Item.objects.exclude(status=Item.Status.RECEIVED).filter(kind__in=comparable)
    oldest = list(settled.order_by("pk").values_list("pk", flat=True)[:OLDEST])
    return bool(oldest) and not Fingerprint.objects.filter(item__in=oldest).exists()


def items_fingerprint(*, after: UUID | None, limit: int) -> tuple[UUID | None, int]:
    """Back-fill: the next items, in the order of their ids, that were scored before there were fingerprints.

    Returns the last id that was looked at (None at the end) and how many rows were written. May run beside the workers.
    """
    items = Item.objects.exclude(status=Item.Status.RECEIVED).filter(kind__in=KINDS, fingerprint=None)
    if after is not None:
        items = items.filter(pk__gt=after)
    newest = Score.objects.filter(item=OuterRef("pk")).order_by("-pk").values("signals")[:1]
    batch: Sequence[Item] = list(items.annotate(signals=Subquery(newest)).order_by("pk")[:limit])
    if not batch:
        return None, 0
    rows = [fingerprint_of(item, getattr(item, "signals", None) or {}) for item in batch]
    return batch[-1].pk, fingerprints_put([row for row in rows if row is not None])
