"""Where a figure stands among many: kept quantiles, and a percentile from them. Plain Python, for any process."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

LEAST = 100  # values below which a percentile would say more than is known
MIDDLE = 50


def quantiles_of(values: Sequence[float]) -> list[float]:
    """The 101 values at 0, 1, ... 100 hundredths of the sorted known values; empty when fewer than LEAST are known."""
    known = sorted(v for v in values if v == v)
    if len(known) < LEAST:
        return []
    last = len(known) - 1
    return [float(f"{known[round(i * last / 100)]:.6g}") for i in range(101)]


def standing(quantiles: Sequence[float], value: float) -> int | None:
    """0 to 100, so that both ways of saying it are true: above 50, more than that many in 100 lie below the value; under 50,
    more than 100 minus it lie above; 50 when the value is one that the middle shares. None when it cannot be said."""
    if len(quantiles) != 101 or value != value:
        return None
    value = float(f"{value:.6g}")
    below, above = bisect_left(quantiles, value) - 1, 100 - bisect_right(quantiles, value)  # hundredths that surely lie there
    if max(below, above) <= MIDDLE:
        return MIDDLE
    return min(below, 99) if below > above else 100 - min(above, 99)
