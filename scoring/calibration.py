"""From raw scores to calibrated probabilities, by the method that the number of samples can carry.

| samples of the rarer class | method |
|---|---|
| below 200 (or one class only) | Platt scaling with smoothed targets, slope regularised towards 1 |
| 200 to 999, raw in [0, 1] | beta calibration (Kull, Silva Filho, Flach 2017) |
| 1,000 and more | centred isotonic regression (Oron, Flournoy 2017): strictly monotone between block centres, so it keeps the ranking |

Platt: "Probabilistic outputs for support vector machines" (1999), targets (n+ + 1)/(n+ + 2) and 1/(n- + 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Scale = Literal["auto", "probability", "margin"]
EDGE = 1e-6  # raw probabilities are clipped to [EDGE, 1 - EDGE] before the logarithm
LIMIT = 1e-4  # no calibrated probability is nearer to 0 or 1 than this
BETA_FROM, ISOTONIC_FROM = 200, 1000
SLOPE_MIN = 0.02
SLOPE_PRIOR, OFFSET_PRIOR = 0.5, 2.0  # standard deviations of the slope about 1 and of the offset about 0


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A monotone map from raw scores to (0, 1). `scale` says whether raw scores are probabilities or log-odds margins."""

    method: Literal["platt", "beta", "isotonic"]
    scale: Literal["probability", "margin"]
    params: tuple[float, ...] = ()
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    @classmethod
    def fit(cls, raw: ArrayLike, y: ArrayLike, weight: ArrayLike | None = None, *, scale: Scale = "auto") -> Calibrator:
        """raw, y, weight: shape (n,); y is 0 or 1. With scale "auto", raw scores all in [0, 1] are taken as probabilities.

        Raises ValueError on no samples, unequal lengths, values that are not finite, or labels other than 0 and 1.
        """
        r, t, w = _checked(raw, y, weight)
        if scale == "auto":
            scale = "probability" if r.min() >= 0.0 and r.max() <= 1.0 else "margin"
        rarer = int(min(t.sum(), (1 - t).sum()))
        if rarer >= ISOTONIC_FROM:
            xs, ys = _isotonic(_position(r, scale), t, w)
            if len(xs) > 1:
                return cls("isotonic", scale, x=tuple(xs), y=tuple(ys))
        if rarer >= BETA_FROM and scale == "probability":
            return cls("beta", scale, params=_beta(r, t, w))
        return cls("platt", scale, params=_platt(_position(r, scale), t, w))

    def apply(self, raw: ArrayLike) -> Array:
        """raw: shape (n,) (or a scalar, read as (1,)). Returns probabilities (n,) in [1e-4, 1 - 1e-4]."""
        r = np.atleast_1d(np.asarray(raw, dtype=np.float64))
        if self.method == "isotonic":
            out = np.interp(_position(r, self.scale), self.x, self.y)
        elif self.method == "beta":
            p = np.clip(r, EDGE, 1 - EDGE)
            a, b, c = self.params
            out = sigmoid(a * np.log(p) - b * np.log1p(-p) + c)
        else:
            slope, offset = self.params
            out = sigmoid(slope * _position(r, self.scale) + offset)
        clipped: Array = np.clip(out, LIMIT, 1 - LIMIT)
        return clipped

    def to_json(self) -> dict[str, Any]:
        return {"method": self.method, "scale": self.scale, "params": list(self.params), "x": list(self.x), "y": list(self.y)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Calibrator:
        """Raises ValueError when `data` is not what to_json() wrote."""
        try:
            parts = [tuple(float(v) for v in data[name]) for name in ("params", "x", "y")]
            method, scale = data["method"], data["scale"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a calibrator: {error}") from error
        sizes = {"platt": 2, "beta": 3, "isotonic": 0}
        if method not in sizes or scale not in ("probability", "margin") or len(parts[0]) != sizes[method]:
            raise ValueError(f"not a calibrator: method {method!r}, scale {scale!r}, {len(parts[0])} parameters")
        if method == "isotonic" and (len(parts[1]) < 2 or len(parts[1]) != len(parts[2])):
            raise ValueError("not a calibrator: isotonic needs as many y as x")
        return cls(method, scale, *parts)


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)) without overflow, any shape."""
    z: Array = 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))
    return z


def logit(p: ArrayLike) -> Array:
    """Log-odds of p clipped to [1e-6, 1 - 1e-6], any shape."""
    q = np.clip(np.asarray(p, dtype=np.float64), EDGE, 1 - EDGE)
    out: Array = np.log(q) - np.log1p(-q)
    return out


def _position(raw: Array, scale: str) -> Array:
    return logit(raw) if scale == "probability" else raw


def _checked(raw: ArrayLike, y: ArrayLike, weight: ArrayLike | None) -> tuple[Array, Array, Array]:
    r = np.asarray(raw, dtype=np.float64).ravel()
    t = np.asarray(y, dtype=np.float64).ravel()
    w = np.ones_like(r) if weight is None else np.asarray(weight, dtype=np.float64).ravel()
    if not len(r) or not len(r) == len(t) == len(w):
        raise ValueError(f"calibration needs as many labels and weights as scores, and at least one: {len(r)}, {len(t)}, {len(w)}")
    if not (np.isfinite(r).all() and np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
        raise ValueError("calibration needs finite scores and weights of 0 or more")
    if not np.isin(t, (0.0, 1.0)).all():
        raise ValueError("calibration labels must be 0 or 1")
    return r, t, w


def _minimise(features: Array, target: Array, weight: Array, low: tuple[float, ...], prior: Array, spread: Array) -> tuple[float, ...]:
    """Weighted log loss of sigmoid(features @ params) plus a Gaussian prior, params bounded below; convex."""
    from scipy.optimize import minimize  # noqa: PLC0415 - only fitting needs SciPy; applying stays light

    def loss(params: Array) -> tuple[float, Array]:
        z = features @ params
        error = params - prior
        value = float(weight @ (np.logaddexp(0.0, z) - target * z) + 0.5 * np.sum((error / spread) ** 2))
        return value, features.T @ (weight * (sigmoid(z) - target)) + error / spread**2

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[(b, None) for b in low])
    return tuple(float(v) for v in found.x)


def _platt(x: Array, t: Array, w: Array) -> tuple[float, ...]:
    positive, negative = float(w @ t), float(w @ (1 - t))
    target = np.where(t > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    features = np.column_stack([x, np.ones_like(x)])
    return _minimise(features, target, w, (SLOPE_MIN, -np.inf), np.array([1.0, 0.0]), np.array([SLOPE_PRIOR, OFFSET_PRIOR]))


def _beta(raw: Array, t: Array, w: Array) -> tuple[float, ...]:
    p = np.clip(raw, EDGE, 1 - EDGE)
    features = np.column_stack([np.log(p), -np.log1p(-p), np.ones_like(p)])
    spread = np.array([SLOPE_PRIOR, SLOPE_PRIOR, OFFSET_PRIOR])
    return _minimise(features, t, w, (SLOPE_MIN, SLOPE_MIN, -np.inf), np.array([1.0, 1.0, 0.0]), spread)


def _isotonic(x: Array, t: Array, w: Array) -> tuple[Array, Array]:
    """Block centres and block rates, each pulled half an observation towards the middle so that none is 0 or 1."""
    from scipy.optimize import isotonic_regression  # noqa: PLC0415 - as above

    keep = w > 0
    xs, inverse = np.unique(x[keep], return_inverse=True)
    mass = np.bincount(inverse, w[keep])
    rate = np.bincount(inverse, w[keep] * t[keep]) / mass
    blocks = isotonic_regression(rate, weights=mass).blocks
    starts = blocks[:-1]
    total = np.add.reduceat(mass, starts)
    centre = np.add.reduceat(mass * xs, starts) / total
    value = (np.add.reduceat(mass * rate, starts) + 0.5) / (total + 1.0)
    return centre, np.maximum.accumulate(value)
