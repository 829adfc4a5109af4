"""Paired bootstrap, all draws at once: a draw is a row of counts, how often each item of the test was drawn.

Resampling is of groups where examples have them (items of one thread are not independent), and within risk classes, so that no
draw loses the rare class. The same draw goes to both models: what is compared is the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from scoring.training.metrics import Array
from scoring.types import Example

Counts = NDArray[np.float32]
AT_ONCE = 4_000_000  # counts held in memory at a time
FEW = 10


def draw_counts(groups: Sequence[object], y: Array, seed: int, draws: int) -> Counts:
    """(draws, n): whole groups, drawn within each class of group (any positive in it or none)."""
    rng = np.random.default_rng(seed)
    _, owner = np.unique(np.array([str(g) for g in groups]), return_inverse=True)
    positive = np.zeros(int(owner.max()) + 1, dtype=bool)
    np.logical_or.at(positive, owner, y > 0)
    counts = np.zeros((draws, len(positive)), np.float32)
    for members in (np.flatnonzero(positive), np.flatnonzero(~positive)):
        size = len(members)
        if size:
            flat = rng.integers(0, size, (draws, size)) + size * np.arange(draws)[:, None]
            counts[:, members] = np.bincount(flat.ravel(), minlength=draws * size).reshape(draws, size)
    return counts[:, owner]


def groups_of(examples: Sequence[Example]) -> list[str]:
    return [f"group {e.group}" if e.group is not None else f"item {i}" for i, e in enumerate(examples)]


def drawn(y: Array, p: Array, counts: Counts, limit: float = 0.01) -> dict[str, Array]:
    """Of each draw: ap, auroc, recall_at_1pct_fpr, brier, log_loss, (draws,) each; NaN where a draw has one class only."""
    found: dict[str, list[Array]] = defaultdict(list)
    step = max(1, AT_ONCE // max(1, len(y)))
    for start in range(0, len(counts), step):
        for name, values in _drawn(y, p, counts[start : start + step].astype(np.float64), limit).items():
            found[name].append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _drawn(y: Array, p: Array, counts: Array, limit: float) -> dict[str, Array]:
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    sorted_counts = counts[:, order]
    hits = np.cumsum(sorted_counts * y[order], axis=1)[:, ends]
    called = np.cumsum(sorted_counts, axis=1)[:, ends]
    false = called - hits
    positive, negative = hits[:, -1], false[:, -1]
    new_hits, new_false = np.diff(hits, axis=1, prepend=0.0), np.diff(false, axis=1, prepend=0.0)
    total = counts.sum(axis=1)
    q = np.clip(p, 1e-12, 1 - 1e-12)
    caught = np.where(false <= limit * negative[:, None], hits, 0.0).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(called > 0, hits / called, 0.0)
        return {
            "ap": (precision * new_hits).sum(axis=1) / positive,
            "auroc": (new_false * (hits - new_hits / 2)).sum(axis=1) / (positive * negative),
            "recall_at_1pct_fpr": caught / np.where(negative > 0, positive, 0.0),
            "brier": counts @ (p - y) ** 2 / total,
            "log_loss": counts @ -(y * np.log(q) + (1 - y) * np.log1p(-q)) / total,
        }  # fmt: skip


def average_precision_drawn(y: Array, p: Array, counts: Counts) -> Array:
    return drawn(y, p, counts)["ap"]


def sure_range(gaps: Array, middle: float, alarm: float, freedom: int) -> tuple[float, float]:
    """Bounds that hold each with chance 1 - `alarm`: normal, with the spread of the bootstrap.

    Percentiles that far out would need ten thousands of draws. `freedom` is how many items of the rarer class carry the spread, less
    1; below FEW of them the spread itself is not well known, and Student's t is taken (tests/bench/bench_gate.py measures both).
    """
    wide = stdtrit(max(1, freedom), 1 - alarm) if freedom + 1 < FEW else ndtri(1 - alarm)
    reach = float(wide) * float(np.nanstd(gaps))
    return middle - reach, middle + reach


def percentiles(gaps: Array, confidence: float = 0.95) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(gaps, [tail, 1 - tail])
    return float(low), float(high)


def index_by(names: Sequence[Sequence[str]]) -> Mapping[str, NDArray[np.intp]]:
    """Name -> places of the items that carry it, in order of first appearance."""
    found: dict[str, list[int]] = {}
    for place, carried in enumerate(names):
        for name in dict.fromkeys(carried):
            found.setdefault(name, []).append(place)
    return {name: np.array(places, np.intp) for name, places in found.items()}
