"""Fit a text model: features once, each view on all items, then blend and calibrate on cross-fitted logits, read as when serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.calibration import Calibrator
from scoring.signals.tfidf import HashedTfidf
from scoring.text.blend import fit_blend, view_loss
from scoring.text.classifier import Reading, TextModel, readings
from scoring.text.language import identify
from scoring.text.linear import SPECS, NgramView, VectorView, fit_logits
from scoring.training.labels import is_benign

Array = NDArray[Any]
Floats = NDArray[np.float64]
Progress = Callable[[float, str], None]
Encode = Callable[[Sequence[str], Callable[[float], None]], NDArray[np.float32]]
MANY, HELD = 20_000, 8_000  # of more than MANY texts, HELD are read by a model that has not seen them: enough to blend and calibrate
HEAD_STRENGTHS = (0.002, 0.05)  # where meaning is mixed, as in hate, a strong head learns the examples by heart; spam bears it
LANGUAGE_SHARE = 0.02  # of the sure texts: below it a language counts as not learnt


@dataclass(frozen=True, slots=True)
class Labelled:
    """n texts in parts (title, text). y, known: (n, L) of 0/1; weight: (n,)."""

    parts: Sequence[Sequence[str]]
    y: Array
    known: Array
    weight: Array
    groups: Sequence[str]  # texts of one group never help to judge each other

    @property
    def texts(self) -> list[str]:
        return ["\n".join(parts) for parts in self.parts]


@dataclass(frozen=True, slots=True)
class FitOptions:
    """max_features bounds each n-gram block; strength is the inverse regularisation of the n-gram model, head_strength the head's
    (None: whichever of HEAD_STRENGTHS the folds find better)."""

    seed: int = 0
    max_features: int = 200_000
    min_df: int = 2
    strength: float = 2.0
    head_strength: float | None = None
    folds: int = 4


def is_exclusive(y: Array, known: Array) -> bool:
    """Whether every row names exactly one label."""
    return y.shape[1] > 1 and bool(known.all()) and bool((y.sum(axis=1) == 1).all())


def combined(train: Labelled, tune: Labelled) -> Labelled:
    stack = np.concatenate
    return Labelled(
        [*train.parts, *tune.parts], stack([train.y, tune.y]), stack([train.known, tune.known]), stack([train.weight, tune.weight]),
        [*train.groups, *tune.groups],
    )  # fmt: skip


def fold_numbers(groups: Sequence[str], folds: int, seed: int) -> NDArray[np.int64]:
    """(n,): a fold for each text, texts of one group in one fold, folds of about equal size."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    of = {names[place]: rank % folds for rank, place in enumerate(order)}
    return np.array([of[group] for group in groups], np.int64)


