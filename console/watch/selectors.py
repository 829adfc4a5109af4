"""What was read of drift, ready for a page: what moved most comes first, each with its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.watch.drift import newest_readings
from console.watch.models import DriftReading, DriftReference

HISTORY = 30  # windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One thing that is watched of a model. `sizes` are of its windows, oldest first: PSI beyond chance."""

    what: str
    newest: DriftReading
    sizes: Sequence[float]

    @property
    def size(self) -> float:
        return self.sizes[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`watched` is empty until the first window after the reference is closed."""

    watched: Sequence[Watched]
    reference: DriftReference | None  # of the risk: what the others are like too
    until: datetime | None  # of the newest window


def drift_of(kind: str, model: str) -> Drift:
    """The risk first, then whatever moved, the furthest first."""
    newest = {row.reference_id: row for row in newest_readings(kind, model)}
    sizes: dict[int, list[float]] = {}
    for row in DriftReading.objects.filter(reference__in=newest).order_by("-until").only("reference_id", "psi", "chance"):
        kept = sizes.setdefault(row.reference_id, [])
        if len(kept) < HISTORY:
            kept.append(max(0.0, row.psi - row.chance))
    watched = [Watched(what=row.reference.what, newest=row, sizes=sizes[key][::-1]) for key, row in newest.items()]
    watched.sort(key=lambda one: (one.what != "risk", not one.newest.alarmed, -one.size, one.what))
    reference = DriftReference.objects.filter(model=model, what="risk").first()
    return Drift(watched=watched, reference=reference, until=max((one.newest.until for one in watched), default=None))
