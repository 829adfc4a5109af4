"""A picture of a queue replay: harm-minutes day by day under each order, as one SVG file with its figures in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

Scale = Callable[[float], float]
WIDTH, HEIGHT = 900, 460
LEFT, RIGHT, TOP, BOTTOM = 84, 176, 56, 52
STYLES = {  # colour and dashes: told apart without colour too
    "first come": ("#63656d", "6 4"), "risk": ("#663db3", "2 3"), "value": ("#2b54c4", ""), "oracle": ("#0a666b", "10 4"),
}  # fmt: skip


def plot_harm(by_hour: Mapping[str, Sequence[float]], title: str) -> str:
    """Cumulative harm-minutes over the hours of arrival, on a logarithmic scale. `by_hour` maps an order to sums by hour."""
    curves = {name: _running(hours) for name, hours in by_hour.items()}
    top = max((curve[-1] for curve in curves.values() if curve), default=0.0) or 1.0
    low = max(min((next((v for v in curve if v > 0), top) for curve in curves.values()), default=1.0), top / 1e5)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(top))
    span, hours = max(1, last - first), max((len(curve) for curve in curves.values()), default=1)

    def x(hour: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * hour / hours

    def y(value: float) -> float:
        share = (math.log10(max(value, 10.0**first)) - first) / span
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, share)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title><desc>{escape(_in_words(curves))}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/><text x="{LEFT}" y="28" font-size="16">{escape(title)}</text>',
    ]
    for power in range(first, last + 1):
        at = y(10.0**power)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#e0ddd6"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#63656d">{10.0**power:,.0f}</text>')
    for day in range(0, hours // 24 + 1):
        parts.append(f'<text x="{x(day * 24):.1f}" y="{HEIGHT - 24}" text-anchor="middle" fill="#63656d">day {day}</text>')
    parts += [_line(name, curve, x, y) for name, curve in curves.items()]
    parts += _names(curves, y)
    return "\n".join([*parts, "</svg>\n"])


def _running(hours: Sequence[float]) -> list[float]:
    total, curve = 0.0, []
    for value in hours:
        total += value
        curve.append(total)
    return curve


def _line(name: str, curve: Sequence[float], x: Scale, y: Scale) -> str:
    colour, dashes = STYLES.get(name, ("#1c1d21", ""))
    points = " ".join(f"{x(hour + 1):.1f},{y(value):.1f}" for hour, value in enumerate(curve) if value > 0)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'


def _names(curves: Mapping[str, Sequence[float]], y: Scale) -> list[str]:
    """At the end of each line, pushed apart so that no two cover each other."""
    rows, before = [], -math.inf
    for name, curve in sorted(curves.items(), key=lambda pair: -pair[1][-1] if pair[1] else 0.0):
        at = max(y(curve[-1]) + 4, before + 18) if curve else TOP
        before = at
        text = f"{name}: {curve[-1]:,.0f}" if curve else name
        rows.append(f'<text x="{WIDTH - RIGHT + 10}" y="{at:.1f}" fill="{STYLES.get(name, ("#1c1d21", ""))[0]}">{escape(text)}</text>')
    return rows


def _in_words(curves: Mapping[str, Sequence[float]]) -> str:
    return "; ".join(f"{name}: {curve[-1]:,.0f} harm-minutes in all" for name, curve in curves.items() if curve)
