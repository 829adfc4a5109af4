"""Random audits: who is drawn with which chance, and what the answers say of everything that was not drawn. No numpy: pages use it.

Each decision has a chance known beforehand. Half of it is the same for all, so that every decision has one and errors that nobody
expects are found too; the other half grows with how doubtful the decision is (a defensive mixture: Hesterberg 1995, Technometrics 37).
Totals are those of Horvitz and Thompson (1952), shares those of Hajek (1971), with the variance of a Poisson draw (Sarndal, Swensson,
Wretman 1992, 3.5 and 5.7). Intervals are Wilson's at the effective number of audits, as Korn and Graubard (1998) do with Clopper and
Pearson's: the normal interval has no width where nothing was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import sqrt

from scoring.binomial import Z95, clopper_pearson

EVEN = 0.5  # of a rate: the same for every decision
_End = Callable[["Estimate"], float]


def luck(seed: str, key: str) -> float:
    """Between 0 and 1, the same whenever it is asked. Who does not have the seed cannot foresee it."""
    return int.from_bytes(blake2b(f"{seed}:{key}".encode(), digest_size=7).digest()) / 2**56


def probability(rate: float, doubt: float, usual: float, least: float = 0.0) -> float:
    """The chance of a decision whose doubt is `doubt` where it is `usual` on average; the average chance is then `rate`."""
    more = rate * (1 - EVEN) * (doubt / usual if usual > 0 else 1.0)
    return min(1.0, max(rate * EVEN + more, least))


def decile(score: float) -> int:
    return min(9, max(0, int(score * 10)))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn decision that was answered: `value` is 1 where it has what is asked for, `chance` that with which it was drawn."""

    value: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share (or, times a number, a total) with its 95 % interval; `audits` it rests on."""

    value: float
    low: float
    high: float
    audits: int

    def times(self, number: float) -> Estimate:
        return Estimate(value=self.value * number, low=self.low * number, high=self.high * number, audits=self.audits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of answers that are so, or are not: all that a share needs, so that a database may add them up. `c` is the chance of each."""

    audits: int = 0
    size: float = 0.0  # 1 / c
    squares: float = 0.0  # 1 / c^2
    left: float = 0.0  # (1 - c) / c
    spread: float = 0.0  # (1 - c) / c^2

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            audits=self.audits + other.audits, size=self.size + other.size, squares=self.squares + other.squares,
            left=self.left + other.left, spread=self.spread + other.spread,
        )  # fmt: skip


def total(drawn: Iterable[Drawn]) -> float:
    """Horvitz and Thompson: each answer stands for 1 / its chance decisions. Unbiased, whatever the chances."""
    return sum(one.value / one.chance for one in drawn)


def sums(drawn: Iterable[Drawn]) -> Sums:
    chances = [one.chance for one in drawn]
    return Sums(
        audits=len(chances), size=sum(1 / c for c in chances), squares=sum(1 / c**2 for c in chances),
        left=sum((1 - c) / c for c in chances), spread=sum((1 - c) / c**2 for c in chances),
    )  # fmt: skip


def share(drawn: Sequence[Drawn], *, z: float = Z95) -> Estimate | None:
    """Hajek: the share of the decisions that have it. None without an audit."""
    return share_of(sums(one for one in drawn if one.value), sums(one for one in drawn if not one.value), z=z)


def share_of(hits: Sums, others: Sums, *, z: float = Z95) -> Estimate | None:
    """The same of what was added up elsewhere."""
    every = hits + others
    if not every.audits:
        return None
    size = every.size
    value = min(1.0, hits.size / size)
    spread = (hits.spread * (1 - value) ** 2 + others.spread * value**2) / size**2
    even = size**2 / every.squares  # Kish: audits of one chance that would be worth as much
    plain = value * (1 - value)
    # What is left of the decisions counts only while not all of them were drawn.
    left = every.left / size
    enough = even / left if left > 0 else float("inf")
    worth = min(enough, plain / spread) if spread > 0 else enough
    low, high = _wilson(value, worth, z)
    return Estimate(value=value, low=low, high=high, audits=every.audits)


