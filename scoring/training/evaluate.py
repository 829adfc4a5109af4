"""What scores are worth against labels: per label, as a one-of-many choice where labels exclude each other, and as one risk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from scoring.training import metrics as measure
from scoring.training.labels import breaks_policy, is_benign
from scoring.training.metrics import Array, precision_recall_f1
from scoring.types import Example, Json, Score

THRESHOLD = 0.5  # for F1, precision and recall, when nothing better was fixed beforehand


def rounded(value: float) -> float | None:
    """For JSON: five places, None for what could not be measured."""
    return None if math.isnan(value) else round(value, 5)


def label_names(examples: Sequence[Example]) -> list[str]:
    """In order of first appearance."""
    return list(dict.fromkeys(name for example in examples for name in example.labels))


def is_one_hot(examples: Sequence[Example], names: Sequence[str]) -> bool:
    """True when every example carries every label and exactly one of them is 1."""
    return len(names) > 1 and all(len(e.labels) == len(names) and sum(e.labels.values()) == 1 for e in examples)


def risk_arrays(scores: Sequence[Score], examples: Sequence[Example]) -> tuple[Array, Array]:
    """(y, p) of the examples that have a risk."""
    pairs = [(breaks_policy(e), s.risk) for s, e in zip(scores, examples, strict=True) if s.risk is not None]
    table = np.asarray(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def evaluate_scores(scores: Sequence[Score], examples: Sequence[Example], *, seed: int = 0) -> dict[str, Json]:
    """Metrics as JSON. `labels` and `multiclass` cover what the model knows; None marks what the data cannot tell."""
    if len(scores) != len(examples) or not examples:
        raise ValueError(f"{len(scores)} scores for {len(examples)} examples")
    names = label_names(examples)
    known = [name for name in names if any(name in s.labels for s in scores)]
    result: dict[str, Json] = {
        "n": len(examples), "unscored": sum(s.risk is None for s in scores), "risk": evaluate_risk(scores, examples, seed=seed),
        "labels": {name: _one_label(name, scores, examples) for name in known},
        "labels_unknown_to_model": [name for name in names if name not in known and not is_benign(name)],
    }  # fmt: skip
    if is_one_hot(examples, names) and set(names) == set(known):
        result["multiclass"] = _multiclass(names, scores, examples)
    return result


def evaluate_risk(scores: Sequence[Score], examples: Sequence[Example], *, seed: int = 0) -> dict[str, Json]:
    y, p = risk_arrays(scores, examples)
    if not len(y):
        return {"n": 0, "positives": 0}
    precision, recall, f1 = precision_recall_f1(y, (p >= THRESHOLD).astype(np.float64))
    return {
        "n": len(y), "positives": int(y.sum()), "auroc": rounded(measure.auroc(y, p)), "ap": rounded(measure.average_precision(y, p)),
        "recall_at_1pct_fpr": rounded(measure.recall_at_fpr(y, p)), "brier": rounded(measure.brier(y, p)),
        "log_loss": rounded(measure.log_loss(y, p)),
        "ece": rounded(measure.ece(y, p)), "ece_null_95": rounded(measure.ece_null(p, seed)),
        "precision": rounded(precision), "recall": rounded(recall), "f1": rounded(f1),
    }  # fmt: skip


def _one_label(name: str, scores: Sequence[Score], examples: Sequence[Example]) -> dict[str, Json]:
    pairs = [(e.labels[name], s.labels[name]) for s, e in zip(scores, examples, strict=True) if name in e.labels and name in s.labels]
    table = np.asarray(pairs, dtype=np.float64).reshape(-1, 2)
    y, p = table[:, 0], table[:, 1]
    if not len(y):
        return {"n": 0, "positives": 0}
    precision, recall, f1 = precision_recall_f1(y, (p >= THRESHOLD).astype(np.float64))
    return {
        "n": len(y), "positives": int(y.sum()), "auroc": rounded(measure.auroc(y, p)), "ap": rounded(measure.average_precision(y, p)),
        "precision": rounded(precision), "recall": rounded(recall), "f1": rounded(f1), "brier": rounded(measure.brier(y, p)),
    }  # fmt: skip


def _multiclass(names: Sequence[str], scores: Sequence[Score], examples: Sequence[Example]) -> dict[str, Json]:
    """The label with the highest probability is the choice; an unscored example counts as wrong."""
    truth = np.array([next(i for i, name in enumerate(names) if e.labels[name]) for e in examples])
    table = np.array([[s.labels.get(name, -1.0) for name in names] for s in scores])
    choice = np.where(table.max(axis=1) < 0, -1, table.argmax(axis=1))
    per_label = {}
    for i, name in enumerate(names):
        precision, recall, f1 = precision_recall_f1((truth == i).astype(np.float64), (choice == i).astype(np.float64))
        per_label[name] = {"precision": rounded(precision), "recall": rounded(recall), "f1": rounded(f1)}
    f1s = [row["f1"] or 0.0 for row in per_label.values()]
    weights = [float((truth == i).mean()) for i in range(len(names))]
    return {
        "accuracy": rounded(float((truth == choice).mean())), "macro_f1": rounded(float(np.mean(f1s))),
        "weighted_f1": rounded(float(np.dot(f1s, weights))), "labels": per_label,
    }  # fmt: skip
