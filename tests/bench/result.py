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


def table(results: Sequence[Result]) -> str:
    lines = ["| what | ours, a second | naive way | naive, a second | ratio (median, least to most) | note |", "|---|---|---|---|---|---|"]
    for r in results:
        rate = [f"{r.units / median(times):,.0f}" for times in (r.ours, r.naive)]
        spread = f"{median(r.ratios):.1f}x ({min(r.ratios):.1f} to {max(r.ratios):.1f})"
        lines.append(f"| {r.what} | {rate[0]} | {r.naive_name} | {rate[1]} | {spread} | {r.note} |")
    return "\n".join(lines)
