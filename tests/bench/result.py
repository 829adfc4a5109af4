"""A measured pair, and a table of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Seconds for one round of each way, pair by pair; `units` done in a round."""

    what: str
    naive_name: str
    units: int
    ours: Sequence[float]
    naive: Sequence[float]
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        return [n / o for n, o in zip(self.naive, self.ours, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Something measured that is no speed: how often it is right, how much it saves. Each value with its unit or range, as text."""

    what: str
    ours: str
    beside_name: str = ""  # the naive way or the peer, measured in the same run
    beside: str = ""
    note: str = ""


def pairs(ours: Callable[[], object], naive: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Time the two in turn, after one uncounted round of each."""
    ours(), naive()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for way, kept in ((ours, times[0]), (naive, times[1])):
            started = perf_counter()
            way()
            kept.append(perf_counter() - started)
    return times


def cells(result: Result | Figure) -> list[str]:
    """what, ours, beside, ratio, note: as the table of a run and the README show them."""
    if isinstance(result, Figure):
        return [result.what, result.ours, f"{result.beside_name}: {result.beside}" if result.beside else "", "", result.note]
    ours, naive = (_pace(result.units, median(times)) for times in (result.ours, result.naive))
    spread = f"{median(result.ratios):.1f}x ({min(result.ratios):.1f} to {max(result.ratios):.1f})"
    return [result.what, ours, f"{result.naive_name}: {naive}", spread, result.note]


def _pace(units: int, seconds: float) -> str:
    """A rate where many are done in a second, else how long one takes."""
    rate = units / seconds
    if rate >= 100:
        return f"{rate:,.0f} a second"
    took = seconds / units
    return f"{took:.1f} s" if took >= 10 else f"{1000 * took:,.0f} ms" if took >= 0.1 else f"{1000 * took:.1f} ms"


def table(rows: Sequence[Sequence[str]]) -> str:
    head = ["| what | ours | beside | ratio (median, least to most) | note |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])
