"""Long texts as overlapping windows, so that a short attack in a long text is not averaged away."""

from __future__ import annotations

from dataclasses import dataclass

WINDOW, OVERLAP = 320, 80  # code points: about as long as the texts that models learn from
WHOLE = 400  # a text a little longer than a window stays whole


@dataclass(frozen=True, slots=True)
class Window:
    """`text` starts at code point `start` of the whole."""

    start: int
    text: str


def windows(text: str, size: int = WINDOW, overlap: int = OVERLAP, whole: int = WHOLE) -> list[Window]:
    """At least one; cut at white space where there is any in the last part of a window."""
    if len(text) <= whole:
        return [Window(0, text)]
    found, start = [], 0
    while True:
        end = min(len(text), start + size)
        if end < len(text):
            end = _last_space(text, start + size - overlap, end)
        found.append(Window(start, text[start:end]))
        if end >= len(text):
            return found
        start = _first_space(text, max(start + 1, end - overlap), end)


def _last_space(text: str, low: int, high: int) -> int:
    """The place after the last white space in [low, high); `high` when there is none."""
    return next((place for place in range(high, low, -1) if text[place - 1].isspace()), high)


def _first_space(text: str, low: int, high: int) -> int:
    """The place after the first white space in [low, high); `low` when there is none."""
    return next((place + 1 for place in range(low, high - 1) if text[place].isspace()), low)
