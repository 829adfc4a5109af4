"""Charts of a replay as SVG numbers: no script draws them, and each stands beside its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scoring.training.replay_told import ENOUGH, full_precision, points

WIDTH, FOOT, TOP = 640.0, 154.0, 10.0
STEP = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningChart:
    chosen: str
    by_chance: str
    full: str  # the height of its line; "" where it is not known
    enough: str
    across: Sequence[Tick]
    up: Sequence[Tick]


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationChart:
    automated: str
    area: str
    seen: str
    wrong: str
    across: Sequence[Tick]


def learning_chart(lines: Sequence[dict[str, Any]]) -> LearningChart | None:
    """None while fewer than two rounds could be measured."""
    chosen = points(lines)
    by_chance = points(lines, "random") if lines and "random" in lines[-1] else []
    full = full_precision(lines)
    if len(chosen) < 2:
        return None
    most = max(labels for labels, _ in [*chosen, *by_chance])
    heights = [value for _, value in [*chosen, *by_chance]] + ([full, ENOUGH * full] if full else [])
    low, high = _around(min(heights), max(heights))

    def x(labels: float) -> float:
        return WIDTH * labels / most

    def y(value: float) -> float:
        return FOOT - (FOOT - TOP) * (value - low) / (high - low)

    def line(curve: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{x(labels):.1f},{y(value):.1f}" for labels, value in curve)

    return LearningChart(
        chosen=line(chosen), by_chance=line(by_chance), full=f"{y(full):.1f}" if full else "",
        enough=f"{y(ENOUGH * full):.1f}" if full else "", across=_ticks([labels for labels, _ in chosen], x),
        up=[Tick(at=f"{y(value):.1f}", text=f"{value:.2f}") for value in (low, (low + high) / 2, high)],
    )  # fmt: skip


def automation_chart(lines: Sequence[dict[str, Any]]) -> AutomationChart | None:
    if len(lines) < 2:
        return None
    most: int = lines[-1]["arrived"]

    def x(arrived: float) -> float:
        return WIDTH * arrived / most

    def line(shares: Sequence[float]) -> str:
        return " ".join(f"{x(row['arrived']):.1f},{FOOT - (FOOT - TOP) * share:.1f}" for row, share in zip(lines, shares, strict=True))

    automated = line([row["automated"] / row["of"] for row in lines])
    first = x(lines[0]["arrived"])
    return AutomationChart(
        automated=automated, area=f"{first:.1f},{FOOT} {automated} {WIDTH},{FOOT}", seen=line([row["coverage"] for row in lines]),
        wrong=line([row["wrong"] / row["of"] for row in lines]), across=_ticks([row["arrived"] for row in lines], x),
    )  # fmt: skip


def _around(least: float, most: float) -> tuple[float, float]:
    """Round ends that leave some room."""
    low, high = max(0.0, (least - STEP) // STEP * STEP), min(1.0, (most + STEP) // STEP * STEP + STEP)
    return (low, high) if high - low >= 2 * STEP else (max(0.0, high - 2 * STEP), high)


def _ticks(values: Sequence[int], x: Any) -> list[Tick]:
    step = max(1, len(values) // 5)
    kept = [value for i, value in enumerate(values) if i % step == 0 or i == len(values) - 1]
    if len(kept) > 1 and x(kept[-1]) - x(kept[-2]) < 60:
        del kept[-2]
    return [Tick(at=f"{x(v):.1f}", text=f"{v:,}", anchor="end" if x(v) > WIDTH - 40 else "start" if x(v) < 20 else "middle") for v in kept]
