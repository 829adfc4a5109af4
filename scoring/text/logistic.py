"""Logistic regression of many sparse features: truncated Newton steps (Lin, Weng, Keerthi 2008), few passes over the items, the
features never copied.

Each step solves for its direction by conjugate gradients, only as exactly as pays; a pass is one product with the features and one
with their transpose, in single precision. The same items give the same weights. It stands here because it is most of a quick
retraining: on 100,000 texts scikit-learn's solvers, to which the tests hold it, take more than twice as long and copy the features.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ENOUGH = 1e-4  # the largest slope that is left, as a share of all the weight of the items
STEPS, PASSES, HALVINGS = 50, 30, 20  # Newton steps, products a step, times that a step is halved
SOLVED = 0.5  # of the residual of a step's equations is left: more exact steps are fewer, and cost more


def fit_logistic(x: Any, target: Floats, weight: Floats, strength: float, start: Floats | None = None) -> Floats:
    """Minimises strength x the weighted log loss + half the squared weights; offsets go free.

    x: (n, k) csr or dense, float32. target: (c, n) of 0/1; one row is a yes or no, more are labels of which each item has one.
    `start` and the result: (c, k + 1), a row a label, its offset last. Raises ValueError where the loss is no number: every step would be
    refused, and what comes out would be the start, which looks like a model.
    """
    items = _Items(x, target, strength * weight)
    at = np.zeros((len(target), x.shape[1] + 1)) if start is None else start.copy()
    z = items.logits(at)
    _require_finite(z, items.weight)
    chances, value = items.chances(z), items.value(z, at)
    for _ in range(STEPS):
        slope = items.back(items.weight * (chances - target), at)
        _require_finite(slope)
        if np.abs(slope).max() <= ENOUGH * items.weight.sum():
            break
        step, moved = _direction(items, chances, slope)
        fall = float(np.vdot(slope, step))
        for halving in range(HALVINGS):
            share = 0.5**halving
            tried = items.value(z + share * moved, at + share * step)
            if tried <= value + 1e-4 * share * fall:
                break
        else:
            break  # no further in single precision
        at, z, value = at + share * step, z + share * moved, tried
        chances = items.chances(z)
    return at


def _require_finite(*values: Floats) -> None:
    if not all(np.isfinite(value).all() for value in values):
        raise ValueError("the items have no finite loss: a weight or a feature is not a number, or too large")


class _Items:
    def __init__(self, x: Any, target: Floats, weight: Floats) -> None:
        self.x, self.turned, self.target, self.weight = x, x.T, target, weight
        self.rest = len(target) == 1  # beside one label stands "no", with a logit of 0

    def logits(self, at: Floats) -> Floats:
        """(c, n). Column by column: a product with several at once takes longer."""
        return np.array([self.x @ row[:-1].astype(np.float32) + row[-1] for row in at], np.float64)

    def back(self, rows: Floats, at: Floats) -> Floats:
        """(c, k + 1): the transpose of logits(), and what the squared weights add at `at`."""
        out = at.copy()
        out[:, -1] = rows.sum(axis=1)
        for label, row in enumerate(rows):
            out[label, :-1] += self.turned @ row.astype(np.float32)
        return out

    def chances(self, z: Floats) -> Floats:
        return np.exp(z - self._total(z))

    def value(self, z: Floats, at: Floats) -> float:
        return float(self.weight @ (self._total(z) - (self.target * z).sum(axis=0)) + 0.5 * np.vdot(at[:, :-1], at[:, :-1]))

    def _total(self, z: Floats) -> Floats:
        out: Floats = np.logaddexp.reduce(z, axis=0, initial=0.0 if self.rest else -np.inf)
        return out


def _direction(items: _Items, chances: Floats, slope: Floats) -> tuple[Floats, Floats]:
    """A Newton step, nearly, and by how much it moves the logits."""
    step, moved = np.zeros_like(slope), np.zeros_like(chances)
    residual, toward = -slope, -slope
    left = first = float(np.vdot(residual, residual))
    for _ in range(PASSES):
        along = items.logits(toward)
        bent = chances * along
        curved = items.back(items.weight * (bent - chances * bent.sum(axis=0)), toward)
        length = left / float(np.vdot(toward, curved))
        step, moved = step + length * toward, moved + length * along
        residual = residual - length * curved
        before, left = left, float(np.vdot(residual, residual))
        if left <= SOLVED**2 * first:
            break
        toward = residual + left / before * toward
    return step, moved
