"""Charts of a backtest as SVG numbers: no script draws them, and each stands beside its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_date

WIDTH, HEIGHT, FOOT = 640.0, 150.0, 124.0
TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadChart:
    """Cases a day: as it was, and as it would have been."""

    was: str
    would: str
    area: str
    ticks: Sequence[Tick]
    most: int


def load_chart(days: Sequence[Mapping[str, Any]]) -> LoadChart | None:
    """None for fewer than two days: a line needs them."""
    if len(days) < 2:
        return None
    most = max(1, *(max(row["review_was"], row["review_would"]) for row in days))

    def x(i: int) -> float:
        return WIDTH * i / (len(days) - 1)

    def points(name: str) -> str:
        return " ".join(f"{x(i):.1f},{FOOT - (FOOT - 8) * row[name] / most:.1f}" for i, row in enumerate(days))

    step = max(1, (len(days) - 1) // (TICKS - 1))
    ticks = [
        Tick(at=f"{x(i):.1f}", text=_day(days[i]["day"]), anchor="start" if i == 0 else "end" if x(i) > WIDTH - 40 else "middle")
        for i in range(0, len(days), step)
    ]
    would = points("review_would")
    return LoadChart(was=points("review_was"), would=would, area=f"0,{FOOT} {would} {WIDTH},{FOOT}", ticks=ticks, most=most)


def _day(text: str) -> str:
    found = parse_date(text)
    return f"{found.day} {found:%b}" if found else text


def range_marks(proof: Mapping[str, Any], *, width: float = 130.0) -> dict[str, str] | None:
    """Places of a dot and its range on a line of `width` units that stands for 0 to 1; None where nothing is known."""
    if proof.get("share") is None:
        return None

    def at(value: float) -> str:
        return f"{6 + (width - 12) * min(1.0, max(0.0, value)):.1f}"

    return {"low": at(proof["low"]), "dot": at(proof["share"]), "high": at(proof["high"])}
