"""Who decides best: people alone, the machine alone, both together; from what was last measured on items that were checked blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.insights.agreement import Share
from console.quality.models import Measure
from scoring.binomial import clopper_pearson
from scoring.kind import Kind

LEAST = 20  # checked items, below which no word is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """Shares of wrong decisions of one kind; `word` says what they come to, and only where the ranges allow it."""

    kind: Kind
    people: Share
    machine: Share
    both: Share

    @property
    def word(self) -> str:
        if min(self.people.of, self.machine.of) < LEAST:
            return "Not enough proof yet"
        if self.people.high < self.machine.low:
            return "People are better"
        if self.machine.high < self.people.low:
            return "The machine is better"
        if self.both.of >= LEAST and self.both.low > min(self.people.high, self.machine.high):
            return "Together worse: look into it"
        return "Not told apart"


def who_decides_best(kinds: Sequence[Kind]) -> list[Best]:
    found = {row.kind: row.data.get("best", {}) for row in Measure.objects.filter(kind__in=[kind.name for kind in kinds])}
    return [_best(kind, found.get(kind.name, {})) for kind in kinds]


def _best(kind: Kind, data: Mapping[str, Any]) -> Best:
    shares = {}
    for name in ("people", "machine", "both"):
        wrong, of = data.get(name, (0, 0))
        low, high = clopper_pearson(wrong, of)
        shares[name] = Share(right=wrong, of=of, low=low, high=high)
    return Best(kind=kind, **shares)
