"""Drift as small pictures of one scale: what each thing was like at first, what it is like now, and how far it was each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.watch.selectors import Watched
from scoring.drift import HIGH, MISSING

WIDTH, TALL, LINE = 220.0, 52.0, 28.0  # of the bars and of the line
TITLES = {"risk": "Risk", "language": "Languages", "source": "Sources", "verdicts": "Verdicts given blind"}
CHANCES = ("risk", "label", "analyser")
WORDS = {"low": ("Same", "faint", "same"), "near": ("Moving", "warn", "differs"), "high": ("Moved", "warn", "caution")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    name: str
    before: float  # in 100
    now: float
    x: str
    width: str
    before_y: str
    before_height: str
    now_y: str
    now_height: str
    now_x: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    title: str
    word: str
    tone: str
    sign: str
    size: str  # PSI beyond chance
    ks: str
    n: int
    of: int
    alarmed: bool
    bars: Sequence[Bar]
    line: str  # points of the sizes; "" with fewer than two windows
    limit: str  # y of the limit beside that line
    dot: tuple[str, str]


def small_of(watched: Watched) -> Small:
    row = watched.newest
    word, tone, sign = WORDS[row.level]
    if row.alarmed:
        word, tone, sign = "Moved, for days", "bad", "caution"
    most = max([HIGH * 1.25, *watched.sizes])
    places = [f"{_x(i, len(watched.sizes))},{_y(size, most)}" for i, size in enumerate(watched.sizes)]
    return Small(
        title=title_of(watched.what), word=word, tone=tone, sign=sign, size=f"{watched.size:.2f}",
        ks="" if row.ks is None else f"{row.ks:.2f}", n=row.n, of=row.reference.n, alarmed=row.alarmed, bars=_bars(watched),
        line=" ".join(places) if len(places) > 1 else "",
        limit=_y(HIGH, most), dot=(_x(len(places) - 1, len(places)), _y(watched.size, most)),
    )  # fmt: skip


def title_of(what: str) -> str:
    sort, _, name = what.partition(":")
    words = name.replace("_", " ").capitalize() if name else TITLES.get(sort, sort.capitalize())
    return f"{words}, by the analyser" if sort == "analyser" else words


def _bars(watched: Watched) -> list[Bar]:
    rows = watched.newest.bars
    most = max([0.01, *(max(before, now) for _, before, now in rows)])
    step = WIDTH / max(4, len(rows))
    width = min(14.0, step * 0.38)
    chance = watched.what.partition(":")[0] in CHANCES and watched.what.partition(":")[0] != "analyser"
    found = []
    last = ""
    for i, (name, before, now) in enumerate(rows):
        heights = [TALL * share / most for share in (before, now)]
        x = step * i
        found.append(
            Bar(
                name=_bin(name, last, chance=chance), before=100 * before, now=100 * now, x=f"{x:.1f}", width=f"{width:.1f}",
                now_x=f"{x + width + 1:.1f}", before_y=f"{TALL - heights[0]:.1f}", before_height=f"{heights[0]:.1f}",
                now_y=f"{TALL - heights[1]:.1f}", now_height=f"{heights[1]:.1f}",
            )
        )  # fmt: skip
        last = name
    return found


def _bin(name: str, last: str, *, chance: bool) -> str:
    """The end of a bin in words; names of categories as they are."""
    if name == MISSING:
        return "Not there"
    if name == "more":
        return f"above {_figure(last, chance=chance)}" if last else "Any"
    return f"up to {_figure(name, chance=chance)}" if _is_number(name) else name.replace("_", " ").capitalize() if len(name) > 3 else name


def _figure(text: str, *, chance: bool) -> str:
    return f"{100 * float(text):.3g} in 100" if chance and _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _x(i: int, steps: int) -> str:
    return f"{WIDTH * i / max(1, steps - 1):.1f}" if steps > 1 else f"{WIDTH:.1f}"


def _y(size: float, most: float) -> str:
    return f"{LINE - 2 - (LINE - 4) * min(1.0, size / most):.1f}"
