"""Parts of a band that people decide all the same: what is proven of the whole does not hold there. Live and in a backtest alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.policy import Threshold

LANGUAGE, SOURCE = "language", "source"


@dataclass(frozen=True, slots=True)
class Held:
    """One side of one label's band, in one language or of one source."""

    model: str
    label: str
    side: str  # allow | enforce
    cut: str  # language | source
    name: str


def marks_here(
    marks: Mapping[str, Threshold], held: Sequence[Held], *, model: str | None, source: str, language: str
) -> Mapping[str, Threshold]:
    """`marks` by label, without the sides that people decide for this language or source; the very same where nothing is held.
    Without `model`, what is held of any."""
    here = {LANGUAGE: language, SOURCE: source}
    gone = {(one.label, one.side) for one in held if model in (None, one.model) and here[one.cut] == one.name}
    if not any(label in marks for label, _ in gone):
        return marks
    return {
        label: Threshold(
            label=label, allow=None if (label, "allow") in gone else mark.allow,
            enforce=None if (label, "enforce") in gone else mark.enforce,
        )
        for label, mark in marks.items()
    }  # fmt: skip
