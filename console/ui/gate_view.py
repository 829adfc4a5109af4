"""What the gates found of a version, as its page draws it: words, intervals on one scale for each gate, the plot of said and true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 150.0
MIDDLE = WIDTH / 2
SIDE, EDGE = 240.0, 28.0  # of the square plot, and of its margin for numbers
LOOKS: Mapping[str, tuple[str, str, str]] = {  # result -> (icon, tone, word)
    "passed": ("allow", "good", "Passed"), "refused": ("reject", "bad", "Refused"), "reported": ("info", "warn", "Below its mark"),
    "not_measured": ("clock", "faint", "Not measured"),
}  # fmt: skip
WORDS: Mapping[str, tuple[str, str, str]] = {
    "better": ("allow", "good", "Better"), "same": ("same", "faint", "Same"), "maybe": ("caution", "warn", "Perhaps worse"),
    "worse": ("reject", "bad", "Worse"), "few": ("info", "faint", "Too few"), "met": ("allow", "good", "Met"),
    "missed": ("flag", "warn", "Missed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    cells: Sequence[tuple[str, str]]  # (column, text)
    low: str = ""
    dot: str = ""
    high: str = ""
    range_words: str = ""
    icon: str = ""
    tone: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Tables with the same columns, one under the other; `title` is a heading within, where there are several."""

    columns: Sequence[str]
    groups: Sequence[tuple[str, Sequence[Line]]]
    note: str
    compared: bool
    worded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One gate."""

    name: str
    title: str
    sentence: str
    measures: str
    limit: str
    result: str
    icon: str
    tone: str
    word: str
    blocks: Sequence[Block]
    plot: Sequence[Mapping[str, str]]
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    headline: str
    passed: bool
    n: int
    gates: Sequence[Shown]
    seconds: float

    @property
    def count(self) -> str:
        """ "9 of 11": passed, of those that were measured."""
        measured = [g for g in self.gates if g.result != "not_measured"]
        return f"{sum(g.result == 'passed' for g in measured)} of {len(measured)}"

    @property
    def below(self) -> int:
        return sum(g.result == "reported" for g in self.gates)

    @property
    def unmeasured(self) -> Sequence[Shown]:
        return [g for g in self.gates if g.result == "not_measured"]

    @property
    def told(self) -> Sequence[Shown]:
        return [g for g in self.gates if g.blocks]

    @property
    def refused(self) -> Sequence[Shown]:
        return [g for g in self.gates if g.result == "refused"]


def gate_view(comparison: Mapping[str, Any] | None) -> View | None:
    """None for a version that was registered before there were gates, or that came with the product."""
    report = (comparison or {}).get("report")
    if not report:
        return None
    return View(
        headline=report["headline"], passed=report["passed"], n=report.get("n", 0), gates=[_shown(g) for g in report["gates"]],
        seconds=report["seconds"],
    )  # fmt: skip


def _shown(gate: Mapping[str, Any]) -> Shown:
    icon, tone, word = LOOKS[gate["result"]]
    return Shown(
        name=gate["name"], title=gate["title"], sentence=gate["sentence"], measures=gate["measures"], limit=gate["limit"],
        result=gate["result"], icon=icon, tone=tone, word=word, blocks=_blocks(gate["tables"]), plot=_plot(gate["data"].get("bins") or ()),
        opened=gate["result"] == "refused" or any(r["word"] in ("worse", "maybe") for t in gate["tables"] for r in t["rows"]),
    )  # fmt: skip


def _blocks(tables: Sequence[Mapping[str, Any]]) -> list[Block]:
    scale = _scale(tables)
    blocks: list[list[Mapping[str, Any]]] = []
    for table in tables:
        if blocks and blocks[-1][0]["columns"] == table["columns"]:
            blocks[-1].append(table)
        else:
            blocks.append([table])
    return [_block(together, scale) for together in blocks]


def _scale(tables: Sequence[Mapping[str, Any]]) -> float:
    """SVG units a point. The widest interval fills the half, up to 40 points: what is wider ends at the edge."""
    ends: list[float] = [abs(end) for table in tables for row in table["rows"] if row["gap"] for end in (row["gap"][0], row["gap"][2])]
    return (MIDDLE - 6) / min(40.0, max([*ends, 1.0]))


def _block(tables: Sequence[Mapping[str, Any]], scale: float) -> Block:
    columns = tables[0]["columns"]
    rows = [row for table in tables for row in table["rows"]]
    return Block(
        columns=[c[:1].upper() + c[1:] for c in columns],
        groups=[(table["title"], [_line(row, columns, scale) for row in table["rows"]]) for table in tables],
        note=tables[0]["note"], compared=any(row["gap"] for row in rows), worded=any(row["word"] for row in rows),
    )  # fmt: skip


def _line(row: Mapping[str, Any], columns: Sequence[str], scale: float) -> Line:
    icon, tone, word = WORDS.get(row["word"], ("", "", ""))
    cells = [(c[:1].upper() + c[1:], text) for c, text in zip(columns, row["cells"], strict=True)]
    if not row["gap"]:
        return Line(name=row["name"], cells=cells, icon=icon, tone=tone, word=word)
    low, middle, high = (float(v) for v in row["gap"])
    places = [f"{min(WIDTH, max(0.0, MIDDLE + v * scale)):.1f}" for v in (low, middle, high)]
    return Line(
        name=row["name"], cells=cells, low=places[0], dot=places[1], high=places[2],
        range_words=f"{signed(middle)} ({signed(low)} to {signed(high)})", icon=icon, tone=tone, word=word,
    )  # fmt: skip


def signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else f"{'−' if value < 0 else '+'}{text}"


def _plot(bins: Sequence[Mapping[str, float]]) -> list[Mapping[str, str]]:
    """Of each bin its place, the ends of its range, and a radius that grows with its share of the items."""
    total = sum(b["n"] for b in bins) or 1.0

    def y(share: float) -> str:
        return f"{SIDE - share * SIDE:.1f}"

    return [
        {"x": f"{EDGE + b['said'] * SIDE:.1f}", "y": y(b["true"]), "low": y(b["low"]), "high": y(b["high"]),
         "r": f"{3 + 6 * (b['n'] / total) ** 0.5:.1f}"}
        for b in bins
    ]  # fmt: skip
