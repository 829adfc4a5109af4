"""Trainers of the order kind: boosted trees by default, logistic regression as the baseline to beat."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from scoring.artifacts import Bundle, write_bundle
from scoring.kind import Split, TrainOptions
from scoring.kinds.order.features import DIRECTIONS, FEATURES, feature_row
from scoring.kinds.order.population import FILE, population_of
from scoring.signals.tabular import RISK, Array, BoostedTrees, TabularModel
from scoring.training import metrics as measure
from scoring.training.dataset import snapshot_hash
from scoring.training.evaluate import label_names
from scoring.training.labels import is_benign
from scoring.training.tabular import calibrators, fit_linear, fit_trees, targets_of, write_model
from scoring.types import Example

Fit = Callable[..., TabularModel]
ROWS_PER_TALE = 2000


def train_trees(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """LightGBM; `parameters`: rounds, and any LightGBM parameter."""
    return _train(split, out, options, "quick", partial(fit_trees, directions=DIRECTIONS))


def train_linear(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """Logistic regression; `parameters`: C."""
    return _train(split, out, options, "linear", fit_linear)


def _train(split: Split, out: Path, options: TrainOptions, name: str, fit: Fit) -> Bundle:
    told = options.progress
    told(0.0, f"Computing features of {len(split.train) + len(split.tune)} orders")
    rows, targets = _matrix(split.train), targets_of(split.train)
    tune_rows, tune_targets = _matrix(split.tune), targets_of(split.tune)
    weight = _weights(split.train)
    fitted_by = {name: value for name, value in options.parameters.items() if name not in ("card", "population")}
    model = fit(rows, targets, weight, FEATURES, options.seed, told, fitted_by)
    told(0.85, f"Calibrating on {len(split.tune)} orders")
    calibration = calibrators(model, tune_rows, tune_targets, _weights(split.tune))
    labels = tuple(label_names([*split.train, *split.tune]))
    told_risks = [calibration[t].apply(model.raw(tune_rows, t)) for t in model.targets if t == RISK or not is_benign(t)]
    risk = np.max(told_risks, axis=0)  # as the scorer says it
    y = tune_targets[RISK]
    tuned = {"auroc": measure.auroc(y, risk), "ap": measure.average_precision(y, risk), "brier": measure.brier(y, risk)}

    def fill(folder: Path) -> None:
        write_model(folder, model, calibration, labels)
        if isinstance(model, BoostedTrees):
            (folder / "gain.json").write_text(json.dumps(model.gain(), indent=1), "utf-8")
        (folder / FILE).write_text(json.dumps(population_of(FEATURES, rows.tolist(), _population(options, split)), indent=1), "utf-8")
        (folder / "MODEL_CARD.md").write_text(options.parameters.get("card") or _card(name, split, tuned), "utf-8")

    told(0.95, "Writing the model")
    digest = snapshot_hash([*split.train, *split.tune])
    meta = {
        "seed": options.seed, "data": digest, "train": len(split.train), "tune": len(split.tune),
        "tune_metrics": {key: None if np.isnan(value) else round(value, 5) for key, value in tuned.items()},
    }  # fmt: skip
    bundle = write_bundle(out, kind="order", version=options.version or digest[:12], trainer=name, labels=labels, fill=fill, meta=meta)
    told(1.0, f"Wrote {bundle.model}")
    return bundle


def _population(options: TrainOptions, split: Split) -> str:
    return str(options.parameters.get("population") or f"{len(split.train):,} orders that the model learned from")


def _matrix(examples: Sequence[Example]) -> Array:
    return np.array([feature_row(e.item) for e in examples], dtype=np.float64).reshape(-1, len(FEATURES))


def _weights(examples: Sequence[Example]) -> Array:
    return np.array([e.weight for e in examples], dtype=np.float64)


def _card(name: str, split: Split, tuned: dict[str, float]) -> str:
    measured = ", ".join(f"{key} {value:.3f}" for key, value in tuned.items())
    return (
        f"# Order model ({name})\n\nTrained on {len(split.train)} orders and calibrated on {len(split.tune)} others. "
        f"On those others: {measured} (they chose the calibration, so this flatters; see the comparison on the frozen test).\n\n"
        "Features are counted point in time; labels never enter them. Not for decisions on people beyond a payment.\n"
    )
