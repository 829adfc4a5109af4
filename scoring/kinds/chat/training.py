"""The quick trainer: logistic regression per label, strength chosen and probabilities calibrated on the tune part.

A label that an example lacks is unknown: it neither trains nor calibrates that head. Classes are weighted in training only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from scoring.artifacts import Bundle, write_bundle
from scoring.calibration import Calibrator, logit
from scoring.kind import Split, TrainOptions
from scoring.kinds.chat.model import RISK, Array, ChatModel, Matrix, Space, View, views
from scoring.signals.embedding_cache import EmbeddingCache
from scoring.signals.text_encoder import get_encoder
from scoring.training.labels import is_benign, risk_target
from scoring.types import Example

STRENGTHS = (0.3, 1.0, 3.0, 10.0)
MAX_FEATURES = 20_000


def train_quick(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """Parameters: `encoder` (true), `max_features` a block, `card` (text of the model card)."""
    names = list(dict.fromkeys(name for e in split.train for name in e.labels if not is_benign(name)))
    labels = (RISK, *(name for name in names if name != RISK))
    options.progress(0.02, "Reading the conversations")
    train, tune = [_view(e) for e in split.train], [_view(e) for e in split.tune]
    encoder = bool(options.parameters.get("encoder", True))
    space = Space.fit(train, encoder=encoder, max_features=int(options.parameters.get("max_features", MAX_FEATURES)))
    vectors, encoder_id, graph = _encode([*train, *tune], options) if encoder else ({}, "", None)
    options.progress(0.6, "Counting words")
    rows, held = space.rows(train, vectors), space.rows(tune, vectors)
    weights, intercepts, calibrators, chosen = [], [], [], {}
    for i, label in enumerate(labels):
        options.progress(0.65 + 0.3 * i / len(labels), f"Fitting {label}")
        weight, intercept, calibrator, strength = _head(rows, split.train, held, split.tune, label, options.seed)
        weights.append(weight)
        intercepts.append(intercept)
        calibrators.append(calibrator)
        chosen[label] = strength
    stored = np.asarray(weights, dtype=np.float16).astype(np.float32)  # as it is kept: what is calibrated is what serves
    model = ChatModel(
        space=space, labels=labels, weights=stored, intercepts=np.asarray(intercepts), calibrators=tuple(calibrators),
        encoder_id=encoder_id,
    )  # fmt: skip
    options.progress(0.97, "Writing the model")

    def fill(folder: Path) -> None:
        model.write(folder)
        if card := options.parameters.get("card"):
            (folder / "MODEL_CARD.md").write_text(str(card), "utf-8")

    meta = {"seed": options.seed, "train": len(train), "tune": len(tune), "strength": chosen, "encoder_graph": graph}
    return write_bundle(
        out, kind="chat", version=options.version or "0", trainer="quick", labels=tuple(names) or (RISK,), fill=fill, meta=meta
    )


def _view(example: Example) -> View:
    """An example's labels are about the account under review: of two possible views the first is its own."""
    return views(example.item)[0]


def _encode(seen: Sequence[View], options: TrainOptions) -> tuple[Mapping[str, Any], str, str]:
    """(vectors by text, id of the encoder, digest of its graph)."""
    encoder = get_encoder()
    texts = list(dict.fromkeys(t for v in seen for t in v.readings))
    cache = EmbeddingCache(options.cache_dir)
    vectors = cache.encode(encoder, texts, lambda share: options.progress(0.05 + 0.5 * share, "Reading with the encoder"))
    return dict(zip(texts, vectors, strict=True)), encoder.id, encoder.graph_sha256


def _targets(examples: Sequence[Example], label: str) -> tuple[Array, Array, Array]:
    """(row numbers, targets, weights) of the examples that say something of this label."""
    told = [(i, risk_target(e.labels) if label == RISK else e.labels.get(label), e.weight) for i, e in enumerate(examples)]
    table = np.asarray([(i, y, w) for i, y, w in told if y is not None], dtype=np.float64).reshape(-1, 3)
    rows: Any = table[:, 0].astype(np.int64)
    return rows, table[:, 1], table[:, 2]


def _head(
    rows: Matrix, train: Sequence[Example], held: Matrix, tune: Sequence[Example], label: str, seed: int
) -> tuple[Array, float, Calibrator, float]:
    """(weights, intercept, calibrator, chosen strength) of one label."""
    at, y, w = _targets(train, label)
    at_held, y_held, w_held = _targets(tune, label)
    if len(np.unique(y)) < 2:
        constant = float(logit((w @ y + 0.5) / (w.sum() + 1))) if len(y) else 0.0
        weights, intercept, best = np.zeros(rows.shape[1]), constant, 0.0
    else:
        fits = [(c, *_fit(rows[at], y, w, c, seed)) for c in STRENGTHS]
        usable = len(np.unique(y_held)) == 2
        losses = [_loss(held[at_held] @ v + b, y_held, w_held) if usable else c for c, v, b in fits]
        best, weights, intercept = fits[int(np.argmin(losses))]
    x, t, v = (held[at_held], y_held, w_held) if len(y_held) else (rows[at], y, w)
    stored = weights.astype(np.float16).astype(np.float64)
    calibrator = Calibrator.fit(x @ stored + intercept, t, v, scale="margin") if len(t) else _plain()
    return weights, intercept, calibrator, best


def _fit(rows: Matrix, y: Array, w: Array, strength: float, seed: int) -> tuple[Array, float]:
    model = LogisticRegression(C=strength, max_iter=1000, class_weight="balanced", random_state=seed)
    model.fit(rows, y, sample_weight=w)
    return model.coef_[0].astype(np.float64), float(model.intercept_[0])


def _loss(margin: Array, y: Array, w: Array) -> float:
    """Log loss after calibration on the same part: ranks strengths by how well they separate, not by their offset."""
    calibrated = Calibrator.fit(margin, y, w, scale="margin").apply(margin)
    return float(log_loss(y, calibrated, sample_weight=w, labels=[0, 1]))


def _plain() -> Calibrator:
    """Margins read as log-odds: nothing is known of this label."""
    return Calibrator.fit(np.array([-1.0, 1.0]), np.array([0.0, 1.0]), scale="margin")
