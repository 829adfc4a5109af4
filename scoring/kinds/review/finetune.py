"""The fine-tune trainer: the encoder itself learns the labels, is exported to int8, and is blended with the n-gram view."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from scoring.artifacts import Bundle
from scoring.kind import Split, TrainOptions
from scoring.kinds.review.training import as_labelled, label_set, seal
from scoring.signals.encoder_graph import QUANTISATION, build_graph, quantise
from scoring.signals.encoder_source import TOKENIZER
from scoring.signals.text_encoder import TextEncoder
from scoring.signals.tuned_encoder import TUNED, tuned_logits
from scoring.text.fitting import FitOptions, Sheet, combined, fit_ngram_view, fold_numbers, is_exclusive, settle_model
from scoring.text.tuning import TuneOptions, fine_tune


def read_options(options: TrainOptions) -> tuple[FitOptions, TuneOptions]:
    """Raises ValueError on a parameter that there is not."""
    given = {k: v for k, v in options.parameters.items() if k not in ("partial_labels", "card")}
    names = {f.name for f in fields(TuneOptions)}
    try:
        tune = TuneOptions(**{"seed": options.seed, **{k: v for k, v in given.items() if k in names}})
        return FitOptions(**{"seed": options.seed, **{k: v for k, v in given.items() if k not in names}}), tune
    except TypeError as error:
        raise ValueError(f"unknown parameter for the fine-tune trainer: {error}") from error


def train_fine_tune(split: Split, out: Path, options: TrainOptions) -> Bundle:
    """Parameters: those of the quick trainer, and epochs, batch, rate, tokens, threads, dropout, bf16.

    The encoder sees only the train part; blend, biases and calibrators come from the tune part, from the int8 graph that serves.
    """
    fit_options, tune_options = read_options(options)
    labels = label_set(split)
    partial = bool(options.parameters.get("partial_labels", False))
    train, tune = (as_labelled(part, labels, partial=partial) for part in (split.train, split.tune))
    data = combined(train, tune)
    exclusive = is_exclusive(data.y, data.known)
    options.progress(0.0, f"Fine-tuning the encoder on {len(train.parts)} texts")
    state, config, source = fine_tune(
        train.texts, train.y, train.known, train.weight, exclusive=exclusive, options=tune_options,
        progress=lambda share, sentence: options.progress(0.8 * share, sentence),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        options.progress(0.81, "Quantising to int8, one scale a channel")
        quantise(build_graph(state, config), work / TUNED)
        shutil.copyfile(source / TOKENIZER, work / TOKENIZER)
        encoder = TextEncoder(work, graph=work / TUNED)
        sheet = Sheet.of(data)
        folds = fold_numbers(data.groups, fit_options.folds, options.seed)
        ngrams, first = fit_ngram_view(
            data, sheet, folds, fit_options, lambda share: options.progress(0.82 + 0.1 * share, "Training on n-grams")
        )
        use = np.arange(len(data.parts)) >= len(train.parts)
        owners = np.array([r.owner for r in sheet.found])
        second = np.zeros_like(first)
        rows = np.flatnonzero(use[owners]).tolist()
        options.progress(0.93, "Reading the tune part with the int8 encoder")
        second[rows] = tuned_logits(encoder, [sheet.found[r].form.text for r in rows])
        model = settle_model(labels, data, sheet, (ngrams, None), (first, second), use)

        def fill(target: Path) -> None:
            for name in (TUNED, TOKENIZER):
                shutil.copyfile(work / name, target / name)

        return seal(model, out, "fine-tune", options, split, {"quantisation": QUANTISATION, "epochs": tune_options.epochs}, fill)
