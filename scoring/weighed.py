"""How often something is so among answers that were not all as likely to be asked for. No numpy: pages use it.

Each answer stands for 1 / its chance of all that came (D. Horvitz and D. Thompson, 1952); what is asked of everything stands for itself.
The share is Hajek's ratio of two such totals (J. Hajek, 1971). Its range is Wilson's at the effective number of answers: as many equally
likely ones as would say as much, the smaller of L. Kish's (1965) and of what the linearised variance of the ratio leaves, as E. Korn and
B. Graubard (1998, Survey Methodology 24) do with Clopper and Pearson's. Where all weights are alike this is the plain count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scoring.binomial import Z95, Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """`hits` of so many answers, with the sums of their weights and of the squares of those, which may be added and taken apart."""

    hits: int = 0
    of: int = 0
    hit_weight: float = 0.0
    weight: float = 0.0
    hit_squares: float = 0.0
    squares: float = 0.0

    def __sub__(self, part: Weighed) -> Weighed:
        """Without a part of it."""
        if self.of <= part.of:
            return Weighed()
        rest = self.hits > part.hits
        return Weighed(
            hits=self.hits - part.hits, of=self.of - part.of, weight=self.weight - part.weight, squares=self.squares - part.squares,
            hit_weight=self.hit_weight - part.hit_weight if rest else 0.0, hit_squares=self.hit_squares - part.hit_squares if rest else 0.0,
        )  # fmt: skip

    @property
    def share(self) -> float:
        """0 of nothing."""
        return min(1.0, max(0.0, self.hit_weight / self.weight)) if self.of else 0.0

    @property
    def worth(self) -> float:
        """The effective number of answers: never more than there are."""
        if not self.of:
            return 0.0
        share, even = self.share, min(float(self.of), self.weight**2 / self.squares)
        spread = (self.hit_squares * (1 - share) ** 2 + (self.squares - self.hit_squares) * share**2) / self.weight**2
        return min(even, share * (1 - share) / spread) if 0 < share < 1 and spread > 0 else even

    def range(self, z: float = Z95) -> Interval:
        return range_of(self.share, self.worth, z)


def weighed(answers: Iterable[tuple[bool, float]]) -> Weighed:
    """(whether it is so, what it stands for) of each."""
    hits = of = 0
    hit_weight = weight = hit_squares = squares = 0.0
    for hit, one in answers:
        of, weight, squares = of + 1, weight + one, squares + one * one
        if hit:
            hits, hit_weight, hit_squares = hits + 1, hit_weight + one, hit_squares + one * one
    return Weighed(hits=hits, of=of, hit_weight=hit_weight, weight=weight, hit_squares=hit_squares, squares=squares)


def alike(hits: int, of: int) -> Weighed:
    """Where each was as likely as any other."""
    return Weighed(hits=hits, of=of, hit_weight=hits, weight=of, hit_squares=hits, squares=of)


def range_of(share: float, worth: float, z: float = Z95) -> Interval:
    """Of a share that is worth so many answers; nothing known is 0 to 1."""
    return wilson(share * worth, worth, z)
