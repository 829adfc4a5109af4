"""When an item counts as flagged, for sets that are made to be flagged or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri, stdtrit

from scoring.training.metrics import Array
from scoring.types import Score

FLAGGED_AT = 0.5  # fixed beforehand: more likely than not


def chances(scores: Sequence[Score], labels: Sequence[str]) -> Array:
    """(n,): the risk, or the chance of the label where one is named; what has no score is a person's case and counts as flagged."""
    values = [1.0 if s.risk is None else s.labels.get(label, s.risk) if label else s.risk for s, label in zip(scores, labels, strict=True)]
    return np.array(values, dtype=np.float64)


def equally_strict(champion: Array, challenger: Array) -> float:
    """The level at which the challenger flags as many as the champion does at FLAGGED_AT.

    Two models calibrated to traffic of different harm differ in how much they flag; what is compared is which.
    """
    flagged = int((champion >= FLAGGED_AT).sum())
    if flagged in (0, len(champion)):
        return FLAGGED_AT
    return float(np.sort(challenger)[::-1][flagged - 1])


def by_form(right: Array, forms: Sequence[str]) -> Array:
    """Mean of each form, in order of name: fillings of one template are one voice."""
    names, owner = np.unique(np.array(forms), return_inverse=True)
    out: Array = np.bincount(owner, right, minlength=len(names)) / np.bincount(owner, minlength=len(names))
    return out


def drop_range(gaps: Array, alarm: float) -> tuple[float, float, float]:
    """(low, mean, high) of the mean of `gaps`, by Student's t; one value alone gives no range: the whole line."""
    if len(gaps) < 2:
        return -1.0, float(gaps.mean()) if len(gaps) else 0.0, 1.0
    reach = float(stdtrit(len(gaps) - 1, 1 - alarm)) * float(gaps.std(ddof=1)) / float(np.sqrt(len(gaps)))
    middle = float(gaps.mean())
    return middle - reach, middle, middle + reach


def drop_sure(gaps: Array, alarm: float, spread: float) -> float:
    """Upper bound of the mean of `gaps`, normal, with at least this spread of one of them."""
    return float(gaps.mean()) + float(ndtri(1 - alarm)) * max(spread, float(gaps.std())) / float(np.sqrt(len(gaps)))
