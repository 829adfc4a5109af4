"""Parts of a band that are not decided as the rest of it: people decide them, or a mark that is proven of them alone. Live and in a
backtest alike."""

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
    own: bool = False  # it has a limit of its own, so nothing but `mark` decides it, and that for `model` alone
    mark: float | None = None  # None: people decide

    def mark_for(self, model: str | None) -> float | None:
        return self.mark if model in (None, self.model) else None


def marks_here(
    marks: Mapping[str, Threshold], held: Sequence[Held], *, model: str | None, source: str, language: str
) -> Mapping[str, Threshold]:
    """`marks` by label, as they are for this language and source; the very same where nothing differs. Without `model`, as if any of
    the models had scored it, and of the labels of `marks` alone."""
    here = {LANGUAGE: language, SOURCE: source}
    found: dict[tuple[str, str], list[float | None]] = {}
    for one in held:
        if here[one.cut] == one.name and (one.own or model in (None, one.model)) and (model is not None or one.label in marks):
            found.setdefault((one.label, one.side), []).append(one.mark_for(model))
    if not found:
        return marks
    labels = dict.fromkeys([*marks, *(label for label, _ in found)])
    return {label: _mark(label, marks.get(label), found) for label in labels}


def _mark(label: str, usual: Threshold | None, found: Mapping[tuple[str, str], Sequence[float | None]]) -> Threshold:
    allow, enforce = (usual.allow, usual.enforce) if usual else (None, None)
    if (lows := found.get((label, "allow"))) is not None:
        allow = None if None in lows else min(low for low in lows if low is not None)
    if (highs := found.get((label, "enforce"))) is not None:
        enforce = None if None in highs else max(high for high in highs if high is not None)
    if allow is not None and enforce is not None and allow >= enforce:  # marks of two proofs, or one that is only tried
        allow = None
    return Threshold(label=label, allow=allow, enforce=enforce)
