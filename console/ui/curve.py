"""A CurveBlock as a drawing of 470 by 120: the share over time, and where the item stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.blocks import CurveBlock, CurvePoint

WIDTH, TOP, BASE = 470.0, 10.0, 96.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    x: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    line: str
    area: str  # up to where the item stands
    ticks: Sequence[Tick]
    x: str = ""
    y: str = ""
    words_x: str = ""
    words_y: str = ""
    words_anchor: str = "start"


def curve_of(block: CurveBlock) -> Curve:
    last = max((p.x for p in block.points), default=1.0) or 1.0
    line = "".join(f"{'L' if i else 'M'}{_x(p, last):.1f} {_y(p):.1f}" for i, p in enumerate(block.points))
    ticks = [Tick(x=f"{_x(p, last):.0f}", text=p.words, anchor=_anchor(_x(p, last))) for p in block.points if p.words]
    here = block.here
    if here is None:
        return Curve(line=line, area="", ticks=ticks)
    before = [p for p in block.points if p.x < here.x]
    shaded = "".join(f"{'L' if i else 'M'}{_x(p, last):.1f} {_y(p):.1f}" for i, p in enumerate([*before, here]))
    right = _x(here, last) > WIDTH * 0.6
    return Curve(
        line=line, area=f"{shaded}L{_x(here, last):.1f} {BASE}L0 {BASE}Z", ticks=ticks, x=f"{_x(here, last):.1f}", y=f"{_y(here):.1f}",
        words_x=f"{_x(here, last) + (-8 if right else 8):.0f}", words_y=f"{max(12.0, _y(here) - (24 if right else 8)):.0f}",
        words_anchor="end" if right else "start",
    )  # fmt: skip


def _x(point: CurvePoint, last: float) -> float:
    return WIDTH * min(point.x, last) / last


def _y(point: CurvePoint) -> float:
    return BASE - (BASE - TOP) * point.y


def _anchor(x: float) -> str:
    return "start" if x < 20 else "end" if x > WIDTH - 20 else "middle"
