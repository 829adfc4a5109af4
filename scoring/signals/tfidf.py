"""TF-IDF over character and word n-grams, its vocabulary kept as 32-bit hashes.

Hashes instead of strings keep bundles small and keep the words of the training texts out of them. With 300,000 n-grams
about ten share a hash by chance. Weights: sublinear tf, smoothed idf, rows of length 1 (Salton and Buckley 1988).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import murmurhash3_32

Unit = Literal["char", "word"]
SPACE = 2**31 - 1
LONGEST = 20_000  # characters of a text that are read; longer texts come in windows
_CHUNK = 4096  # texts that are counted at once
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
    """As scikit-learn's FeatureHasher hashes: bundles that were made with it stay readable."""
    value = int(murmurhash3_32(gram.encode("utf-8", "replace"), seed=0, positive=False))
    return SPACE - (2**31 - SPACE) if value == -(2**31) else abs(value) % SPACE


def _lowered(text: str) -> str:
    text = text[:LONGEST]
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals grow when lowered; offsets must hold
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered


def _counted(keys: NDArray[np.int32], starts: NDArray[np.int64], ids: NDArray[np.int64], sizes: Sequence[int]) -> Matrix:
    """csr: row after row the keys of its pieces, equal ones added up. `sizes`: how many of `ids` belong to each row."""
    lengths = starts[ids + 1] - starts[ids]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    flat = keys[np.arange(ends[-1]) + np.repeat(starts[ids] - ends[:-1], lengths)]
    part = sparse.csr_matrix((np.ones(len(flat), np.float32), flat, ends[np.cumsum([0, *sizes])]), shape=(len(sizes), SPACE))
    part.sum_duplicates()
    return part


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
        empty = cls.empty(unit, low, high)
        return empty.fitted(empty.count(texts), min_df=min_df, max_features=max_features)

    @classmethod
    def empty(cls, unit: Unit, low: int, high: int) -> HashedTfidf:
        """Knows no n-gram; it can count them."""
        return cls(unit, low, high, np.zeros(0, np.int32), np.zeros(0, np.float32))

    def fitted(self, counts: Matrix, *, min_df: int, max_features: int) -> HashedTfidf:
        """As fit(), of texts that count() has counted."""
        size = counts.shape[0]
        keys, df = np.unique(counts.indices, return_counts=True)
        keep = df >= min(min_df, max(1, size // 4))
        keys, df = keys[keep], df[keep]
        if len(keys) > max_features:
            top = np.sort(np.argsort(-df, kind="stable")[:max_features])
            keys, df = keys[top], df[top]
        idf = np.log((1 + size) / (1 + df)) + 1
        return HashedTfidf(self.unit, self.low, self.high, keys.astype(np.int32), idf.astype(np.float32))

    def select(self, places: NDArray[np.int64]) -> HashedTfidf:
        """Only the features at these places, which must be sorted."""
        return HashedTfidf(self.unit, self.low, self.high, self.keys[places], self.idf[places])

    def grams(self, text: str) -> Iterator[tuple[str, int, int]]:
        return (char_grams if self.unit == "char" else word_grams)(_lowered(text), self.low, self.high)

    def _pieces(self, text: str) -> list[str]:
        """Parts whose n-grams are those of the text: its words for characters, the n-grams themselves for words."""
        if self.unit == "char":
            return _lowered(text).split()
        tokens = _TOKEN.findall(_lowered(text))  # as word_grams(), but for where they stand
        runs = (zip(*(tokens[first:] for first in range(size)), strict=False) for size in range(self.low, self.high + 1))
        return [" ".join(run) for run in chain.from_iterable(runs)]

    def _keys_of(self, piece: str) -> list[int]:
        return [_key(gram) for gram, _, _ in char_grams(piece, self.low, self.high)] if self.unit == "char" else [_key(piece)]

    def count(self, texts: Sequence[str]) -> Matrix:
        """csr float32, len(texts) x SPACE. A piece is hashed once, however many texts it stands in."""
        places: dict[str, int] = {}
        keys, starts = array("i"), array("q", [0])  # of piece i: keys[starts[i] : starts[i + 1]]
        parts = [sparse.csr_matrix((0, SPACE), dtype=np.float32)]
        for begin in range(0, len(texts), _CHUNK):
            said = [self._pieces(text) for text in texts[begin : begin + _CHUNK]]
            ids = array("q")
            for piece in chain.from_iterable(said):
                if (place := places.setdefault(piece, len(places))) == len(starts) - 1:
                    keys.extend(self._keys_of(piece))
                    starts.append(len(keys))
                ids.append(place)
            parts.append(_counted(np.array(keys, np.int32), np.array(starts), np.array(ids), [len(pieces) for pieces in said]))
        return sparse.vstack(parts, format="csr")

    def transform(self, texts: Sequence[str]) -> Matrix:
        """csr float32, len(texts) x len(keys); rows have length 1 or are empty."""
        return self.weighed(self.count(texts))

    def weighed(self, counts: Matrix) -> Matrix:
        """As transform(), of texts that count() has counted."""
        size = counts.shape[0]
        if not len(self.keys):
            return sparse.csr_matrix((size, 0), dtype=np.float32)
        places = np.searchsorted(self.keys, counts.indices)
        places[places == len(self.keys)] = 0
        known = self.keys[places] == counts.indices
        data = np.where(known, (1 + np.log(np.maximum(counts.data, 1))) * self.idf[places], 0).astype(np.float32)
        table = sparse.csr_matrix((data, places.astype(np.int32), counts.indptr), shape=(size, len(self.keys)))
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

    def parts(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """(place, start, end, value) of locate(), as arrays: a feature's value in transform() is shared out evenly among its n-grams."""
        found = np.array(self.locate(text), np.int64).reshape(-1, 3)
        known, which, times = np.unique(found[:, 0], return_inverse=True, return_counts=True)
        values = (1 + np.log(times)) * self.idf[known]
        values /= max(float(np.sqrt(values @ values)), 1e-12)
        return found[:, 0], found[:, 1], found[:, 2], (values / times)[which]
