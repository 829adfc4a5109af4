"""Fit tabular models for "risk" and each label: boosted trees and the logistic baseline. Deterministic by seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from scoring.calibration import Calibrator
from scoring.signals.tabular import RISK, Array, BoostedTrees, LinearTerm, LogisticModel, TabularModel, design, squash
from scoring.training.labels import is_benign, risk_target
from scoring.types import Example, Json

TREES = {
    "objective": "binary", "learning_rate": 0.05, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1,
    "lambda_l2": 5.0, "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "max_bin": 127,
}  # fmt: skip
ROUNDS = 150
LEAVES, LEAVES_MANY, MANY = 7, 15, 5000  # larger trees only where there is data for them
MIN_POSITIVES = 5  # of a label, below which it gets no model of its own
Told = Callable[[float, str], None]


def targets_of(examples: Sequence[Example]) -> dict[str, Array]:
    """{"risk": (n,), label: (n,)}; NaN where an example says nothing of a label. Benign labels are the complement of risk.

    A single harmful label is the risk itself, so it gets no second model.
    """
    names = list(dict.fromkeys(name for e in examples for name in e.labels if not is_benign(name)))
    found = {RISK: np.array([risk_target(e.labels) for e in examples], dtype=np.float64)}
    if len(names) > 1:
        for name in names:
            y = np.array([e.labels.get(name, np.nan) for e in examples], dtype=np.float64)
            if np.nansum(y) >= MIN_POSITIVES and np.nansum(1 - y) >= MIN_POSITIVES:
                found[name] = y
    return found


def class_weights(y: Array, weight: Array) -> Array:
    """The rarer class counts more, by the square root of the imbalance (at most 10): calibration takes the shift out again."""
    positive = float(weight[y == 1].sum())
    ratio = (float(weight.sum()) - positive) / max(positive, 1e-9)
    lift = float(np.clip(np.sqrt(ratio), 0.1, 10.0))
    return np.where(y == 1, weight * lift, weight)


def fit_trees(
    rows: Array, targets: Mapping[str, Array], weight: Array, columns: Sequence[str], seed: int, told: Told, parameters: Mapping[str, Json],
    directions: Mapping[str, int] | None = None,
) -> BoostedTrees:  # fmt: skip
    """rows (n, columns) with NaN. `parameters` may set rounds and any LightGBM parameter.

    `directions` names columns with which the risk may only rise (1) or fall (-1); labels are left free.
    """
    given = dict(parameters)
    monotone = [(directions or {}).get(name, 0) for name in columns]
    rounds = int(given.pop("rounds", ROUNDS))
    boosters: dict[str, Any] = {}
    for i, (target, y) in enumerate(targets.items()):
        told(0.1 + 0.7 * i / len(targets), f"Growing trees for {target}")
        use = ~np.isnan(y)
        leaf = int(np.clip(use.sum() / 100, 3, 40))
        data = lightgbm.Dataset(
            rows[use], y[use], weight=class_weights(y[use], weight[use]), feature_name=list(columns), free_raw_data=True
        )
        leaves = LEAVES_MANY if use.sum() >= MANY else LEAVES
        settings = {**TREES, "num_leaves": leaves, "min_data_in_leaf": leaf, "seed": seed, **given}
        if target == RISK:
            settings["monotone_constraints"] = monotone
        boosters[target] = lightgbm.train(settings, data, num_boost_round=rounds)
    return BoostedTrees(columns, boosters)


def fit_linear(
    rows: Array, targets: Mapping[str, Array], weight: Array, columns: Sequence[str], seed: int, told: Told, parameters: Mapping[str, Json]
) -> LogisticModel:
    """L2-regularised logistic regression; `parameters` may set C."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - one second of import that trees do not need

    squashed = squash(rows)
    seen = ~np.isnan(rows)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, squashed, 0.0).sum(axis=0) / count
    scale = np.sqrt(np.where(seen, (squashed - mean) ** 2, 0.0).sum(axis=0) / count)
    scale = np.where(scale > 1e-9, scale, 1.0)
    terms = {}
    for i, (target, y) in enumerate(targets.items()):
        told(0.1 + 0.7 * i / len(targets), f"Fitting weights for {target}")
        use = ~np.isnan(y)
        model = LogisticRegression(C=float(parameters.get("C", 0.05)), max_iter=2000, random_state=seed)
        model.fit(design(rows[use], mean, scale), y[use], sample_weight=class_weights(y[use], weight[use]))
        terms[target] = LinearTerm(model.coef_[0].astype(np.float64), float(model.intercept_[0]))
    return LogisticModel(columns, mean, scale, terms)


def calibrators(model: TabularModel, rows: Array, targets: Mapping[str, Array], weight: Array) -> dict[str, Calibrator]:
    """One for each target of the model, on data that it was not fitted to."""
    fitted = {}
    for target in model.targets:
        y = targets.get(target)
        use = np.zeros(len(rows), dtype=bool) if y is None else ~np.isnan(y)
        if y is None or not use.any():
            fitted[target] = Calibrator("platt", "margin", params=(1.0, 0.0))
        else:
            fitted[target] = Calibrator.fit(model.raw(rows[use], target), y[use], weight[use], scale="margin")
    return fitted


def write_model(folder: Path, model: TabularModel, calibration: Mapping[str, Calibrator], labels: Sequence[str]) -> None:
    """model.json beside the files of the model."""
    family = "trees" if isinstance(model, BoostedTrees) else "linear"
    described = {
        "family": family, "columns": list(model.columns), "targets": list(model.targets), "labels": list(labels),
        "calibration": {target: calibrator.to_json() for target, calibrator in calibration.items()},
    }  # fmt: skip
    (folder / "model.json").write_text(json.dumps(described, indent=1), "utf-8")
    model.save(folder)
