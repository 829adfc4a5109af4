"""Where the machine may decide alone: thresholds whose error is proven small enough from blind, random audits. No numpy: pages use it.

Learn-then-Test (Angelopoulos, Bates, Candes, Jordan, Lei 2021): for each mark of a grid that was fixed before any data, the hypothesis
"the error is above the risk" is tested by the exact binomial tail (the test behind Clopper and Pearson 1934); marks that are rejected
are certified, all of them together with the wanted confidence, so the widest of them may be used.

| method | how the marks share the doubt |
|---|---|
| bonferroni | each is tested at doubt / number of marks; any may pass |
| sequence | in the order of the grid, each at the whole doubt, until one fails; starts where the traffic can prove something |

| basis | the error that is bounded |
|---|---|
| decided | of what the machine decides alone at this mark, so many are wrong; it moves with the share of harm in the traffic |
| class | allow: of all that is harmful, so many are let through; enforce: of all that is harmless, so many are removed |

What is assumed: every item of the traffic was as likely to be audited as any other (scoring.audits.evenly thins a draw in which some
were likelier), audits are independent of each other, and later traffic is like that of the audits. An audit that nobody answered
counts as wrong. The risk of each side is proven on its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, log
from typing import Literal

from scoring.binomial import at_most, clopper_pearson

Side = Literal["allow", "enforce"]
Method = Literal["bonferroni", "sequence"]
Basis = Literal["decided", "class"]
SPARE = 1  # so many wrong ones may be among those that the first mark of a sequence expects
MOST = 10_000_000


def _marks(low: float, high: float, count: int) -> tuple[float, ...]:
    """Evenly spaced in log-odds."""
    first, last = log(low / (1 - low)), log(high / (1 - high))
    return tuple(round(1 / (1 + exp(-(first + (last - first) * i / (count - 1)))), 5) for i in range(count))


# From the strictest mark to the widest. Allow is at or below its mark, enforce at or above it, and the two never meet.
ALLOW = _marks(0.002, 0.49, 24)
GRIDS: dict[Side, tuple[float, ...]] = {"allow": ALLOW, "enforce": tuple(round(1 - mark, 5) for mark in ALLOW)}


@dataclass(frozen=True, slots=True)
class Audited:
    """An item that was drawn, and what somebody who saw neither score nor decision said of it."""

    score: float
    harmful: bool | None  # None: drawn, and not answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What is asked for."""

    side: Side
    risk: float = 0.01
    confidence: float = 0.95
    method: Method = "sequence"
    basis: Basis = "decided"

    def __post_init__(self) -> None:
        if not 0 < self.risk < 1 or not 0.5 <= self.confidence < 1:
            raise ValueError("a risk lies between 0 and 1, a confidence from one half to 1")

    @property
    def grid(self) -> tuple[float, ...]:
        return GRIDS[self.side]

    @property
    def doubt(self) -> float:
        """At which each mark is tested."""
        return (1 - self.confidence) / (len(self.grid) if self.method == "bonferroni" else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One mark: what the audits say of it."""

    threshold: float
    of: int  # audits that the error is a share of
    wrong: int
    coverage: float  # of the traffic that the machine would decide
    chance: float  # of seeing so few wrong ones, were the error above the risk
    certified: bool
    doubt: float

    @property
    def measured(self) -> float | None:
        return self.wrong / self.of if self.of else None

    @property
    def upper(self) -> float:
        """The error is at most this, with the confidence that was asked for."""
        return upper_bound(self.wrong, self.of, self.doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came out. Without `chosen` there is not enough evidence, and the band stays with people."""

    limit: Limit
    audits: int
    steps: tuple[Step, ...]
    chosen: Step | None
    missing: int | None  # audits, at least, until some mark can pass, if none of them is wrong; None: nothing can be said
    floor: float  # of the traffic that no mark may decide, whatever the model


def certify(audits: Sequence[Audited], traffic: Sequence[float], limit: Limit) -> Proof:
    """`traffic` are scores of what came in, labelled or not; they say how much a mark covers and where a sequence starts, and
    hold no answer, so nothing is spent on them."""
    scores = sorted(traffic)
    cover = [_share(scores, limit.side, mark) for mark in limit.grid]
    counts = _counts(audits, limit)
    first = _first(cover, len(audits), limit)
    steps, open_ = [], True
    for index, (mark, (of, wrong)) in enumerate(zip(limit.grid, counts, strict=True)):
        chance = tail(wrong, of, limit.risk)
        passed = chance <= limit.doubt
        if limit.method == "sequence":
            tested = index >= first and open_
            open_ = passed if tested else open_
            passed = passed and tested
        step = Step(threshold=mark, of=of, wrong=wrong, coverage=cover[index], chance=chance, certified=passed, doubt=limit.doubt)
        steps.append(step)
    chosen = next((step for step in reversed(steps) if step.certified and step.coverage > 0), None)
    missing = 0 if chosen else _missing(steps, len(audits), limit, first if limit.method == "sequence" else 0)
    known = [audit.harmful for audit in audits if audit.harmful is not None]
    base = sum(_wrong(harmful, limit.side) for harmful in known) / len(known) if known else 0.0
    lowest = floor(base, limit.risk) if limit.basis == "decided" else 0.0
    return Proof(limit=limit, audits=len(audits), steps=tuple(steps), chosen=chosen, missing=missing, floor=lowest)


def decides(side: str, mark: float, score: float) -> bool:
    return score <= mark if side == "allow" else score >= mark


def _wrong(harmful: bool | None, side: Side) -> bool:
    return harmful is None or harmful == (side == "allow")


def _share(scores: Sequence[float], side: Side, mark: float) -> float:
    return _inside(scores, side, mark) / len(scores) if scores else 0.0


def _inside(scores: Sequence[float], side: Side, mark: float) -> int:
    """How many of the sorted scores this mark decides."""
    return bisect_right(scores, mark) if side == "allow" else len(scores) - bisect_left(scores, mark)


def _counts(audits: Sequence[Audited], limit: Limit) -> list[tuple[int, int]]:
    """(of, wrong) for each mark."""
    scores = sorted(audit.score for audit in audits)
    bad = sorted(audit.score for audit in audits if _wrong(audit.harmful, limit.side))
    wrong = [_inside(bad, limit.side, mark) for mark in limit.grid]
    of = [_inside(scores, limit.side, mark) if limit.basis == "decided" else len(bad) for mark in limit.grid]
    return list(zip(of, wrong, strict=True))


def counted(audits: Sequence[Audited], limit: Limit, mark: float) -> tuple[int, int]:
    """(of, wrong) at one mark of the grid."""
    return _counts(audits, limit)[limit.grid.index(mark)]


def _first(cover: Sequence[float], audits: int, limit: Limit) -> int:
    """Where a sequence starts: chosen by scores and by how many were audited, never by an answer."""
    if limit.basis == "class":
        return 0
    wanted = needed(limit.risk, limit.doubt, SPARE)
    return next((index for index, share in enumerate(cover) if share * audits >= wanted), len(cover) - 1)


def _missing(steps: Sequence[Step], audits: int, limit: Limit, first: int) -> int | None:
    """How many more audits the nearest mark needs if nothing more is found wrong; one before the start of the sequence needs as many
    as make it the start, too."""
    found = []
    for index, step in enumerate(steps):
        share = step.coverage if limit.basis == "decided" else step.of / audits if audits else 0.0
        if share > 0:
            more = needed(limit.risk, limit.doubt, step.wrong) - step.of
            start = needed(limit.risk, limit.doubt, SPARE) - share * audits if index < first else 0.0
            found.append(ceil(max(1, more, start) / share))
    return min(found) if found else None


def tail(wrong: int, of: int, risk: float) -> float:
    """The exact chance of `wrong` or fewer of `of` were the error as large as the risk. Beyond the median it is said to be 1."""
    if of <= 0 or wrong > risk * of:
        return 1.0
    return at_most(wrong, of, risk)


def upper_bound(wrong: int, of: int, doubt: float) -> float:
    """Clopper and Pearson, one-sided: the error is larger with a chance of at most `doubt`."""
    return clopper_pearson(wrong, of, 1 - 2 * doubt)[1]


def lower_bound(wrong: int, of: int, doubt: float) -> float:
    return clopper_pearson(wrong, of, 1 - 2 * doubt)[0]


@lru_cache(maxsize=4096)
def needed(risk: float, doubt: float, wrong: int = 0) -> int:
    """The fewest audits among which `wrong` wrong ones still prove the risk."""
    low, high = wrong, max(1, wrong)
    while at_most(wrong, high, risk) > doubt:
        low, high = high, high * 2
        if high > MOST:
            raise ValueError(f"a risk of {risk} takes more than {MOST:,} audits")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at_most(wrong, middle, risk) <= doubt else (middle, high)
    return high


SPENT = 0.8


def confidence_of_look(confidence: float, look: int) -> float:
    """Who looks again and again until it passes breaks the promise. So the first look spends four fifths of the doubt, the next four
    fifths of what is left, and so on: all looks together keep within it."""
    return 1 - (1 - confidence) * SPENT * (1 - SPENT) ** (look - 1)


def floor(base: float, risk: float) -> float:
    """The share that must stay with people when deciding everything would be wrong in `base` of all cases: even if all that is left
    to them were wrong, the rest could not be better than the risk otherwise."""
    return max(0.0, (base - risk) / (1 - risk))
