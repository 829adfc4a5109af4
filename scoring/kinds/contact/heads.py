"""One small model for each question about a record: is the e-mail, the company, the phone wrong, is the record wrong?

Linear heads keep weights that a person can read; a boosted head takes a linear one's place only where it wins clearly.
Probabilities are calibrated on the tune part. Contributions are in log-odds, against a record with average values.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from scoring.calibration import Calibrator, logit
from scoring.types import Json

Array = NDArray[np.float64]
ROUNDS = 200
BOOSTED: Mapping[str, Any] = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 20, "lambda_l2": 1.0, "verbosity": -1,
    "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearHead:
    """margin = intercept + sum(weights * (x - mean) / scale)."""

    weights: Array
    mean: Array
    scale: Array
    intercept: float

    @classmethod
    def fit(cls, x: Array, y: Array, weight: Array, seed: int = 0, strength: float = 1.0) -> LinearHead:
        """x: (n, features), y: (n,) of 0 and 1. With one class only the head gives its smoothed rate to everything."""
        mean = x.mean(axis=0)
        spread = x.std(axis=0)
        scale = np.where(spread > 1e-9, spread, 1.0)
        if len(np.unique(y)) < 2:
            rate = float((weight @ y + 0.5) / (weight.sum() + 1))
            return cls(weights=np.zeros(x.shape[1]), mean=mean, scale=scale, intercept=float(logit(rate)))
        model = LogisticRegression(C=strength, max_iter=2000, random_state=seed)
        model.fit((x - mean) / scale, y, sample_weight=weight)
        return cls(weights=model.coef_[0].astype(np.float64), mean=mean, scale=scale, intercept=float(model.intercept_[0]))

    def contributions(self, x: Array) -> Array:
        """(n, features) shares of the margin."""
        out: Array = (x - self.mean) / self.scale * self.weights
        return out

    def margin(self, x: Array) -> Array:
        out: Array = self.contributions(x).sum(axis=1) + self.intercept
        return out

    def to_json(self) -> dict[str, Json]:
        lists = {name: [float(v) for v in getattr(self, name)] for name in ("weights", "mean", "scale")}
        return {"type": "linear", **lists, "intercept": self.intercept}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LinearHead:
        arrays = {name: np.asarray(data[name], dtype=np.float64) for name in ("weights", "mean", "scale")}
        return cls(intercept=float(data["intercept"]), **arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostedHead:
    """Gradient boosted trees, kept as LightGBM's own text."""

    booster: Any

    @classmethod
    def fit(cls, x: Array, y: Array, weight: Array, seed: int = 0, given: Mapping[str, Json] | None = None) -> BoostedHead:
        """`given` may set any LightGBM parameter."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LightGBM warns of features without variance
            data = lightgbm.Dataset(x, y, weight=weight, free_raw_data=False)
            return cls(booster=lightgbm.train({**BOOSTED, **(given or {}), "seed": seed}, data, ROUNDS))

    def contributions(self, x: Array) -> Array:
        """Exact TreeSHAP values (n, features)."""
        out: Array = np.asarray(self.booster.predict(x, pred_contrib=True), dtype=np.float64)[:, :-1]
        return out

    def margin(self, x: Array) -> Array:
        out: Array = np.asarray(self.booster.predict(x, raw_score=True), dtype=np.float64)
        return out

    def to_json(self) -> dict[str, Json]:
        return {"type": "boosted", "text": self.booster.model_to_string()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BoostedHead:
        return cls(booster=lightgbm.Booster(model_str=data["text"]))


Head = LinearHead | BoostedHead


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedHead:
    head: Head
    calibrator: Calibrator

    def probability(self, x: Array) -> Array:
        """(n,) calibrated probabilities of "wrong"."""
        return self.calibrator.apply(self.head.margin(x))

    def to_json(self) -> dict[str, Json]:
        return {"head": self.head.to_json(), "calibrator": self.calibrator.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CalibratedHead:
        """Raises ValueError, KeyError or TypeError when `data` is not what to_json() wrote."""
        types: Mapping[str, type[LinearHead] | type[BoostedHead]] = {"linear": LinearHead, "boosted": BoostedHead}
        head = types[data["head"]["type"]].from_json(data["head"])
        return cls(head=head, calibrator=Calibrator.from_json(data["calibrator"]))
