"""Has something moved since a reference? Plain Python, for any process: a few thousand values take milliseconds.

How far: the population stability index over bins that the reference fixes (its deciles; for categories, the categories), less what
chance alone would make of two samples of these sizes. Without any change PSI / (1/n + 1/m) is chi-square with bins - 1 degrees of
freedom, so its mean is (bins - 1)(1/n + 1/m): Yurdakul and Naranjo, "Statistical properties of the population stability index",
Journal of Risk Model Validation 14(4), 2020. The usual marks of the trade, .1 and .25, know nothing of n; ours are for the rest.

How sure: Pearson's chi-square of homogeneity over the same bins, and for numbers also the two-sample Kolmogorov-Smirnov test, which
sees a shift inside the bins. Many things are watched at once, so their p-values are corrected (Holm, Scandinavian Journal of
Statistics 6, 1979). An alarm needs both, twice in a row, and is over only after two calm windows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, pi, sqrt
from typing import Literal

Level = Literal["low", "near", "high"]
Value = float | None  # None: the item has no such figure

HIGH = 0.2  # of PSI beyond chance, from which a window counts as moved
LOW = 0.1  # under it a window counts as calm
SURE = 0.01  # the chance, over all that is watched of a kind, to call an unchanged window moved
PATIENCE = 2  # windows in a row
BINS = 10
SMOOTH = 0.5  # imagined values in each bin (Jeffreys), so that an empty one does not make the index infinite
FEW = 5.0  # expected values of a bin, under which the chi-square test wants it joined with others (Cochran)
EXACT = 10_000  # n x m up to which the test of Kolmogorov and Smirnov is worked out exactly
MISSING = ""  # the bin of items without the figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What two samples say of each other. `bars` are (bin, share in the reference, share now)."""

    of: int  # the reference
    n: int  # now
    psi: float
    chance: float  # what PSI is on average where nothing changed
    ks: float | None  # largest distance between the two distributions; numbers only
    p: float  # not corrected
    bars: Sequence[tuple[str, float, float]]

    @property
    def size(self) -> float:
        return max(0.0, self.psi - self.chance)


