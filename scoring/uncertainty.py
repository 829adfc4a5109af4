"""How unsure a score is, from its probabilities: 0 is sure, 1 is a coin toss. Pure Python: the web process may import it."""

from __future__ import annotations

import math
from collections.abc import Mapping


def entropy(probability: float) -> float:
    """Binary entropy in bits: 0 at 0 and 1, 1 at 0.5. Values outside [0, 1] are clipped; NaN counts as unknown (1)."""
    if math.isnan(probability):
        return 1.0
    p = min(1.0, max(0.0, probability))
    if p in (0.0, 1.0):
        return 0.0
    return -(p * math.log2(p) + (1 - p) * math.log2(1 - p))


def uncertainty(risk: float | None, labels: Mapping[str, float] | None = None) -> float:
    """Of the whole score. An unknown risk is 1.

    Not knowing *whether* an item breaks policy counts in full; not knowing *which* label it has counts half, since the
    outcome is often the same.
    """
    if risk is None:
        return 1.0
    which = max((entropy(p) for p in (labels or {}).values()), default=0.0)
    return max(entropy(risk), 0.5 * which)
