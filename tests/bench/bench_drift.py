"""How seldom drift is called where nothing changed, and how often where something did, beside fixed marks that know nothing of n.

`python -m tests.bench drift`. Eight things are watched at once; the reference has 1,000 items. Arithmetic, so no round is timed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from scoring.binomial import clopper_pearson
from scoring.drift import Shift, Value, compare_numbers, compare_shares, holm, level_of
from tests.bench.result import Figure, Result

WINDOWS = 150
REFERENCE = 1000
SIZES = (200, 500, 1000)
LANGUAGES = ["en"] * 80 + ["de"] * 15 + ["tr"] * 4 + ["is"]
MARKS = (0.1, 0.25)  # of the trade: some change, much change


def run(rounds: int) -> list[Result | Figure]:
    rng = random.Random(rounds)
    figures: list[Result | Figure] = []
    for n in SIZES:
        found = [_window(rng, n, moved=False) for _ in range(WINDOWS)]
        figures.append(_figure(f"an unchanged day of {n:,} items is called moved", found))
    for n in SIZES:
        found = [_window(rng, n, moved=True) for _ in range(WINDOWS)]
        figures.append(_figure(f"a day of {n:,} whose scores moved by half their spread is called moved", found))
    return figures


def _figure(what: str, found: list[tuple[bool, bool, bool]]) -> Figure:
    ours, some, much = (_share([row[i] for row in found]) for i in range(3))
    return Figure(what=what, ours=ours, beside_name="PSI above .1", beside=f"{some}; above .25: {much}", note=f"{len(found)} days")


def _share(hits: list[bool]) -> str:
    low, high = clopper_pearson(sum(hits), len(hits))
    return f"{100 * sum(hits) / len(hits):.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _window(rng: random.Random, n: int, *, moved: bool) -> tuple[bool, bool, bool]:
    """(ours, PSI above the first mark, above the second), for anything of eight."""
    shifts: list[Shift] = []
    for draw in (_risk, _count, _some, _long, _wide, _plain):
        before, now = ([draw(rng) for _ in range(size)] for size in (REFERENCE, n))
        if moved and draw is _risk:
            now = [None if value is None else value + 0.055 for value in now]
        shifts.append(compare_numbers(before, now))
    for names in (LANGUAGES, ["shop", "app", "web"]):
        shifts.append(compare_shares(*(Counter(rng.choices(names, k=size)) for size in (REFERENCE, n))))
    sure = holm([shift.p for shift in shifts])
    ours = any(level_of(shift.size, p) == "high" for shift, p in zip(shifts, sure, strict=True))
    return ours, *(any(shift.psi > mark for shift in shifts) for mark in MARKS)  # type: ignore[return-value]


Draw = Callable[[random.Random], Value]


def _risk(rng: random.Random) -> Value:
    return rng.betavariate(1, 7)


def _count(rng: random.Random) -> Value:
    return float(min(3, int(rng.expovariate(2))))


def _some(rng: random.Random) -> Value:
    return None if rng.random() < 0.3 else rng.gauss(0, 1)


def _long(rng: random.Random) -> Value:
    return rng.lognormvariate(4, 0.6)


def _wide(rng: random.Random) -> Value:
    return rng.lognormvariate(0, 3)


def _plain(rng: random.Random) -> Value:
    return rng.gauss(0, 1)