def judging_folds(groups: Sequence[str], options: FitOptions) -> NDArray[np.int64]:
    """As fold_numbers(); of MANY texts one fold of about HELD of them, and -1 for the others, which no model is asked about."""
    if len(groups) <= MANY:
        return fold_numbers(groups, options.folds, options.seed)
    folds = fold_numbers(groups, len(groups) // HELD, options.seed)
    return np.where(folds == 0, 0, -1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Every distinct text once, with the rows that training and serving read. `train_rows`: (n,); readings as when serving."""

    texts: Sequence[str]
    written: Sequence[str]
    train_rows: Array
    read_rows: Array
    found: Sequence[Reading]

    @classmethod
    def of(cls, data: Labelled) -> Sheet:
        found = readings(data.parts)
        rows: dict[tuple[str, str], int] = {}
        train = [rows.setdefault((text, text), len(rows)) for text in data.texts]
        read = [rows.setdefault((r.form.text, r.form.source), len(rows)) for r in found]
        return cls([t for t, _ in rows], [w for _, w in rows], np.array(train), np.array(read), found)


def cross_fit(
    fit: Callable[[Array], Callable[[Array], Floats]], sheet: Sheet, folds: NDArray[np.int64], labels: int, tell: Callable[[float], None]
) -> Floats:
    """Logits of every reading (r, L) from a model that did not see its text: what calibration needs in order to be honest.

    `fit(items)` trains on these items and returns a map from rows of the sheet to logits. Texts of fold -1 get none.
    """
    owners = np.array([r.owner for r in sheet.found])
    out = np.zeros((len(owners), labels))
    for fold in np.unique(folds[folds >= 0]):
        tell(float(fold) / (folds.max() + 1))
        held = np.flatnonzero(folds[owners] == fold)
        seen = np.flatnonzero(folds != fold)
        out[held] = fit(seen if len(seen) else np.arange(len(folds)))(sheet.read_rows[held])
    return out


def settle_model(
    labels: Sequence[str], data: Labelled, sheet: Sheet, views: tuple[NgramView, VectorView | None], logits: tuple[Floats, Floats | None],
    use: Array | None = None,
) -> TextModel:  # fmt: skip
    """Blend and calibrate from honest logits of the readings; `use` (n,) says which items may count (default all)."""
    exclusive = is_exclusive(data.y, data.known)
    use = np.ones(len(data.parts), bool) if use is None else use
    first, second = logits
    owners = np.array([r.owner for r in sheet.found])
    plain = np.array([int(i) for i in np.unique(owners, return_index=True)[1]])  # the first reading is the text as written
    chosen = plain[use]
    blend = fit_blend(labels, exclusive, first[chosen], None if second is None else second[chosen], data.y[use], data.known[use])
    mixed = blend.mix(first, second)
    unit = Calibrator.from_json({"method": "platt", "scale": "margin", "params": [1.0, 0.0], "x": [], "y": []})
    draft = TextModel(tuple(labels), views[0], blend, (unit,) * len(labels), unit, learnt_languages(data.texts), views[1])
    picked = np.take_along_axis(mixed, draft.settle(sheet.found, mixed, len(data.parts)).top, axis=0)
    known = data.known * use[:, None]
    calibrators = tuple(_calibrate(picked[:, i], data.y[:, i], known[:, i], data.weight) for i in range(len(labels)))
    target, sure = risk_targets(labels, data.y, data.known)
    risk = _calibrate(blend.margin(picked), target, sure & use, data.weight)
    return TextModel(draft.labels, views[0], blend, calibrators, risk, draft.languages, views[1])


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


def ngram_blocks(sheet: Sheet, options: FitOptions) -> tuple[HashedTfidf, HashedTfidf, Any]:
    """Both vocabularies, from the texts to train on, and the features of all rows of the sheet; each text is counted once."""
    fitted, blocks = [], []
    for unit, low, high in SPECS.values():
        counts = HashedTfidf.empty(unit, low, high).count(sheet.texts)  # type: ignore[arg-type]
        block = HashedTfidf.empty(unit, low, high).fitted(  # type: ignore[arg-type]
            counts.rows(sheet.train_rows), min_df=options.min_df, max_features=options.max_features
        )
        fitted.append(block)
        blocks.append(block.weighed(counts))
    return fitted[0], fitted[1], NgramView.joined(blocks, sheet.written)


def fit_ngram_view(
    data: Labelled, sheet: Sheet, folds: NDArray[np.int64], options: FitOptions, progress: Callable[[float], None]
) -> tuple[NgramView, Floats]:
    """The n-gram view over all items, and honest logits of all readings."""
    exclusive = is_exclusive(data.y, data.known)
    char, word, x = ngram_blocks(sheet, options)

    begun: tuple[Floats, Floats] | None = None

    def fit(items: Array) -> tuple[Floats, Floats]:
        return fit_logits(
            x[sheet.train_rows[items]], data.y[items], data.known[items], data.weight[items], exclusive=exclusive,
            strength=options.strength, start=begun,
        )  # fmt: skip

    def predictor(items: Array) -> Callable[[Array], Floats]:
        nonlocal begun
        weights, offsets = fit(items)
        begun = (weights, offsets) if (folds < 0).any() else None  # one fold left out: the last fit begins where this one ended
        return lambda rows: np.asarray(x[rows] @ weights + offsets, np.float64)

    honest = cross_fit(predictor, sheet, folds, data.y.shape[1], progress)
    weights, offsets = fit(np.arange(len(data.parts)))
    return NgramView(char, word, weights.astype(np.float32), offsets.astype(np.float32)).rounded(), honest


def fit_head_view(
    data: Labelled, sheet: Sheet, folds: NDArray[np.int64], vectors: Array, options: FitOptions
) -> tuple[VectorView, Floats]:
    """The head over all items, and honest logits of all readings. vectors: a row for each text of the sheet."""
    exclusive = is_exclusive(data.y, data.known)
    owners = np.array([r.owner for r in sheet.found])
    judged = folds[owners] >= 0

    def fit(items: Array, strength: float) -> VectorView:
        return VectorView.fit(
            vectors[sheet.train_rows[items]], data.y[items], data.known[items], data.weight[items], exclusive=exclusive,
            strength=strength,
        )

    def honest(strength: float) -> Floats:
        def predictor(items: Array) -> Callable[[Array], Floats]:
            view = fit(items, strength)
            return lambda rows: view.logits(vectors[rows])

        return cross_fit(predictor, sheet, folds, data.y.shape[1], lambda share: None)

    def loss(strength: float) -> float:
        return view_loss(found[strength][judged], data.y[owners][judged], data.known[owners][judged], exclusive=exclusive)

    found = {s: honest(s) for s in (HEAD_STRENGTHS if options.head_strength is None else (options.head_strength,))}
    best = min(found, key=loss) if len(found) > 1 else next(iter(found))
    return fit(np.arange(len(data.parts)), best), found[best]


def fit_text_model(
    labels: Sequence[str], train: Labelled, tune: Labelled, encode: Encode | None, options: FitOptions, progress: Progress
) -> TextModel:
    """The quick recipe: each view is fitted on all items; blend, biases and calibrators come from cross-fitted logits.

    `encode` None leaves the encoder out. Deterministic by seed.
    """
    data = combined(train, tune)
    sheet = Sheet.of(data)
    folds = judging_folds(data.groups, options)
    judged = folds >= 0
    progress(0.02, f"Reading {len(data.parts)} texts as character and word n-grams")
    ngrams, first = fit_ngram_view(data, sheet, folds, options, lambda share: progress(0.05 + 0.25 * share, "Training on n-grams"))
    if encode is None:
        progress(0.9, "Calibrating")
        return settle_model(labels, data, sheet, (ngrams, None), (first, None), judged)
    vectors = encode(sheet.texts, lambda share: progress(0.3 + 0.5 * share, "Encoding the texts"))
    progress(0.82, "Training the head over the encoder")
    head, second = fit_head_view(data, sheet, folds, vectors, options)
    progress(0.92, "Blending and calibrating")
    return settle_model(labels, data, sheet, (ngrams, head), (first, second), judged)
