"""Linear views of a text: n-grams with surface features, and encoder vectors; each gives one logit a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from scoring.signals.surface import NAMES, surface
from scoring.signals.tfidf import HashedTfidf
from scoring.text.logistic import fit_logistic

Floats = NDArray[np.float64]
Array = NDArray[Any]
SPECS = {"char": ("char", 2, 5), "word": ("word", 1, 2)}


def fit_logits(
    x: Any, y: Array, known: Array, weight: Array, *, exclusive: bool, strength: float, start: tuple[Array, Array] | None = None
) -> tuple[Floats, Floats]:
    """Logistic regression: one softmax where labels exclude each other, else one model a label over its known rows.

    x: (n, k) dense or csr, float32; y, known: (n, L) of 0/1; weight: (n,). Classes weigh the same, however rare they are. `strength` is
    the inverse of regularisation. `start`, weights and offsets of nearly the same items, saves steps.
    Returns weights (k, L) and offsets (L,). A label of one class only gets no weights and its smoothed log-odds. An item of weight 0 says
    nothing: a class of such items alone is none, or it would be weighed up without end.
    """
    labels = y.shape[1]
    table = np.zeros((labels, x.shape[1] + 1)) if start is None else np.vstack([start[0], start[1]]).T
    counts = weight > 0
    present = np.flatnonzero(y[counts].sum(axis=0) > 0)
    if exclusive and len(present) > 2:
        target = y[:, present]
        each = _balanced(target.argmax(axis=1), weight)
        table[present] = fit_logistic(x, target.T.astype(np.float64), each, strength, table[present])
        table[np.setdiff1d(np.arange(labels), present)] = _constant(x.shape[1], -10.0)
        return table[:, :-1].T, table[:, -1]
    for label in range(labels):
        rows = np.flatnonzero(counts & (known[:, label] > 0))
        target = y[rows, label]
        if len(set(target.tolist())) < 2:
            rate = (target.sum() + 0.5) / (len(target) + 1)
            table[label] = _constant(x.shape[1], float(np.log(rate) - np.log1p(-rate) - 2))
            continue
        every = len(rows) == x.shape[0]  # a copy of all rows costs as much as a few steps
        table[label] = fit_logistic(
            x if every else x[rows], target[None].astype(np.float64), _balanced(target, weight[rows]), strength, table[[label]]
        )[0]  # fmt: skip
    return table[:, :-1].T, table[:, -1]


def _balanced(classes: Array, weight: Array) -> Floats:
    """(n,): the weight of each item, such that every class weighs the same and all together as before."""
    each = np.bincount(classes, weight)
    up = np.divide(each.sum(), (each > 0).sum() * each, out=np.zeros_like(each), where=each > 0)
    return np.asarray(weight * up[classes], np.float64)


def _constant(features: int, offset: float) -> Floats:
    return np.append(np.zeros(features), offset)


@dataclass(frozen=True, slots=True)
class NgramView:
    """Character and word n-grams and surface features under one linear model. weights: float32 (k, L)."""

    char: HashedTfidf
    word: HashedTfidf
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]

    @staticmethod
    def features(char: HashedTfidf, word: HashedTfidf, texts: Sequence[str], written: Sequence[str]) -> Any:
        """csr (n, chars + words + surface); surface is measured on the texts as written."""
        return NgramView.joined([char.transform(texts), word.transform(texts)], written)

    @staticmethod
    def joined(blocks: Sequence[Any], written: Sequence[str]) -> Any:
        return sparse.hstack([*blocks, sparse.csr_matrix(surface(written))], format="csr", dtype=np.float32)

    def logits(self, texts: Sequence[str], written: Sequence[str]) -> Floats:
        return np.asarray(self.features(self.char, self.word, texts, written) @ self.weights + self.offsets, np.float64)

    def contributions(self, text: str) -> Floats:
        """(len(text), L): each n-gram's share of the logits, spread evenly over the code points that it covers."""
        out = np.zeros((len(text) + 1, self.weights.shape[1]))
        first = 0
        for block in (self.char, self.word):
            places, starts, ends, values = block.parts(text)
            shares = self.weights[first + places] * (values / np.maximum(1, ends - starts))[:, None]
            for label, share in enumerate(shares.T):
                out[:, label] += np.bincount(starts, share, len(out)) - np.bincount(ends, share, len(out))
            first += len(block.keys)
        total: Floats = np.cumsum(out, axis=0)[:-1]
        return total

    def arrays(self) -> dict[str, Array]:
        weights = self.weights.astype(np.float16)
        return {
            "char_keys": self.char.keys, "char_idf": self.char.idf.astype(np.float16), "word_keys": self.word.keys,
            "word_idf": self.word.idf.astype(np.float16), "weights": weights, "offsets": self.offsets,
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, data: Mapping[str, Array]) -> NgramView:
        """Raises ValueError when the arrays do not fit each other."""
        blocks = {
            unit: HashedTfidf(unit, low, high, data[f"{unit}_keys"].astype(np.int32), data[f"{unit}_idf"].astype(np.float32))  # type: ignore[arg-type]
            for unit, low, high in SPECS.values()
        }
        weights = data["weights"].astype(np.float32)
        if weights.shape[0] != len(blocks["char"].keys) + len(blocks["word"].keys) + len(NAMES):
            raise ValueError("the n-gram weights do not fit their vocabulary")
        return cls(blocks["char"], blocks["word"], weights, data["offsets"].astype(np.float32))

    def rounded(self) -> NgramView:
        """As it will be after saving: half precision. What is tuned and measured must be what serves."""
        return NgramView.from_arrays(self.arrays())


@dataclass(frozen=True, slots=True)
class VectorView:
    """A linear head over encoder vectors. weights: float32 (d, L)."""

    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]

    def logits(self, vectors: Array) -> Floats:
        return np.asarray(vectors @ self.weights + self.offsets, np.float64)

    @classmethod
    def fit(cls, vectors: Array, y: Array, known: Array, weight: Array, **settings: Any) -> VectorView:
        """Standardises inside, then folds mean and scale into the weights."""
        mean, scale = vectors.mean(axis=0), vectors.std(axis=0) + 1e-3
        inner, offsets = fit_logits((vectors - mean) / scale, y, known, weight, **settings)
        weights = inner / scale[:, None]
        return cls(weights.astype(np.float32), (offsets - mean @ weights).astype(np.float32))
