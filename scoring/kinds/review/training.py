"""Trainers of the review kind: from examples to a bundle that ReviewScorer serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.artifacts import Bundle, write_bundle
from scoring.kind import Split, TrainOptions
from scoring.kinds.review.features import parts_of
from scoring.kinds.review.payload import searchable_text
from scoring.signals.embedding_cache import EmbeddingCache
from scoring.signals.text_encoder import encoder_id, get_encoder
from scoring.text.classifier import TextModel
from scoring.text.fitting import FitOptions, Labelled, fit_text_model
from scoring.training.dataset import near_key
from scoring.types import Example, Json


def label_set(split: Split) -> tuple[str, ...]:
    """What the data has, in order of name. Raises ValueError when it has none."""
    names = sorted({name for part in (split.train, split.tune) for example in part for name in example.labels})
    if not names:
        raise ValueError("the examples carry no labels")
    return tuple(names)


def as_labelled(examples: Sequence[Example], labels: Sequence[str], *, partial: bool) -> Labelled:
    """With `partial`, a label that an example does not carry is unknown; without, it is 0."""
    y = np.array([[int(bool(e.labels.get(name, 0))) for name in labels] for e in examples], int).reshape(len(examples), len(labels))
    known = np.ones_like(y)
    if partial:
        known = np.array([[int(name in e.labels) for name in labels] for e in examples], int).reshape(y.shape)
    groups = [e.group or near_key(searchable_text(e.item.payload)) or e.item.id for e in examples]
    weight = np.array([e.weight for e in examples], float)
    return Labelled([parts_of(e.item.payload) for e in examples], y, known, weight, groups)


def fit_options(options: TrainOptions) -> FitOptions:
    """Raises ValueError on a parameter that there is not."""
    given = {k: v for k, v in options.parameters.items() if k not in ("encoder", "partial_labels", "card")}
    try:
        return FitOptions(seed=options.seed, **given)
    except TypeError as error:
        raise ValueError(f"unknown parameter for the quick trainer: {error}") from error


def cached_encoder(options: TrainOptions) -> Callable[[Sequence[str], Callable[[float], None]], NDArray[np.float32]]:
    cache, encoder = EmbeddingCache(options.cache_dir), get_encoder()
    memory: dict[str, NDArray[np.float32]] = {}

    def encode(texts: Sequence[str], progress: Callable[[float], None]) -> NDArray[np.float32]:
        fresh = [text for text in dict.fromkeys(texts) if text not in memory]
        memory.update(zip(fresh, cache.encode(encoder, fresh, progress), strict=True))
        return np.stack([memory[text] for text in texts])

    return encode


def train_quick(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """n-grams and the frozen encoder, blended and calibrated on the tune part.

    Parameters: encoder (True), partial_labels (False: a label that is missing is 0), max_features, min_df, strength, head_strength, folds.
    """
    labels = label_set(split)
    partial = bool(options.parameters.get("partial_labels", False))
    train, tune = (as_labelled(part, labels, partial=partial) for part in (split.train, split.tune))
    settings, use = fit_options(options), bool(options.parameters.get("encoder", True))
    options.progress(0.0, "Preparing the sentence encoder" if use else "Starting")
    encode = cached_encoder(options) if use else None
    model = fit_text_model(labels, train, tune, encode, settings, options.progress)
    used = {"encoder": encoder_id(), "encoder_graph": get_encoder().graph_sha256} if use else {"encoder": None}
    return seal(model, out, "quick", options, split, used)


def seal(
    model: TextModel, out: Path, trainer: str, options: TrainOptions, split: Split, extra: dict[str, Json],
    fill: Callable[[Path], Any] | None = None,
) -> Bundle:  # fmt: skip
    """Write the bundle, with a model card that says what it is made of."""

    def write(folder: Path) -> None:
        model.save(folder)
        if fill is not None:
            fill(folder)
        (folder / "MODEL_CARD.md").write_text(_card(model, trainer, options, split), "utf-8")

    meta = {
        "seed": options.seed, "train": len(split.train), "tune": len(split.tune), "exclusive": model.blend.exclusive,
        "languages": list(model.languages), "parameters": {k: v for k, v in options.parameters.items() if k != "card"}, **extra,
    }  # fmt: skip
    version = options.version or "trained"
    bundle = write_bundle(out, kind="review", version=version, trainer=trainer, labels=model.labels, fill=write, meta=meta)
    options.progress(1.0, "The model is written")
    return bundle


def _card(model: TextModel, trainer: str, options: TrainOptions, split: Split) -> str:
    given = options.parameters.get("card")
    if isinstance(given, str):
        return given
    counts = {name: sum(bool(e.labels.get(name)) for e in split.train) for name in model.labels}
    lines = [
        "# Review model", "",
        f"Trainer: {trainer}, seed {options.seed}. Trained on {len(split.train)} texts, tuned on {len(split.tune)}.", "",
        "| label | examples | share of the encoder |", "|---|---|---|",
        *(f"| {name} | {counts[name]} | {share:.1f} |" for name, share in zip(model.labels, model.blend.share, strict=True)), "",
        f"Languages learnt: {', '.join(model.languages)}. Other languages and scripts go to a person.", "",
        "Not for use without a person where a wrong decision harms somebody, unless its thresholds are certified.", "",
    ]  # fmt: skip
    return "\n".join(lines)
