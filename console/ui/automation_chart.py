"""Error against share decided alone, as SVG numbers; and the words that go with marks and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.certify import Proof, Step

LEFT, RIGHT, TOP, BASE = 52.0, 748.0, 16.0, 250.0
TIMES = 4.0  # the limit stands at a quarter of the height


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mark for the table beside the chart."""

    mark: str
    share: str
    wrong: int
    of: int
    measured: float
    upper: float
    certified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    measured: str
    upper: str
    area: str
    ticks: Sequence[tuple[str, str]]  # y, text
    limit_y: str
    limit_x: str
    limit_anchor: str
    floor_x: str  # no mark may decide more than this; empty where anything may be
    floor_width: str
    floor_words: bool  # there is room to say what it is
    chosen_x: str
    chosen_y: str
    chosen_width: str
    chosen_words: str
    words_x: str
    words_anchor: str
    rows: Sequence[Row]


def chart_of(proof: Proof, *, chosen: float | None, risk: float) -> Chart | None:
    """`chosen` is the mark in force, or the one that could be. None while no audit lies in any band."""
    steps = _distinct([step for step in proof.steps if step.of and step.coverage > 0])
    if not steps:
        return None
    top = risk * TIMES
    line = [(_x(step.coverage), _y(step.measured or 0.0, top)) for step in steps]
    over = [(_x(step.coverage), _y(step.upper, top)) for step in steps]
    at = next((step for step in steps if step.threshold == chosen), None)
    x = _x(at.coverage) if at else LEFT
    late = x > (LEFT + RIGHT) / 2
    return Chart(
        measured=_points(line), upper=_points(over), area=_points([*over, *reversed(line)]),
        ticks=[(f"{_y(top * i / 4, top):.1f}", f"{100 * top * i / 4:g} %") for i in range(5)], limit_y=f"{_y(risk, top):.1f}",
        limit_x="60" if steps[-1].coverage > 0.5 else "740", limit_anchor="start" if steps[-1].coverage > 0.5 else "end",
        floor_x=f"{_x(1 - proof.floor):.1f}" if proof.floor > 0.005 else "", floor_width=f"{RIGHT - _x(1 - proof.floor):.1f}",
        floor_words=proof.floor > 0.13,
        chosen_x=f"{x:.1f}" if at else "",
        chosen_y=f"{_y(at.upper, top):.1f}" if at else "", chosen_width=f"{x - LEFT:.1f}",
        chosen_words=f"{in_hundred(at.coverage)} alone" if at else "", words_x=f"{x + (-9 if late else 9):.1f}",
        words_anchor="end" if late else "start", rows=[_row(step) for step in steps],
    )  # fmt: skip


def _distinct(steps: Sequence[Step]) -> list[Step]:
    """Marks between which nothing falls are one point: the widest, or the last that is certified."""
    found: dict[float, Step] = {}
    for step in steps:
        before = found.get(step.coverage)
        if before is None or step.certified or not before.certified:
            found[step.coverage] = step
    return sorted(found.values(), key=lambda step: step.coverage)


def _row(step: Step) -> Row:
    return Row(
        mark=mark_words(step.threshold), share=in_hundred(step.coverage), wrong=step.wrong, of=step.of, measured=step.measured or 0.0,
        upper=step.upper, certified=step.certified,
    )  # fmt: skip


def _x(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share))


def _y(value: float, top: float) -> float:
    return BASE - (BASE - TOP) * min(1.0, value / top)


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def in_hundred(share: float) -> str:
    """As "66 in 100"; what is there but rounds to nothing is "fewer than 1 in 100"."""
    count = round(100 * share)
    if count == 0 and share > 0:
        return "fewer than 1 in 100"
    return "more than 99 in 100" if count == 100 and share < 1 else f"{count} in 100"


def mark_words(mark: float) -> str:
    """As "below 1 in 20" and "above 19 in 20"."""
    if mark < 0.5:
        return f"below 1 in {max(2, round(1 / mark))}"
    most = max(2, round(1 / (1 - mark)))
    return f"above {most - 1} in {most}"
