"""From the logits of several views to calibrated probabilities: weights, biases and calibrators are all chosen on the tune part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss

from scoring.calibration import Calibrator, logit, sigmoid
from scoring.training.labels import is_benign

Floats = NDArray[np.float64]
Array = NDArray[Any]
STEPS = tuple(round(0.1 * i, 1) for i in range(11))
ENOUGH = 30  # of each class on the tune part; below it, blend evenly rather than believe a few
EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Blend:
    """`share[l]` of the second view in label l. `bias` and `heat` apply where labels exclude each other.

    So does `mixer`, (2 L + 1) x L, where there was enough to learn it from: both views' logits and 1 -> logits. One view often
    errs in a way that the other one's logits for *another* label give away (stacking, Wolpert 1992).
    """

    labels: tuple[str, ...]
    exclusive: bool
    share: tuple[float, ...]
    heat: float = 1.0
    bias: tuple[float, ...] = ()
    mixer: tuple[tuple[float, ...], ...] = ()

    @property
    def harmful(self) -> NDArray[np.bool_]:
        return np.array([not is_benign(label) for label in self.labels])

    @property
    def is_either_or(self) -> bool:
        """Two labels that exclude each other, one of them harmless: the calibrated risk says it all."""
        return self.exclusive and len(self.labels) == 2 and int(self.harmful.sum()) == 1

    def mix(self, first: Floats, second: Floats | None) -> Floats:
        """Logits (n, L). Without a second view the first stands alone."""
        if second is None:
            return first
        if self.mixer:
            table = np.array(self.mixer)
            stacked: Floats = np.hstack([first, second]) @ table[:-1] + table[-1]
            return stacked
        share = np.array(self.share)
        out: Floats = (1 - share) * first + share * second
        return out

    def choice(self, logits: Floats) -> Floats:
        """Probabilities of labels that exclude each other, (n, L), rows sum to 1; their largest is the choice."""
        out: Floats = softmax(logits * self.heat + np.array(self.bias), axis=1)
        return out

    def margin(self, logits: Floats) -> Floats:
        """(n,): how far any harmful label outweighs; monotone in risk, before calibration."""
        bad = self.harmful
        if not bad.any():
            return np.full(len(logits), -9.0)
        if self.exclusive and not bad.all():
            z = logits * self.heat
            out: Floats = logsumexp(z[:, bad], axis=1) - logsumexp(z[:, ~bad], axis=1)
            return out
        none_of_them = np.sum(np.log(np.maximum(1 - sigmoid(logits[:, bad]), 1e-9)), axis=1)
        return logit(1 - np.exp(none_of_them))

    def to_json(self) -> dict[str, Any]:
        return {
            "exclusive": self.exclusive, "share": list(self.share), "heat": self.heat, "bias": list(self.bias),
            "mixer": [list(row) for row in self.mixer],
        }  # fmt: skip

    @classmethod
    def from_json(cls, labels: tuple[str, ...], data: Mapping[str, Any]) -> Blend:
        share, bias = tuple(map(float, data["share"])), tuple(map(float, data["bias"]))
        if len(share) != len(labels) or (data["exclusive"] and len(bias) != len(labels)):
            raise ValueError("the blend does not fit the labels")
        mixer = tuple(tuple(map(float, row)) for row in data.get("mixer", ()))
        if mixer and (len(mixer) != 2 * len(labels) + 1 or any(len(row) != len(labels) for row in mixer)):
            raise ValueError("the mixer does not fit the labels")
        return cls(labels, bool(data["exclusive"]), share, float(data["heat"]), bias, mixer)


def fit_blend(labels: Sequence[str], exclusive: bool, first: Floats, second: Floats | None, y: Array, known: Array) -> Blend:
    """first, second: tune logits (n, L); y, known: (n, L) of 0/1."""
    names = tuple(labels)
    if second is None:
        shares = np.zeros(len(names))
    elif exclusive:
        shares = np.full(len(names), _best_share(lambda w: _choice_loss((1 - w) * first + w * second, y), y))
    else:
        shares = np.array([_label_share(first[:, i], second[:, i], y[:, i], known[:, i]) for i in range(len(names))])
    plain = Blend(names, exclusive, tuple(float(s) for s in shares))
    if not exclusive:
        return plain
    if second is not None and len(names) > 2 and min(y.sum(axis=0)) >= 2 * ENOUGH:
        plain = replace(plain, mixer=_fit_mixer(first, second, y))
        return replace(plain, bias=tuple(_macro_bias(plain.mix(first, second), y).tolist()))
    mixed = plain.mix(first, second)
    heat = min((0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0), key=lambda h: _choice_loss(mixed * h, y, heats=(1.0,)))
    return replace(plain, heat=heat, bias=tuple(_macro_bias(mixed * heat, y).tolist()))


def view_loss(logits: Floats, y: Array, known: Array, *, exclusive: bool) -> float:
    """How badly one view alone tells what there is, once calibrated: the mean over labels. logits, y, known: (n, L)."""
    if exclusive:
        return _choice_loss(logits, y)
    return float(np.mean([_label_loss(logits[:, i], y[:, i], known[:, i]) for i in range(y.shape[1])]))


def _label_loss(logits: Floats, y: Array, known: Array) -> float:
    rows = np.flatnonzero(known)
    if len(set(y[rows].tolist())) < 2:
        return 0.0
    return float(log_loss(y[rows], Calibrator.fit(logits[rows], y[rows], scale="margin").apply(logits[rows]), labels=[0, 1]))


def _fit_mixer(first: Floats, second: Floats, y: Array) -> tuple[tuple[float, ...], ...]:
    model = LogisticRegression(C=1.0, max_iter=1000).fit(np.hstack([first, second]), y.argmax(axis=1))
    return tuple(tuple(float(v) for v in row) for row in np.vstack([model.coef_.T, model.intercept_]))


def _best_share(loss: Any, y: Array) -> float:
    if min(y.sum(axis=0)) < 5:
        return EVEN
    return min(STEPS, key=loss)


def _choice_loss(logits: Floats, y: Array, heats: Sequence[float] = (0.5, 1.0, 2.0)) -> float:
    """Log loss with every class weighing the same: rare classes must count when a blend is chosen."""
    truth = y.argmax(axis=1)
    counts = np.maximum(y.sum(axis=0), 1)
    weight = (1 / counts)[truth]
    columns = np.arange(y.shape[1])
    return min(float(log_loss(truth, softmax(logits * h, axis=1), sample_weight=weight, labels=columns)) for h in heats)


def _label_share(first: Floats, second: Floats, y: Array, known: Array) -> float:
    rows = np.flatnonzero(known)
    rows = rows[:: max(1, len(rows) // 6000)]  # enough to choose among eleven
    target = y[rows]
    if min(target.sum(), len(target) - target.sum()) < ENOUGH:
        return EVEN
    return min(STEPS, key=lambda share: _label_loss((1 - share) * first[rows] + share * second[rows], target, known[rows]))


def _macro_bias(logits: Floats, y: Array) -> Floats:
    """A bias a class for the best macro-F1, by coordinate ascent; the middle of the plateau, not its luckiest point."""
    truth, bias = y.argmax(axis=1), np.zeros(y.shape[1])
    if min(y.sum(axis=0)) < ENOUGH:
        return bias
    grid = np.linspace(-1.5, 1.5, 31)
    for _ in range(2):
        for label in range(y.shape[1]):
            found = []
            for step in grid:
                trial = bias.copy()
                trial[label] = step
                found.append(f1_score(truth, (logits + trial).argmax(axis=1), average="macro"))
            smooth = np.convolve(np.pad(found, 2, mode="edge"), np.ones(5) / 5, "valid")
            bias[label] = grid[int(np.argmax(smooth))]
    out: Floats = bias - bias.mean()
    return out
