"""Fit a text model: features once, each view by a small search on the tune part, then blend and calibrators on what will serve."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.calibration import Calibrator
from scoring.signals.tfidf import HashedTfidf
from scoring.text.blend import Blend, fit_blend
from scoring.text.classifier import SecondView, TextModel, readings
from scoring.text.language import identify
from scoring.text.linear import NgramView, VectorView, fit_logits
from scoring.training.labels import is_benign

log = logging.getLogger(__name__)
Array = NDArray[Any]
Progress = Callable[[float, str], None]
Encode = Callable[[Sequence[str], Callable[[float], None]], NDArray[np.float32]]
LANGUAGE_SHARE = 0.02  # of the sure texts: below it a language counts as not learnt


@dataclass(frozen=True, slots=True)
class Labelled:
    """n texts in parts (title, text). y, known: (n, L) of 0/1; weight: (n,)."""

    parts: Sequence[Sequence[str]]
    y: Array
    known: Array
    weight: Array

    @property
    def texts(self) -> list[str]:
        return ["\n".join(parts) for parts in self.parts]


@dataclass(frozen=True, slots=True)
class FitOptions:
    """max_features bounds each n-gram block; strength is the inverse regularisation of the n-gram model."""

    seed: int = 0
    max_features: int = 200_000
    min_df: int = 2
    strength: float = 2.0
    head_strength: float = 0.05


def is_exclusive(y: Array, known: Array) -> bool:
    """Whether every row names exactly one label."""
    return y.shape[1] > 1 and bool(known.all()) and bool((y.sum(axis=1) == 1).all())


def fit_ngrams(train: Labelled, exclusive: bool, options: FitOptions) -> NgramView:
    texts = train.texts
    char, word = (
        HashedTfidf.fit(texts, unit, low, high, min_df=options.min_df, max_features=options.max_features)  # type: ignore[arg-type]
        for unit, low, high in (("char", 2, 5), ("word", 1, 2))
    )
    x = NgramView.features(char, word, texts, texts)
    weights, offsets = fit_logits(
        x, train.y, train.known, train.weight, exclusive=exclusive, strength=options.strength, balanced=True, seed=options.seed
    )
    return NgramView(char, word, weights.astype(np.float32), offsets.astype(np.float32)).rounded()


def fit_head(train: Labelled, vectors: Array, exclusive: bool, options: FitOptions) -> VectorView:
    return VectorView.fit(
        vectors, train.y, train.known, train.weight, exclusive=exclusive, strength=options.head_strength, balanced=True, seed=options.seed
    )


def finish(
    labels: Sequence[str], ngrams: NgramView, head: VectorView | None, second: SecondView | None, train: Labelled, tune: Labelled
) -> TextModel:
    """Blend and calibrate on the tune part, read as it will be read when serving: every window, raw and normalised, the worst."""
    exclusive = is_exclusive(np.vstack([train.y, tune.y]), np.vstack([train.known, tune.known]))
    found = readings(tune.parts)
    texts, written = [r.form.text for r in found], [r.form.source for r in found]
    first = ngrams.logits(texts, written)
    other = second(texts) if second is not None else None
    owners = np.array([r.owner for r in found])
    plain = np.array([int(np.flatnonzero(owners == i)[0]) for i in range(len(tune.parts))])
    blend = fit_blend(labels, exclusive, first[plain], None if other is None else other[plain], tune.y, tune.known)
    mixed = blend.mix(first, other)
    unit = Calibrator.from_json({"method": "platt", "scale": "margin", "params": [1.0, 0.0], "x": [], "y": []})
    draft = TextModel(tuple(labels), ngrams, blend, (unit,) * len(labels), unit, learnt_languages(train.texts), head)
    top = draft.settle(found, mixed, len(tune.parts)).top
    picked = np.take_along_axis(mixed, top, axis=0)
    calibrators = tuple(_calibrate(picked[:, i], tune.y[:, i], tune.known[:, i], tune.weight) for i in range(len(labels)))
    target, sure = risk_targets(labels, tune.y, tune.known)
    risk = _calibrate(blend.margin(picked), target, sure, tune.weight)
    return TextModel(draft.labels, ngrams, blend, calibrators, risk, draft.languages, head)


def risk_targets(labels: Sequence[str], y: Array, known: Array) -> tuple[Array, Array]:
    """(target, known): broken when any harmful label is 1; kept only where every harmful label is known to be 0."""
    bad = np.array([not is_benign(label) for label in labels])
    target = (y[:, bad] * known[:, bad]).any(axis=1).astype(int) if bad.any() else np.zeros(len(y), int)
    return target, (target == 1) | known[:, bad].all(axis=1)


def _calibrate(raw: Array, y: Array, known: Array, weight: Array) -> Calibrator:
    rows = np.flatnonzero(np.asarray(known, bool) & (np.asarray(weight) > 0))
    if not len(rows):
        return Calibrator.fit([0.0], [0], scale="margin")
    return Calibrator.fit(raw[rows], y[rows], weight[rows], scale="margin")


def learnt_languages(texts: Sequence[str], most: int = 2000) -> tuple[str, ...]:
    """The languages that the training texts are surely in, from an even sample of them; English when none is sure."""
    step = max(1, len(texts) // most)
    sure = Counter(found.code for text in texts[::step] if (found := identify(text)) is not None and found.sure)
    total = sum(sure.values())
    return tuple(sorted(code for code, n in sure.items() if n >= max(2, LANGUAGE_SHARE * total))) or ("en",)


def fit_text_model(
    labels: Sequence[str], train: Labelled, tune: Labelled, encode: Encode | None, options: FitOptions, progress: Progress
) -> TextModel:
    """The quick recipe. `encode` None leaves the encoder out. Deterministic by seed."""
    exclusive = is_exclusive(np.vstack([train.y, tune.y]), np.vstack([train.known, tune.known]))
    progress(0.02, f"Reading {len(train.parts)} texts as character and word n-grams")
    ngrams = fit_ngrams(train, exclusive, options)
    if encode is None:
        progress(0.8, "Calibrating")
        return finish(labels, ngrams, None, None, train, tune)
    vectors = encode(train.texts, lambda share: progress(0.2 + 0.5 * share, "Encoding the texts"))
    progress(0.72, "Training the head over the encoder")
    head = fit_head(train, vectors, exclusive, options)
    second: SecondView = lambda texts: head.logits(encode(texts, lambda share: progress(0.75 + 0.2 * share, "Encoding the tune part")))  # noqa: E731
    model = finish(labels, ngrams, head, second, train, tune)
    progress(0.97, "Calibrated on the tune part")
    return model
