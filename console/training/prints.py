"""Fingerprints of labelled items: those that scoring wrote, and for items that came with their label, made now and kept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import OuterRef, Subquery

from console.intake.models import Item
from console.scores.models import Fingerprint as Row
from console.scores.models import Score
from console.scores.services import fingerprint_build, fingerprints_put
from scoring.alike import Fingerprint
from scoring.kind import Kind, load

CHUNK = 500
_MAKE = "scoring.signals.fingerprint:fingerprint"  # numpy: workers only


def prints_of(kind: Kind, ids: Sequence[UUID]) -> dict[str, Fingerprint]:
    """By id. An item that has nothing to compare has none. Workers only."""
    found: dict[str, Fingerprint] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        rows = {row.item_id: row for row in Row.objects.filter(item_id__in=part)}
        rows |= {row.item_id: row for row in _make(kind, [pk for pk in part if pk not in rows])}
        found |= {
            str(pk): Fingerprint(text=bytes(row.text), frames=bytes(row.frames), bands=row.bands) for pk, row in rows.items()
        }
    return found


def _make(kind: Kind, ids: Sequence[UUID]) -> list[Row]:
    if not ids or not kind.alike:
        return []
    newest = Score.objects.filter(item=OuterRef("pk")).order_by("-pk").values("signals")[:1]
    make, rows = load(_MAKE), []
    for item in Item.objects.filter(pk__in=ids).annotate(signals=Subquery(newest)):
        if found := make(kind, item.payload, getattr(item, "signals", None) or {}):
            rows.append(fingerprint_build(item=item, found=found))
    fingerprints_put(rows)
    return rows
