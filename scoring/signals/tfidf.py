"""TF-IDF over character and word n-grams, its vocabulary kept as 32-bit hashes.

Hashes instead of strings keep bundles small and keep the words of the training texts out of them. With 300,000 n-grams
about ten share a hash by chance. Weights: sublinear tf, smoothed idf, rows of length 1 (Salton and Buckley 1988).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import FeatureHasher
from sklearn.utils import murmurhash3_32

Unit = Literal["char", "word"]
SPACE = 2**31 - 1
LONGEST = 20_000  # characters of a text that are read; longer texts come in windows
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]")
Matrix = Any  # scipy.sparse.csr_matrix


def char_grams(text: str, low: int, high: int) -> Iterator[tuple[str, int, int]]:
    """N-grams inside words padded with a space on each side, with their code points [start, end) in `text`."""
    for word in re.finditer(r"\S+", text):
        padded, first = f" {word.group()} ", word.start() - 1
        for size in range(low, high + 1):
            for place in range(max(1, len(padded) - size + 1)):
                gram = padded[place : place + size]
                start = max(first + place, word.start())
                yield gram, start, min(first + place + len(gram), word.end())
            if size >= len(padded):
                break


def word_grams(text: str, low: int, high: int) -> Iterator[tuple[str, int, int]]:
    """N-grams of words and single punctuation marks."""
    tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    for size in range(low, high + 1):
        for place in range(len(tokens) - size + 1):
            part = tokens[place : place + size]
            yield " ".join(t for t, _, _ in part), part[0][1], part[-1][2]


def _key(gram: str) -> int:
    """As FeatureHasher hashes, so that single n-grams can be looked up."""
    value = int(murmurhash3_32(gram, seed=0, positive=False))
    return SPACE - (2**31 - SPACE) if value == -(2**31) else abs(value) % SPACE


@dataclass(frozen=True, slots=True)
class HashedTfidf:
    """One block of features. keys: sorted int32 (k,); idf: float32 (k,)."""

    unit: Unit
    low: int
    high: int
    keys: NDArray[np.int32]
    idf: NDArray[np.float32]

    @classmethod
    def fit(
        cls, texts: Sequence[str], unit: Unit, low: int, high: int, *, min_df: int = 2, max_features: int = 400_000
    ) -> HashedTfidf:
        """Keeps the n-grams that stand in at least `min_df` texts; the most frequent `max_features` of them."""
        empty = cls(unit, low, high, np.zeros(0, np.int32), np.zeros(0, np.float32))
        counts = empty._count(texts)
        keys, df = np.unique(counts.indices, return_counts=True)
        keep = df >= min(min_df, max(1, len(texts) // 4))
        keys, df = keys[keep], df[keep]
        if len(keys) > max_features:
            top = np.sort(np.argsort(-df, kind="stable")[:max_features])
            keys, df = keys[top], df[top]
        idf = np.log((1 + len(texts)) / (1 + df)) + 1
        return cls(unit, low, high, keys.astype(np.int32), idf.astype(np.float32))

    def select(self, places: NDArray[np.int64]) -> HashedTfidf:
        """Only the features at these places, which must be sorted."""
        return HashedTfidf(self.unit, self.low, self.high, self.keys[places], self.idf[places])

    def grams(self, text: str) -> Iterator[tuple[str, int, int]]:
        lowered = text[:LONGEST].lower()
        if len(lowered) != len(text[:LONGEST]):  # a few capitals grow when lowered; offsets must hold
            lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text[:LONGEST])
        return (char_grams if self.unit == "char" else word_grams)(lowered, self.low, self.high)

    def _count(self, texts: Sequence[str]) -> Matrix:
        hasher = FeatureHasher(SPACE, input_type="string", alternate_sign=False, dtype=np.float32)
        return hasher.transform([gram.encode("utf-8", "replace") for gram, _, _ in self.grams(text)] for text in texts)

    def transform(self, texts: Sequence[str]) -> Matrix:
        """csr float32, len(texts) x len(keys); rows have length 1 or are empty."""
        counts = self._count(texts)
        if not len(self.keys):
            return sparse.csr_matrix((len(texts), 0), dtype=np.float32)
        places = np.searchsorted(self.keys, counts.indices)
        places[places == len(self.keys)] = 0
        known = self.keys[places] == counts.indices
        data = np.where(known, (1 + np.log(np.maximum(counts.data, 1))) * self.idf[places], 0).astype(np.float32)
        table = sparse.csr_matrix((data, places.astype(np.int32), counts.indptr), shape=(len(texts), len(self.keys)))
        table.eliminate_zeros()
        table.sort_indices()
        norms = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
        table.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(table.indptr)).astype(np.float32)
        return table

    def locate(self, text: str) -> list[tuple[int, int, int]]:
        """(place of the feature, start, end) for every n-gram of the text that the model knows."""
        found = list(self.grams(text))
        if not found or not len(self.keys):
            return []
        hashes = np.array([_key(gram) for gram, _, _ in found], np.int64)
        places = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        known = self.keys[places] == hashes
        return [(int(p), s, e) for p, (_, s, e), ok in zip(places, found, known, strict=True) if ok]
