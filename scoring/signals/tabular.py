"""Models over rows of numbers, behind one face: boosted trees (LightGBM text) and logistic regression (JSON).

A model has targets: "risk" and one for each label. raw() gives log-odds before calibration; contributions() splits the
log-odds of a target ("risk" unless told) over the columns so that they and the base add up to it (exact TreeSHAP; weight x value).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scoring.artifacts import ArtifactError, Bundle

Array = NDArray[np.float64]
RISK = "risk"


class TabularModel(Protocol):
    columns: tuple[str, ...]
    targets: tuple[str, ...]

    def raw(self, rows: Array, target: str = RISK) -> Array:
        """rows (n, columns) with NaN for missing -> log-odds (n,)."""
        ...

    def contributions(self, rows: Array, target: str = RISK) -> Array:
        """(n, columns + 1) of the target; the last column is the base; each row adds up to raw()."""
        ...

    def save(self, folder: Path) -> None: ...


class BoostedTrees:
    """One LightGBM booster a target."""

    def __init__(self, columns: Sequence[str], boosters: Mapping[str, Any]) -> None:
        self.columns = tuple(columns)
        self.targets = tuple(boosters)
        self._boosters = dict(boosters)

    def raw(self, rows: Array, target: str = RISK) -> Array:
        out: Array = self._boosters[target].predict(rows, raw_score=True, num_threads=1)
        return out

    def contributions(self, rows: Array, target: str = RISK) -> Array:
        out: Array = self._boosters[target].predict(rows, pred_contrib=True, num_threads=1)
        return out

    def gain(self) -> dict[str, float]:
        """Total gain of each column in the risk trees, as shares of 1: a global view, not a local reason."""
        gains = np.asarray(self._boosters[RISK].feature_importance("gain"), dtype=np.float64)
        return {name: float(share) for name, share in zip(self.columns, gains / max(gains.sum(), 1e-12), strict=True)}

    def save(self, folder: Path) -> None:
        for i, target in enumerate(self.targets):
            self._boosters[target].save_model(str(folder / f"trees-{i}.txt"))

    @classmethod
    def load(cls, bundle: Bundle, columns: Sequence[str], targets: Sequence[str]) -> BoostedTrees:
        import lightgbm

        boosters = {}
        for i, target in enumerate(targets):
            text = bundle.file(f"trees-{i}.txt").read_text("utf-8")
            try:
                boosters[target] = lightgbm.Booster(model_str=text)
            except lightgbm.basic.LightGBMError as error:
                raise ArtifactError(f"{bundle.model}: trees-{i}.txt is not a LightGBM model: {error}") from error
            if boosters[target].num_feature() != len(columns):
                raise ArtifactError(f"{bundle.model}: trees-{i}.txt has {boosters[target].num_feature()} columns, not {len(columns)}")
        return cls(columns, boosters)


@dataclass(frozen=True, slots=True)
class LinearTerm:
    weights: Array  # (2 * columns,): scaled values, then "is missing"
    base: float


class LogisticModel:
    """Logistic regression over signed log values, standardised, with an indicator for each missing value."""

    def __init__(self, columns: Sequence[str], mean: Array, scale: Array, terms: Mapping[str, LinearTerm]) -> None:
        self.columns, self.targets = tuple(columns), tuple(terms)
        self.mean, self.scale, self._terms = mean, scale, dict(terms)

    def design(self, rows: Array) -> Array:
        """(n, 2 * columns)."""
        return design(rows, self.mean, self.scale)

    def raw(self, rows: Array, target: str = RISK) -> Array:
        term = self._terms[target]
        out: Array = self.design(rows) @ term.weights + term.base
        return out

    def contributions(self, rows: Array, target: str = RISK) -> Array:
        term = self._terms[target]
        parts = self.design(rows) * term.weights
        n = len(self.columns)
        return np.column_stack([parts[:, :n] + parts[:, n:], np.full(len(rows), term.base)])

    def save(self, folder: Path) -> None:
        arrays = {"mean": self.mean, "scale": self.scale}
        for i, target in enumerate(self.targets):
            arrays[f"weights-{i}"], arrays[f"base-{i}"] = self._terms[target].weights, np.array(self._terms[target].base)
        np.savez(folder / "linear.npz", **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, bundle: Bundle, columns: Sequence[str], targets: Sequence[str]) -> LogisticModel:
        data = bundle.read_arrays("linear.npz")
        terms = {target: LinearTerm(data[f"weights-{i}"], float(data[f"base-{i}"])) for i, target in enumerate(targets)}
        if any(term.weights.shape != (2 * len(columns),) for term in terms.values()):
            raise ArtifactError(f"{bundle.model}: linear.npz does not have {len(columns)} columns")
        return cls(columns, data["mean"], data["scale"], terms)


def squash(rows: Array) -> Array:
    """Signed logarithm: tames counts and amounts, keeps 0, the sign and NaN."""
    out: Array = np.sign(rows) * np.log1p(np.abs(rows))
    return out


def design(rows: Array, mean: Array, scale: Array) -> Array:
    """Standardised squashed values with 0 for missing, beside the indicators of what is missing."""
    missing = np.isnan(rows)
    values = np.where(missing, 0.0, np.clip((squash(rows) - mean) / scale, -8.0, 8.0))
    return np.hstack([values, missing.astype(np.float64)])


def load_model(bundle: Bundle) -> TabularModel:
    """Read the model that `save()` wrote, by the family named in model.json. Raises ArtifactError."""
    described = bundle.read_json("model.json")
    loaders: dict[str, Callable[[Bundle, Sequence[str], Sequence[str]], TabularModel]]
    loaders = {"trees": BoostedTrees.load, "linear": LogisticModel.load}
    try:
        loader, columns, targets = loaders[described["family"]], described["columns"], described["targets"]
    except (KeyError, TypeError) as error:
        raise ArtifactError(f"{bundle.model}: model.json does not describe a tabular model: {error}") from error
    return loader(bundle, columns, targets)
