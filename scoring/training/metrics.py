"""Measures of probabilities against 0/1 labels. All take y (n,) of 0 and 1 and p (n,) in [0, 1]; ties count as one step.

A measure that the data cannot give (one class only, nothing labelled) is NaN, never a made-up value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ECE_BINS = 15
NULL_DRAWS = 400


def auroc(y: Array, p: Array) -> float:
    """Chance that a random positive scores above a random negative, ties half (Mann-Whitney)."""
    positive, n = int(y.sum()), len(y)
    if positive in (0, n):
        return float("nan")
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[y == 1].sum() - positive * (positive + 1) / 2) / (positive * (n - positive)))


def _steps(y: Array, p: Array) -> tuple[Array, Array, Array]:
    """At each distinct score, from the highest: true positives, false positives, score."""
    order = np.argsort(-p, kind="stable")
    ys, ps = y[order], p[order]
    ends = np.flatnonzero(np.append(np.diff(ps) != 0, True))
    hits: Array = np.cumsum(ys)[ends].astype(np.float64)
    return hits, ends + 1.0 - hits, ps[ends]


def average_precision(y: Array, p: Array) -> float:
    """Sum over steps of precision x gain in recall (no interpolation), as scikit-learn defines it."""
    if not y.sum():
        return float("nan")
    hits, false, _ = _steps(y, p)
    return float(np.sum(hits / (hits + false) * np.diff(hits, prepend=0.0)) / y.sum())


def recall_at_fpr(y: Array, p: Array, limit: float = 0.01) -> float:
    """Largest recall of a threshold whose false positive rate is at most `limit`."""
    positive = y.sum()
    if positive in (0, len(y)):
        return float("nan")
    hits, false, _ = _steps(y, p)
    return float(np.max(hits[false <= limit * (len(y) - positive)], initial=0.0) / positive)


def precision_recall_f1(y: Array, predicted: Array) -> tuple[float, float, float]:
    """Of 0/1 predictions. Precision of no predictions and recall of no positives are 0, as is their F1."""
    hits = float((y * predicted).sum())
    precision = hits / predicted.sum() if predicted.sum() else 0.0
    recall = hits / y.sum() if y.sum() else 0.0
    return precision, recall, 2 * hits / (predicted.sum() + y.sum()) if hits else 0.0


def brier(y: Array, p: Array) -> float:
    return float(np.mean((p - y) ** 2))


def log_loss(y: Array, p: Array) -> float:
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(q) + (1 - y) * np.log1p(-q)))


def ece(y: Array, p: Array, bins: int = ECE_BINS) -> float:
    """Expected calibration error over bins of equal width: mass-weighted |observed rate - mean probability|."""
    index = np.minimum((p * bins).astype(np.intp), bins - 1)
    gap = np.bincount(index, y - p, minlength=bins)
    return float(np.abs(gap).sum() / len(y))


def ece_null(p: Array, seed: int = 0, quantile: float = 0.95) -> float:
    """The ECE that a perfectly calibrated model with these probabilities stays under, `quantile` of the time (by simulation)."""
    rng = np.random.default_rng(seed)
    index = np.minimum((p * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    order = np.argsort(index, kind="stable")
    ps, starts = p[order], np.flatnonzero(np.diff(index[order], prepend=-1))
    draws = [np.abs(np.add.reduceat((rng.random(len(ps)) < ps) - ps, starts)).sum() / len(ps) for _ in range(NULL_DRAWS)]
    return float(np.quantile(draws, quantile))
