"""Trains the heads of a contact model from labelled records.

Labels say what is wrong: any of email, company, phone; or one for the whole record (wrong, bad); or what the data has.
A label that a record lacks is unknown: it neither trains nor calibrates that head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from scoring.artifacts import Bundle, write_bundle
from scoring.calibration import Calibrator
from scoring.kind import Split, TrainOptions
from scoring.kinds.contact.features import FEATURES, extract
from scoring.kinds.contact.heads import Array, BoostedHead, CalibratedHead, Head, LinearHead
from scoring.training.labels import is_benign, risk_target
from scoring.types import Example, Json

RISK = "risk"
MARGIN = 0.01  # AUC by which trees must win: what the loss of readable weights is worth
WHOLE = ("wrong", "bad")


def record_wrong(labels: Mapping[str, int]) -> int | None:
    """1 when the record is wrong as a whole; None when the labels do not say.

    Good = company right and e-mail right or missing: the phone does not count. Labels of other names count as any harm.
    """
    for name in WHOLE:
        if name in labels:
            return labels[name]
    if "company" in labels or "email" in labels:
        if labels.get("company") or labels.get("email"):
            return 1
        return 0 if "company" in labels else None
    others = {name: value for name, value in labels.items() if name != "phone"}
    return risk_target(others) if others else None


def train_quick(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """Logistic regression for every head. Parameters: strength (inverse of the penalty), card.

    Raises ValueError when no record says whether it is right.
    """
    return _train(split, out, options, boosted=False)


def train_boosted(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """Boosted trees where they beat the logistic regression by MARGIN in AUC on the tune part, else the regression.

    Parameters: those of the quick trainer, and any of LightGBM.
    """
    return _train(split, out, options, boosted=True)


def _train(split: Split, out: Path, options: TrainOptions, *, boosted: bool) -> Bundle:
    options.progress(0.05, "Reading the records")
    names = list(dict.fromkeys(name for e in split.train for name in e.labels if not is_benign(name)))
    train, tune = _matrix(split.train), _matrix(split.tune)
    heads: dict[str, CalibratedHead] = {}
    chosen: dict[str, Json] = {}
    for i, name in enumerate([RISK, *names]):
        options.progress(0.1 + 0.8 * i / (len(names) + 1), f"Fitting {name}")
        rows, y, w = _targets(split.train, name)
        if not len(rows):
            if name == RISK:
                raise ValueError("no record says whether it is right as a whole: label its company, or the record")
            continue
        held, y_held, w_held = _targets(split.tune, name)
        head, chosen[name] = _fit(train[rows], y, w, tune[held], y_held, options, boosted)
        x, t, weight = (tune[held], y_held, w_held) if len(held) else (train[rows], y, w)
        calibrator = Calibrator.fit(head.margin(x), t, weight, scale="margin")
        heads[name] = CalibratedHead(head=head, calibrator=calibrator)
    options.progress(0.95, "Writing the model")
    data = {"features": list(FEATURES), "heads": {name: head.to_json() for name, head in heads.items()}}

    def fill(folder: Path) -> None:
        (folder / "heads.json").write_text(json.dumps(data, indent=1), "utf-8")
        if card := options.parameters.get("card"):
            (folder / "MODEL_CARD.md").write_text(str(card), "utf-8")

    return write_bundle(
        out, kind="contact", version=options.version or "0", trainer="boosted" if boosted else "quick",
        labels=tuple(name for name in heads if name != RISK) or (RISK,), fill=fill,
        meta={"seed": options.seed, "train": len(split.train), "tune": len(split.tune), "heads": chosen},
    )  # fmt: skip


def _matrix(examples: Sequence[Example]) -> Array:
    rows = [list(extract(e.item).values()) for e in examples]
    return np.asarray(rows, dtype=np.float64).reshape(-1, len(FEATURES))


def _targets(examples: Sequence[Example], name: str) -> tuple[Array, Array, Array]:
    """(row numbers, targets, weights) of the examples that say something of this head."""
    told = [(i, record_wrong(e.labels) if name == RISK else e.labels.get(name), e.weight) for i, e in enumerate(examples)]
    known = [(i, y, w) for i, y, w in told if y is not None]
    table = np.asarray(known, dtype=np.float64).reshape(-1, 3)
    rows: Array = table[:, 0].astype(np.int64)
    return rows, table[:, 1], table[:, 2]


def _fit(x: Array, y: Array, w: Array, x_held: Array, y_held: Array, options: TrainOptions, boosted: bool) -> tuple[Head, Json]:
    given = {name: value for name, value in options.parameters.items() if name not in ("card", "strength")}
    linear = LinearHead.fit(x, y, w, options.seed, float(options.parameters.get("strength", 1.0)))
    found: dict[str, Json] = {"model": "linear", "auc": _auc(linear, x_held, y_held)}
    if not boosted or len(np.unique(y)) < 2:
        return linear, found
    trees = BoostedHead.fit(x, y, w, options.seed, given)
    found["auc_boosted"] = _auc(trees, x_held, y_held)
    if found["auc"] is None or found["auc_boosted"] < found["auc"] + MARGIN:
        return linear, found
    return trees, {**found, "model": "boosted"}


def _auc(head: Head, x: Array, y: Array) -> float | None:
    return round(float(roc_auc_score(y, head.margin(x))), 4) if len(np.unique(y)) == 2 else None
