"""What a share is worth: intervals of a proportion, the exact test of one, and how many tries tell two apart. No numpy: pages use it."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log, sqrt

Z95 = 1.959963984540054
Interval = tuple[float, float]


def wilson(right: float, of: float, z: float = Z95) -> Interval:
    """Wilson's score interval, inside 0 to 1; nothing known is (0, 1)."""
    if of <= 0:
        return 0.0, 1.0
    share = right / of
    middle = share + z * z / (2 * of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def at_most(right: int, of: int, share: float) -> float:
    """The chance of `right` or fewer in `of` tries that each succeed with chance `share`."""
    if right >= of:
        return 1.0
    if right < 0 or share >= 1:
        return 0.0
    if share <= 0:
        return 1.0
    terms = (
        exp(lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log(1 - share)) for k in range(right + 1)
    )
    return min(1.0, sum(terms))


def clopper_pearson(right: int, of: int, level: float = 0.95) -> Interval:
    """The exact interval: each end is where what was seen, or more extreme, has half of what the level leaves."""
    if of <= 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if right <= 0 else _where(lambda share: 1 - at_most(right - 1, of, share), tail, rising=True)
    high = 1.0 if right >= of else _where(lambda share: at_most(right, of, share), tail, rising=False)
    return low, high


def _where(chance: Callable[[float], float], wanted: float, *, rising: bool) -> float:
    """Where a monotone chance crosses `wanted`, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (chance(middle) < wanted) == rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def more_often(right: int, of: int, other_right: int, other_of: int) -> float:
    """Fisher's exact test, one-sided: the chance to see `right` or more in the first group if both had the same share."""
    total, everyone = right + other_right, of + other_of
    if of <= 0 or other_of <= 0 or total <= 0:
        return 1.0
    whole = _log_choose(everyone, total)
    last = min(of, total)
    return min(1.0, sum(exp(_log_choose(of, k) + _log_choose(other_of, total - k) - whole) for k in range(right, last + 1)
                        if total - k <= other_of))  # fmt: skip


def _log_choose(of: int, take: int) -> float:
    return lgamma(of + 1) - lgamma(take + 1) - lgamma(of - take + 1)


def paired_difference(only_first: int, only_second: int, of: int, z: float = Z95) -> tuple[float, float, float]:
    """(difference, low, high) of two shares measured on the same `of` things: first minus second.

    Only things on which the two differ count. Agresti and Min's interval, which adds half a thing to each of the four cells.
    """
    if of <= 0:
        return 0.0, -1.0, 1.0
    first, second, n = only_first + 0.5, only_second + 0.5, of + 2
    middle = (first - second) / n
    half = z * sqrt(max(0.0, first + second - (first - second) ** 2 / n)) / n
    return (only_first - only_second) / of, max(-1.0, middle - half), min(1.0, middle + half)


def flag_at_most(of: int, good: float = 0.95, false_alarm: float = 0.01) -> int:
    """So many right, or fewer, in `of` tries happen to somebody `good` at most with chance `false_alarm`; -1 when none is so few."""
    right = -1
    while right + 1 < of and at_most(right + 1, of, good) <= false_alarm:
        right += 1
    return right


def tries_to_tell(bad: float, good: float = 0.95, false_alarm: float = 0.01, power: float = 0.9) -> tuple[int, int]:
    """(tries, flag at so many right or fewer): the fewest tries that find somebody `bad` with chance `power`."""
    for of in range(1, 100_000):
        right = flag_at_most(of, good, false_alarm)
        if right >= 0 and at_most(right, of, bad) >= power:
            return of, right
    raise ValueError(f"{bad} and {good} are too near to be told apart")