def _wilson(value: float, of: float, z: float) -> tuple[float, float]:
    if of == float("inf"):
        return value, value
    middle = value + z * z / (2 * of)
    half = z * sqrt(value * (1 - value) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditors:
    """How often who audits is right: of what breaks a rule, and of what keeps them all; and from how many answers each is known."""

    catches: float
    clears: float
    breaking: float
    keeping: float

    def confirmed(self) -> Auditors:
        """Where what somebody found counts only until another, who saw nothing of it, says otherwise: a false alarm takes two who err, and
        a true find two who see it. Both are taken for as good as the others, and to err apart from each other; where they share a blind
        spot more is caught of what one catches, and less is known of what none does."""
        catches = self.catches**2
        # So many answers of one alone would leave as much doubt as the square has.
        known = self.breaking * min(1.0, (1 + self.catches) / (4 * self.catches)) if self.catches else self.breaking
        return replace(self, clears=1 - (1 - self.clears) ** 2, catches=catches, breaking=known)

    def turned(self) -> Auditors:
        """The same people where what is looked for is harmless."""
        return Auditors(catches=self.clears, clears=self.catches, breaking=self.keeping, keeping=self.breaking)

    def surely(self, doubt: float) -> Auditors:
        """The lower ends of both rates, each missed with a chance of `doubt` (Clopper and Pearson, one-sided): for a bound that must not
        rest on how lucky a few known answers were."""
        ends = [
            clopper_pearson(round(rate * of), round(of), 1 - 2 * doubt)[0]
            for rate, of in ((self.catches, self.breaking), (self.clears, self.keeping))
        ]
        return replace(self, catches=ends[0], clears=ends[1])


def corrected(found: Estimate, who: Auditors, *, z: float = Z95) -> Estimate:
    """The share of what truly breaks a rule, from what auditors said (Rogan and Gladen 1978, American Journal of Epidemiology 107),
    with the interval of Lang and Reiczigel (2014), Preventive Veterinary Medicine 113: two imagined right or wrong answers are added to
    each of the two rates, and their own spread counts. Where auditors do no better than a coin nothing can be mended."""
    catches = (who.catches * who.breaking + 1) / (who.breaking + 2)
    clears = (who.clears * who.keeping + 1) / (who.keeping + 2)
    if who.catches + who.clears <= 1.05 or catches + clears <= 1:
        return found
    value = _inside((found.value + who.clears - 1) / (who.catches + who.clears - 1))
    power = catches + clears - 1
    half = (found.high - found.low) / (2 * z)
    middle = (found.high + found.low) / 2
    truth = _inside((middle + clears - 1) / power)
    spread = half**2
    spread += truth**2 * catches * (1 - catches) / (who.breaking + 2) + (1 - truth) ** 2 * clears * (1 - clears) / (who.keeping + 2)
    reach = z * sqrt(spread) / power
    centre = (middle + clears - 1) / power
    return Estimate(value=value, low=min(value, _inside(centre - reach)), high=max(value, _inside(centre + reach)), audits=found.audits)


def _inside(value: float) -> float:
    return min(1.0, max(0.0, value))


def part_of(caught: Sequence[Estimate], missed: Sequence[Estimate]) -> Estimate | None:
    """What was caught, of all there was: totals with intervals; each end takes the worse end of all of them."""
    ends = [_ratio(sum(pick(one) for one in caught), sum(other(one) for one in missed)) for pick, other in _ENDS]
    if any(end is None for end in ends):
        return None
    value, low, high = (end or 0.0 for end in ends)
    return Estimate(value=value, low=low, high=high, audits=sum(one.audits for one in (*caught, *missed)))


_ENDS: tuple[tuple[_End, _End], ...] = (
    (lambda one: one.value, lambda one: one.value),
    (lambda one: one.low, lambda one: one.high),
    (lambda one: one.high, lambda one: one.low),
)


def _ratio(top: float, rest: float) -> float | None:
    return top / (top + rest) if top + rest > 0 else None


def evenly(luck: float, least: float) -> bool:
    """Would it have been drawn too, were every chance as small as the smallest? Those that would are a sample in which each decision
    was as likely as any other, whatever made some likelier in the draw."""
    return luck < least
