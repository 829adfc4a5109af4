"""Divide a frozen data set and write down on its card how, and what was checked: kept whether the division held or not."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.timezone import now

from console.quality.selectors import gold_item_ids
from console.training.counts import part_counts
from console.training.leaks import checks_told
from console.training.models import Snapshot
from console.training.parts import NOTHING, Seen, divide
from console.training.prints import prints_of
from console.training.snapshot import Line
from scoring.kind import Kind, Split
from scoring.training.dataset import DatasetError
from scoring.types import Example, Json


def snapshot_divide(
    kind: Kind, snapshot: Snapshot, lines: Sequence[Line], base: Sequence[Example], *, seen: Seen = NOTHING, seed: int = 0
) -> Split:
    """As make_parts(), held against known answers and fingerprints too, and written on the card. Raises DatasetError."""
    gold = frozenset(str(pk) for pk in gold_item_ids(kind.name))
    prints = prints_of(kind, [UUID(str(line["id"])) for line in lines])
    card: dict[str, Json] = {"at": now().isoformat(), "seed": seed, "base": len(base)}
    try:
        parts, checks = divide(kind, lines, base, seen=seen, seed=seed, prints=prints, gold=gold)
    except DatasetError as error:
        _put(snapshot, {**card, "refused": str(error)})
        raise
    named = (("train", parts.train), ("calibrate", parts.tune), ("test", parts.test))
    card |= {"parts": {name: part_counts(kind, part) for name, part in named}, "checks": checks_told(checks)}
    _put(snapshot, card)
    return parts


def _put(snapshot: Snapshot, card: dict[str, Json]) -> None:
    """What the search for wrong labels found stays on the card."""
    kept = {name: value for name, value in snapshot.card.items() if name == "doubts"}
    snapshot.card = {**kept, **card}
    Snapshot.objects.filter(pk=snapshot.pk).update(card=snapshot.card)
