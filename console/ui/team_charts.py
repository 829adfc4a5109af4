"""Charts of the team page as SVG numbers: no script draws them, and each stands beside its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from console.insights.flow_history import Ahead, Hour
from console.insights.team import Times, Trend

WIDTH, HEIGHT, FOOT = 640.0, 150.0, 124.0
WORD = 40.0  # of a day's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: str
    text: str
    last: bool = False  # too near the right edge to begin there


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowChart:
    """Lines of arrivals and closings, an area of what waited, and the range of what will wait."""

    waiting: str  # points of polygons and polylines
    arrived: str
    closed: str
    expected: str
    band: str
    now: str  # where the forecast begins
    ticks: Sequence[Tick]
    most_waiting: int
    most_hour: int


def spark(trend: Trend) -> str:
    """Points of a small line, 80 x 20; days without a figure are left out. Empty with fewer than two."""
    known = [(i, value) for i, (_, value) in enumerate(trend.days) if value is not None]
    if len(known) < 2:
        return ""
    values = [value for _, value in known]
    low, span = min(values), (max(values) - min(values)) or 1.0
    last = max(1, len(trend.days) - 1)
    return " ".join(f"{80 * i / last:.1f},{18 - 16 * (value - low) / span:.1f}" for i, value in known)


def flow_chart(hours: Sequence[Hour], ahead: Sequence[Ahead]) -> FlowChart:
    steps = len(hours) + len(ahead)
    most_waiting = max([row.waiting for row in hours] + [int(row.high) + 1 for row in ahead] + [1])
    most_hour = max([max(row.arrived, row.closed) for row in hours] + [1])

    def x(i: int) -> str:
        return f"{WIDTH * i / max(1, steps - 1):.1f}"

    def y(value: float, most: float) -> str:
        return f"{FOOT - (FOOT - 8) * max(0.0, value) / most:.1f}"

    end = len(hours) - 1
    area = [f"{x(i)},{y(row.waiting, most_waiting)}" for i, row in enumerate(hours)]
    later = [(end, float(hours[-1].waiting), float(hours[-1].waiting), float(hours[-1].waiting))] if hours and ahead else []
    later += [(end + i, row.waiting, row.low, row.high) for i, row in enumerate(ahead, 1)]
    band = [f"{x(i)},{y(high, most_waiting)}" for i, _, _, high in later]
    band += [f"{x(i)},{y(low, most_waiting)}" for i, _, low, _ in reversed(later)]
    return FlowChart(
        waiting=" ".join([f"0,{FOOT}", *area, f"{x(end)},{FOOT}"]) if hours else "",
        arrived=" ".join(f"{x(i)},{y(row.arrived, most_hour)}" for i, row in enumerate(hours)),
        closed=" ".join(f"{x(i)},{y(row.closed, most_hour)}" for i, row in enumerate(hours)),
        expected=" ".join(f"{x(i)},{y(mean, most_waiting)}" for i, mean, _, _ in later), band=" ".join(band), now=x(end),
        ticks=_ticks(hours, steps), most_waiting=most_waiting, most_hour=most_hour,
    )  # fmt: skip


def _ticks(hours: Sequence[Hour], steps: int) -> list[Tick]:
    """A day's name at each midnight, or hours where the span is a day."""
    short = len(hours) <= 24
    ticks: list[Tick] = []
    for i, row in enumerate(hours):
        local = timezone.localtime(row.at)
        if local.hour % 6 == 0 if short else local.hour == 0:
            at = WIDTH * i / max(1, steps - 1)
            last = at > WIDTH - WORD
            if last and ticks and at - float(ticks[-1].at) < 2.5 * WORD:  # it ends there, and the one before would run into it
                ticks.pop()
            ticks.append(Tick(at=f"{at:.1f}", text=f"{local:%H:%M}" if short else f"{local:%a} {local.day}", last=last))
    return ticks


def time_bars(times: Times) -> list[dict[str, Any]]:
    most = max([*times.bins, 1])
    return [
        {"x": f"{i * 20}", "y": f"{FOOT - 100 * n / most:.1f}", "height": f"{100 * n / most:.1f}", "count": n, "from": times.width * i}
        for i, n in enumerate(times.bins)
    ]


def interval_marks(low: float, middle: float, high: float, *, most: float, width: float = 200.0) -> dict[str, str]:
    """Places of a dot and its range on a line of `width` units that stands for 0 to `most`."""

    def at(value: float) -> str:
        return f"{6 + (width - 12) * min(1.0, max(0.0, value / most)):.1f}"

    return {"low": at(low), "middle": at(middle), "high": at(high)}
