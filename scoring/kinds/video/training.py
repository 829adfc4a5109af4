"""The "quick" trainer: a small logistic head over what the detectors saw of each video, calibrated on the tune part.

Every file is looked at once; its feature row is kept by content and frame classifier in the cache folder. The labels are
those of the data. With a frame classifier (options of the context) the head reads its scores; without one it has
plain measurements and words only, and the bundle's card says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from scoring.artifacts import Bundle, write_bundle
from scoring.calibration import Calibrator
from scoring.kind import Split, TrainOptions
from scoring.kinds.video.features import feature_names, feature_row
from scoring.kinds.video.head import FILE, RISK, Head, Linear
from scoring.kinds.video.scorer import look
from scoring.media.errors import MediaError
from scoring.media.store import locate
from scoring.signals.frames import frame_classifier
from scoring.training.labels import is_benign, risk_target
from scoring.types import Example, Json, RunContext

Matrix = npt.NDArray[np.float64]
STRENGTHS = (0.003, 0.03, 0.3)  # inverse of the penalty; the tune part chooses
CACHE_FORMAT = 1


class TrainingError(ValueError):
    """The data cannot be learnt from; the message says why."""


def train_quick(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """Raises TrainingError when too few files can be read or no label occurs both ways."""
    context = _context(options)
    classifier = frame_classifier(context.options)
    frame_labels = classifier.labels if classifier else ()
    name = classifier.name if classifier else ""
    total = len(split.train) + len(split.tune)
    train, unread_train = _rows(split.train, context, frame_labels, name, options, 0, total)
    tune, unread_tune = _rows(split.tune, context, frame_labels, name, options, len(split.train), total)
    head = fit_head(train[0], train[1], tune[0], tune[1], frame_labels)
    options.progress(0.95, "Writing the model")
    meta = {
        "seed": options.seed, "frame_model": name or None, "frame_labels": list(frame_labels), "train": len(train[1]), "tune": len(tune[1]),
        "unreadable": unread_train + unread_tune,
    }  # fmt: skip

    def fill(folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(head.to_json()), "utf-8")
        (folder / "MODEL_CARD.md").write_text(_card(head, meta), "utf-8")

    bundle = write_bundle(
        out, kind="video", version=options.version or "trained", trainer="quick", labels=head.labels, fill=fill, meta=meta
    )
    options.progress(1.0, "Done")
    return bundle


def _context(options: TrainOptions) -> RunContext:
    """The context that was given, without a bank: known content teaches nothing."""
    return replace(options.context, bank=None, seed=options.seed)


def _rows(
    examples: Sequence[Example], context: RunContext, frame_labels: Sequence[str], model: str, options: TrainOptions, done: int, total: int
) -> tuple[tuple[Matrix, list[Example]], int]:
    """Feature rows (n, f) of the examples whose file could be read, those examples, and how many could not."""
    rows, kept = [], []
    for number, example in enumerate(examples, done + 1):
        options.progress(0.9 * number / max(1, total), f"Looking at file {number} of {total}")
        row = _cached_row(example, context, frame_labels, model, options.cache_dir)
        if row is not None:
            rows.append(row)
            kept.append(example)
    width = len(feature_names(frame_labels))
    return (np.stack(rows) if rows else np.zeros((0, width)), kept), len(examples) - len(kept)


def _cached_row(
    example: Example, context: RunContext, frame_labels: Sequence[str], model: str, cache_dir: Path | None
) -> Matrix | None:
    key = json.dumps([CACHE_FORMAT, model, feature_names(frame_labels), dict(example.item.payload)], sort_keys=True, default=str)
    place = None
    if cache_dir is not None:
        stamp = _stamp(example, context)
        place = cache_dir / "video" / f"{hashlib.sha256((key + stamp).encode()).hexdigest()}.npy"
        if stamp and place.is_file():
            return np.asarray(np.load(place, allow_pickle=False), np.float64)
    found = look(dict(example.item.payload), context)
    if found.seen is None or any(label not in found.seen.scores for label in frame_labels):
        return None
    row = feature_row(found.seen, found.text_risk, frame_labels)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, row, allow_pickle=False)
    return row


def _stamp(example: Example, context: RunContext) -> str:
    """The content of the example's file, "" when there is none."""
    try:
        path = locate(example.item.payload, context.media_root)
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except (MediaError, OSError):
        return ""


def fit_head(
    rows: Matrix, examples: Sequence[Example], tune_rows: Matrix, tune: Sequence[Example], frame_labels: Sequence[str]
) -> Head:
    """rows (n, f) and tune_rows (m, f) in the order of the examples."""
    targets = _targets(examples)
    if len(examples) < 4 or len(set(targets[RISK])) < 2:
        raise TrainingError("Too few of the videos could be read, or all of them are of one class.")
    scale = rows.std(axis=0)
    head = Head(frame_labels=tuple(frame_labels), mean=rows.mean(axis=0), scale=np.where(scale > 1e-9, scale, 1.0))
    tuned = _targets(tune)
    weight, tune_weight = np.array([e.weight for e in examples]), np.array([e.weight for e in tune])
    parts = {}
    for name, target in targets.items():
        if len(set(target)) == 2:
            known = np.array(tuned.get(name, [0] * len(tune)))
            parts[name] = _fit_one(head, rows, np.array(target), weight, (tune_rows, known, tune_weight))
    return Head(frame_labels=head.frame_labels, mean=head.mean, scale=head.scale, parts=parts)


def _targets(examples: Sequence[Example]) -> dict[str, list[int]]:
    names = sorted({name for e in examples for name in e.labels if not is_benign(name)})
    targets = {name: [e.labels.get(name, 0) for e in examples] for name in names if name != RISK}
    return targets | {RISK: [risk_target(e.labels) for e in examples]}


def _fit_one(head: Head, rows: Matrix, target: Matrix, weight: Matrix, tune: tuple[Matrix, Matrix, Matrix]) -> Linear:
    """The penalty with the least log loss on the tune part wins; the same part calibrates."""
    scaled, (tune_rows, known, tune_weight) = head.scaled(rows), tune
    best: tuple[float, LogisticRegression] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
        model.fit(scaled, target, sample_weight=weight)
        loss = _log_loss(model.decision_function(head.scaled(tune_rows)), known) if len(known) else strength
        if best is None or loss < best[0] - 1e-9:
            best = (loss, model)
    assert best is not None
    weights, bias = best[1].coef_[0].astype(float), float(best[1].intercept_[0])
    calibration = (tune_rows, known, tune_weight) if len(known) and tune_weight.sum() > 0 else (rows, target, weight)
    margin = head.scaled(calibration[0]) @ weights + bias
    return Linear(weights=weights, bias=bias, calibrator=Calibrator.fit(margin, calibration[1], calibration[2], scale="margin"))


def _log_loss(margin: Matrix, target: Matrix) -> float:
    return float(np.mean(np.logaddexp(0.0, np.where(target > 0, -margin, margin))))


def _card(head: Head, meta: Mapping[str, Json]) -> str:
    eyes = f"the frame classifier {meta['frame_model']}" if meta["frame_model"] else "plain measurements of light, colour and change only"
    return f"""# Video head

A logistic regression for each of {", ".join(head.labels) or "no label"}, over {eyes}, and the risk of the words in title,
description and frames.

- Trained on {meta["train"]} files, calibrated on {meta["tune"]}; {meta["unreadable"]} could not be read and were left out.
- Without a frame classifier it recognises nothing in a picture: it learns what the labelled uploads looked like, and every
  case still goes to a person.
- The words are scored by the review starter; what that cannot read, this cannot either.
"""
