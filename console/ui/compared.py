"""A comparison of two models as its page draws it: rows with an interval in SVG units, and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 180.0
MIDDLE = WIDTH / 2
TITLES: Mapping[str, tuple[str, bool]] = {  # name -> (title, higher is better)
    "recall_at_1pct_fpr": ("Harm found, at 1 in 100 false alarms", True),
    "ap": ("Average precision", True),
    "auroc": ("Puts a breaking item above a keeping one", True),
    "brier": ("Error of the chances (Brier)", False),
    "log_loss": ("Surprise at what was true (log loss)", False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Values are points of 100. `low`, `high` and `dot` are x positions; right of the middle the challenger is better."""

    title: str
    champion: str
    challenger: str
    range_words: str
    low: str = ""
    high: str = ""
    dot: str = ""
    word: str = "Same"
    tone: str = "faint"


def compared_rows(comparison: Mapping[str, Any]) -> list[Compared]:
    """Of the risk as a whole, in the order of TITLES; what the test could not measure has no interval."""
    found = comparison.get("metrics") or {}
    rows = [(title, found[name], higher) for name, (title, higher) in TITLES.items() if name in found]
    return _drawn(rows)


def label_rows(comparison: Mapping[str, Any]) -> list[Compared]:
    """Average precision of each label."""
    return _drawn([(name.replace("_", " ").capitalize(), row, True) for name, row in (comparison.get("labels") or {}).items()])


def _drawn(rows: Sequence[tuple[str, Mapping[str, Any], bool]]) -> list[Compared]:
    """All intervals on one scale, so that rows can be compared by eye."""
    ends = [abs(float(row[end])) for _, row, _ in rows for end in ("low", "high") if row.get(end) is not None]
    scale = (MIDDLE - 8) / max([*ends, 0.01])
    return [_row(title, row, higher, scale) for title, row, higher in rows]


def _row(title: str, row: Mapping[str, Any], higher: bool, scale: float) -> Compared:
    values = {"title": title, "champion": _points(row.get("champion")), "challenger": _points(row.get("challenger"))}
    if row.get("difference") is None or row.get("low") is None or row.get("high") is None:
        return Compared(**values, range_words="", word="Not enough data")
    sign = 1.0 if higher else -1.0
    low, high = sorted(sign * float(row[end]) for end in ("low", "high"))
    gain = sign * float(row["difference"])
    word, tone = ("Better", "good") if row.get("better") else ("Worse", "bad") if row.get("worse") else ("Same", "faint")
    return Compared(
        **values, range_words=f"{_signed(gain)} ({_signed(low)} to {_signed(high)})", low=f"{MIDDLE + low * scale:.1f}",
        high=f"{MIDDLE + high * scale:.1f}", dot=f"{min(WIDTH, max(0.0, MIDDLE + gain * scale)):.1f}", word=word, tone=tone,
    )  # fmt: skip


def _points(value: Any) -> str:
    return "—" if value is None else f"{100 * float(value):.1f}"


def _signed(value: float) -> str:
    text = f"{abs(100 * value):.1f}"
    return text if text == "0.0" else f"{'−' if value < 0 else '+'}{text}"
