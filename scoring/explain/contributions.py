"""From additive contributions of features to ranked evidence for and against."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scoring.types import Evidence

Name = Callable[[str], str]
Value = Callable[[str, float | None], str]


def contribution_evidence(
    columns: Sequence[str], row: Sequence[float], weights: Sequence[float], *, name: Name, value: Value, each_way: int = 5
) -> tuple[Evidence, ...]:
    """The `each_way` strongest reasons for and as many against, strongest first; `text` is the reason in words."""
    ranked = sorted(range(len(columns)), key=lambda i: -abs(weights[i]))
    chosen = [i for i in ranked if weights[i] > 1e-6][:each_way] + [i for i in ranked if weights[i] < -1e-6][:each_way]
    evidence = []
    for i in sorted(chosen, key=lambda i: -abs(weights[i])):
        given = None if math.isnan(row[i]) else row[i]
        words = f"{name(columns[i])}: {value(columns[i], given)}"
        evidence.append(
            Evidence(type="contribution", label="risk", weight=round(weights[i], 6), field=columns[i], value=_plain(given), text=words)
        )
    return tuple(evidence)


def _plain(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
