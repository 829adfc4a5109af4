"""Krippendorff's alpha for nominal data, with a bootstrap interval. Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

A unit is what several people judged; each of its values is one person's. 1 is perfect agreement, 0 what chance gives.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

Unit = Sequence[Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    alpha: float | None  # None: fewer than two units, or everybody always said the same one thing
    low: float | None
    high: float | None
    units: int  # that two or more people judged


def alpha(units: Iterable[Unit]) -> float | None:
    """1 - observed / expected disagreement; None where chance itself cannot disagree."""
    return _alpha(Counter(_pattern(unit) for unit in units if len(unit) > 1))


def agreement(units: Iterable[Unit], *, samples: int = 500, level: float = 0.95, seed: int = 0) -> Agreement:
    """Alpha, and the percentiles of alpha over units drawn again with replacement; a draw in which everybody said one thing counts
    as full agreement. Alike units count together, so the cost does not grow with how much they differ."""
    patterns = Counter(_pattern(unit) for unit in units if len(unit) > 1)
    count = patterns.total()
    found = _alpha(patterns) if count > 1 else None
    if found is None:
        return Agreement(alpha=None, low=None, high=None, units=count)
    dice = random.Random(seed)
    kinds, weights = list(patterns), list(patterns.values())
    drawn = sorted(_or_full(_alpha(Counter(dice.choices(kinds, weights, k=count)))) for _ in range(samples))
    tail = (1 - level) / 2
    return Agreement(alpha=found, low=drawn[int(tail * samples)], high=drawn[min(samples - 1, int((1 - tail) * samples))], units=count)


def _pattern(unit: Unit) -> tuple[tuple[Hashable, int], ...]:
    return tuple(sorted(Counter(unit).items(), key=lambda pair: repr(pair[0])))


def _or_full(value: float | None) -> float:
    return 1.0 if value is None else value


def _alpha(patterns: Counter[tuple[tuple[Hashable, int], ...]]) -> float | None:
    totals: Counter[Hashable] = Counter()
    observed = 0.0  # pairs that differ, each unit's weighted by 1 / (its values - 1)
    for pattern, times in patterns.items():
        size = sum(count for _, count in pattern)
        same = sum(count * (count - 1) for _, count in pattern)
        observed += times * (size * (size - 1) - same) / (size - 1)
        for value, count in pattern:
            totals[value] += times * count
    everything = totals.total()
    expected = everything * everything - sum(count * count for count in totals.values())
    if expected == 0:
        return None
    return 1 - (everything - 1) * observed / expected