def edges_of(values: Sequence[Value]) -> list[float]:
    """Upper ends of all bins but the last: deciles of what is known, those that coincide once. A reference with one value has two
    bins: up to it, and above."""
    known = sorted(v for v in values if v is not None)
    if not known:
        return []
    return sorted({known[min(len(known) - 1, i * len(known) // BINS)] for i in range(1, BINS)})


def counts_of(values: Sequence[Value], edges: Sequence[float]) -> list[int]:
    """How many fall in each bin; last, how many are missing."""
    counts = [0] * (len(edges) + 2)
    for value in values:
        counts[-1 if value is None else bisect_left(edges, value)] += 1
    return counts


def compare_numbers(reference: Sequence[Value], now: Sequence[Value]) -> Shift:
    """The reference fixes the bins. p is the smaller of both tests', counted twice because there are two."""
    edges = edges_of(reference)
    before, after = counts_of(reference, edges), counts_of(now, edges)
    known = [[v for v in values if v is not None] for values in (reference, now)]
    distance, p = ks(*known) if all(known) else (None, 1.0)
    both = min(1.0, 2 * min(p, homogeneity(before, after)))
    return _shift(names_of(edges), before, after, distance, both)


def compare_shares(reference: Mapping[str, int], now: Mapping[str, int]) -> Shift:
    names = sorted({*reference, *now}, key=lambda name: (-reference.get(name, 0), name))
    before, after = [reference.get(name, 0) for name in names], [now.get(name, 0) for name in names]
    return _shift(names, before, after, None, homogeneity(before, after))


def names_of(edges: Sequence[float]) -> list[str]:
    """A bin is named by its upper end; the last has none."""
    return [*(f"{edge:.4g}" for edge in edges), "more", MISSING]


def _shift(names: Sequence[str], before: Sequence[int], after: Sequence[int], distance: float | None, p: float) -> Shift:
    used = [(name, a, b) for name, a, b in zip(names, before, after, strict=True) if a or b]
    of, n = sum(before), sum(after)
    value = psi([a for _, a, _ in used], [b for _, _, b in used])
    bars = [(name, a / of if of else 0.0, b / n if n else 0.0) for name, a, b in used]
    return Shift(of=of, n=n, psi=value, chance=psi_by_chance(len(used), of, n), ks=distance, p=p, bars=bars)


def psi(before: Sequence[int], after: Sequence[int]) -> float:
    """Sum of (q - p) ln(q / p) over the bins, smoothed; 0 where either side is empty."""
    if not sum(before) or not sum(after):
        return 0.0
    shares = [[(c + SMOOTH) / (sum(side) + SMOOTH * len(side)) for c in side] for side in (before, after)]
    parts = [(q - p) * log(q / p) for p, q in zip(shares[0], shares[1], strict=True)]
    return sum(parts)


def psi_by_chance(bins: int, of: int, n: int) -> float:
    return max(0, bins - 1) * (1 / of + 1 / n) if of and n else 0.0


def homogeneity(before: Sequence[int], after: Sequence[int]) -> float:
    """p of Pearson's chi-square that both come from one distribution. Bins that expect few are joined, the smallest first."""
    of, n = sum(before), sum(after)
    if not of or not n:
        return 1.0
    least = FEW * (of + n) / min(of, n)  # a bin of so many expects FEW on the smaller side
    pooled: list[tuple[int, int]] = []
    rest = (0, 0)
    for a, b in sorted(zip(before, after, strict=True), key=lambda pair: pair[0] + pair[1]):
        if sum(rest) < least and (sum(rest) > 0 or a + b < least):
            rest = (rest[0] + a, rest[1] + b)
        else:
            pooled.append((a, b))
    if sum(rest) >= least or not pooled:
        pooled.append(rest)
    elif sum(rest):
        pooled[0] = (pooled[0][0] + rest[0], pooled[0][1] + rest[1])
    found = 0.0
    for a, b in pooled:
        for seen, share in ((a, of / (of + n)), (b, n / (of + n))):
            expected = (a + b) * share
            found += (seen - expected) ** 2 / expected
    return chi_square_above(found, len(pooled) - 1)


def ks(reference: Sequence[float], now: Sequence[float]) -> tuple[float, float]:
    """(largest distance, p). Exact for small samples without ties, else asymptotic with Stephens' correction (Journal of the Royal
    Statistical Society B 32, 1970); ties make it careful, never hasty."""
    one, other = sorted(reference), sorted(now)
    n, m = len(one), len(other)
    apart = max(abs(bisect_right(one, v) * m - bisect_right(other, v) * n) for v in {*one, *other})
    if n * m <= EXACT:
        return apart / (n * m), 1 - _paths_within(n, m, apart)
    root = sqrt(n * m / (n + m))
    return apart / (n * m), _kolmogorov_above((root + 0.12 + 0.11 / root) * apart / (n * m))


def _paths_within(n: int, m: int, apart: int) -> float:
    """The share of lattice paths from (0, 0) to (n, m) that keep |i m - j n| under `apart`: Hodges, Arkiv för Matematik 3, 1958."""
    row = [0.0] * (m + 1)
    for i in range(n + 1):
        for j in range(m + 1):
            if abs(i * m - j * n) >= apart:
                row[j] = 0.0
            elif i + j == 0:
                row[j] = 1.0
            else:
                row[j] = ((row[j] * i if i else 0.0) + (row[j - 1] * j if j else 0.0)) / (i + j)
    return row[m]


def _kolmogorov_above(x: float) -> float:
    if x < 1.18:  # the other series of the same sum: this one is slow near 0
        if x < 0.05:
            return 1.0
        below = [exp(-((2 * k - 1) ** 2) * pi**2 / (8 * x * x)) for k in range(1, 5)]
        return 1 - sqrt(2 * pi) / x * sum(below)
    above = [exp(-2 * k * k * x * x) * (1 if k % 2 else -1) for k in range(1, 6)]
    return min(1.0, 2 * sum(above))


def chi_square_above(x: float, df: int) -> float:
    """The chance of `x` or more under chi-square: the regularised incomplete gamma function, by its series or continued fraction."""
    if df <= 0 or x <= 0:
        return 1.0
    a, y = df / 2, x / 2
    scale = exp(a * log(y) - y - lgamma(a))
    if y < a + 1:
        term = total = 1 / a
        for k in range(1, 1000):
            term *= y / (a + k)
            total += term
            if term < total * 1e-12:
                break
        return max(0.0, 1 - scale * total)
    b, c = y + 1 - a, 1e300
    d = h = 1 / b
    for k in range(1, 1000):
        b += 2
        d = 1 / (b - k * (k - a) * d)
        c = b - k * (k - a) / c
        h *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return scale * h


def holm(ps: Sequence[float]) -> list[float]:
    """Each p so that all together err with the chance that is asked of one."""
    order = sorted(range(len(ps)), key=ps.__getitem__)
    out, worst = [1.0] * len(ps), 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, ps[index] * (len(ps) - rank)))
        out[index] = worst
    return out


def level_of(size: float, p: float) -> Level:
    """Of one window, with the corrected p. What chance explains is low, however large a small sample makes it look."""
    if p > SURE or size < LOW:
        return "low"
    return "high" if size >= HIGH else "near"


def alarmed(before: bool, levels: Sequence[Level]) -> bool:
    """Whether the alarm stands after `levels` (oldest first) when it stood so `before` the last of them."""
    last = Counter(levels[-PATIENCE:])
    if last["high"] == PATIENCE:
        return True
    return before and last["low"] < PATIENCE
