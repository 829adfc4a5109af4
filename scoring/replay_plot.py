"""Pictures of a replay: how fast it learns, and what it would have decided without a person. Each one SVG file, with its figures in
words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from scoring.training.replay_told import ENOUGH, Line, full_precision, points, summary

WIDTH, HEIGHT = 900, 460
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 56, 56
INK, FAINT, RULE = "#1c1d21", "#63656d", "#e0ddd6"
CHOSEN, CHANCE, FULL = ("#2b54c4", ""), ("#663db3", "2 3"), ("#0a666b", "10 4")
Curve = Sequence[tuple[float, float]]


def plot_learning(lines: Sequence[Line], title: str) -> str:
    """Average precision on the later items against labels used."""
    chosen, by_chance, full = points(lines), points(lines, "random") if "random" in lines[-1] else [], full_precision(lines)
    most = max((labels for labels, _ in [*chosen, *by_chance]), default=1)
    least = min((value for _, value in [*chosen, *by_chance]), default=0.0)
    low = max(0.0, min(least, (full or 1.0) * ENOUGH) - 0.05)
    named: list[tuple[str, Curve, tuple[str, str]]] = [("chosen", chosen, CHOSEN)]
    if by_chance:
        named.append(("by chance", by_chance, CHANCE))
    if full is not None:
        named.append(("every label", [(0, full), (most, full)], FULL))
        named.append((f"{ENOUGH:.0%} of that", [(0, ENOUGH * full), (most, ENOUGH * full)], (FAINT, "6 4")))
    told = summary(lines)
    words = f"{told['labels']:,} labels give {told['ap']}; every label gives {full}" if told["ap"] is not None else "nothing was learnt"
    return _plot(named, title, words, x=(0, most, "labels"), y=(low, 1.0), wide=0)


def plot_automation(lines: Sequence[Line], title: str) -> str:
    """Of each round's arrivals, the share decided without a person, the share that people looked at, and how much was wrong."""
    automated = [(line["arrived"], line["automated"] / line["of"]) for line in lines]
    wrong = [(line["arrived"], line["wrong"] / line["of"]) for line in lines]
    seen = [(line["arrived"], line["coverage"]) for line in lines]
    last = summary(lines)
    words = f"{last['automated']:,} of {last['arrived']:,} decided without a person, {last['wrong']:,} of them wrong"
    named = [("automated", automated, CHOSEN), ("seen by people", seen, CHANCE), ("wrong", wrong, ("#a3261f", "6 4"))]
    return _plot(named, title, words, x=(0, lines[-1]["arrived"], "items"), y=(0.0, 1.0), wide=1)


def _plot(
    named: Sequence[tuple[str, Curve, tuple[str, str]]], title: str, words: str, *, x: tuple[float, float, str], y: tuple[float, float],
    wide: int,
) -> str:  # fmt: skip
    """`y` is a share of 1; it is written in hundredths when `wide`."""

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - x[0]) / ((x[1] - x[0]) or 1)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - y[0]) / ((y[1] - y[0]) or 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="28" font-size="16" fill="{INK}">{escape(title)}</text>',
    ]
    for i in range(6):
        value = y[0] + (y[1] - y[0]) * i / 5
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(value):.1f}" y2="{up(value):.1f}" stroke="{RULE}"/>')
        text = f"{value:.0%}" if wide else f"{value:.2f}"
        parts.append(f'<text x="{LEFT - 8}" y="{up(value) + 4:.1f}" text-anchor="end" fill="{FAINT}">{text}</text>')
        at = x[0] + (x[1] - x[0]) * i / 5
        parts.append(f'<text x="{across(at):.1f}" y="{HEIGHT - 32}" text-anchor="middle" fill="{FAINT}">{at:,.0f}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle" fill="{FAINT}">{escape(x[2])}</text>')
    for _, curve, (colour, dashes) in named:
        line = " ".join(f"{across(a):.1f},{up(b):.1f}" for a, b in curve)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>')
    parts += _names(named, up)
    return "\n".join([*parts, "</svg>\n"])


def _names(named: Sequence[tuple[str, Curve, tuple[str, str]]], up: Any) -> list[str]:
    """At the end of each line, pushed apart so that no two cover each other."""
    rows, before = [], -1e9
    for name, curve, (colour, _) in sorted((one for one in named if one[1]), key=lambda one: -one[1][-1][1]):
        before = max(up(curve[-1][1]) + 4, before + 18)
        rows.append(f'<text x="{WIDTH - RIGHT + 10}" y="{before:.1f}" fill="{colour}">{escape(name)}: {curve[-1][1]:.3f}</text>')
    return rows
