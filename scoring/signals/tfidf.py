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


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each n-gram stands in each text. table: csr float32, texts x n-grams; keys: sorted int32, the n-grams' hashes."""

    table: Matrix
    keys: NDArray[np.int32]

    def rows(self, places: NDArray[np.int64]) -> Counts:
        return Counts(self.table[places], self.keys)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Of piece i the n-grams are columns[starts[i] : starts[i + 1]]; of text t the pieces are ids[ends[t] : ends[t + 1]]."""

    columns: NDArray[np.int32]
    starts: NDArray[np.int64]
    ids: NDArray[np.int64]
    ends: NDArray[np.int64]

    def counted(self, begin: int, end: int, width: int) -> Matrix:
        """csr: a row a text, equal n-grams added up."""
        ids = self.ids[self.ends[begin] : self.ends[end]]
        lengths = self.starts[ids + 1] - self.starts[ids]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        flat = self.columns[np.arange(ends[-1]) + np.repeat(self.starts[ids] - ends[:-1], lengths)]
        rows = ends[self.ends[begin : end + 1] - self.ends[begin]]
        part = sparse.csr_matrix((np.ones(len(flat), np.float32), flat, rows), shape=(end - begin, width))
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

    def fitted(self, counts: Counts, *, min_df: int, max_features: int) -> HashedTfidf:
        """As fit(), of texts that count() has counted."""
        size = counts.table.shape[0]
        df = np.bincount(counts.table.indices, minlength=len(counts.keys))
        keep = np.flatnonzero(df >= max(1, min(min_df, max(1, size // 4))))
        keys, df = counts.keys[keep], df[keep]
        if len(keys) > max_features:
            top = np.sort(np.argsort(-df, kind="stable")[:max_features])
            keys, df = keys[top], df[top]
        idf = np.log((1 + size) / (1 + df)) + 1
        return HashedTfidf(self.unit, self.low, self.high, keys, idf.astype(np.float32))

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

    def count(self, texts: Sequence[str]) -> Counts:
        """A piece is hashed once, however many texts it stands in."""
        places: dict[str, int] = {}
        keys, starts, ids, sizes = array("i"), array("q", [0]), array("q"), array("q", [0])  # of piece i: keys[starts[i] : starts[i + 1]]
        for text in texts:
            pieces = self._pieces(text)
            for piece in pieces:
                if (place := places.setdefault(piece, len(places))) == len(starts) - 1:
                    keys.extend(self._keys_of(piece))
                    starts.append(len(keys))
                ids.append(place)
            sizes.append(len(pieces))
        known, columns = np.unique(np.array(keys, np.int32), return_inverse=True)
        pieces_of = _Pieces(columns.astype(np.int32), np.array(starts), np.array(ids), np.cumsum(sizes))
        chunks = range(0, len(texts), _CHUNK)
        parts = [pieces_of.counted(begin, min(begin + _CHUNK, len(texts)), len(known)) for begin in chunks]
        return Counts(sparse.vstack(parts, format="csr") if parts else sparse.csr_matrix((0, 0), dtype=np.float32), known)

    def transform(self, texts: Sequence[str]) -> Matrix:
        """csr float32, len(texts) x len(keys); rows have length 1 or are empty."""
        return self.weighed(self.count(texts))

    def weighed(self, counts: Counts) -> Matrix:
        """As transform(), of texts that count() has counted."""
        size = counts.table.shape[0]
        if not len(self.keys):
            return sparse.csr_matrix((size, 0), dtype=np.float32)
        place = np.minimum(np.searchsorted(self.keys, counts.keys), len(self.keys) - 1).astype(np.int32)
        place[self.keys[place] != counts.keys] = -1
        places = place[counts.table.indices]
        known = places >= 0
        ends = np.concatenate([[0], np.cumsum(known)])[counts.table.indptr]
        places = places[known]
        data = (1 + np.log(counts.table.data[known])) * self.idf[places]
        squares = sparse.csr_matrix((data * data, places, ends), shape=(size, len(self.keys)))
        norms = np.sqrt(np.asarray(squares.sum(axis=1)).ravel())
        data /= np.repeat(np.maximum(norms, 1e-12), np.diff(ends)).astype(np.float32)
        return sparse.csr_matrix((data, places, ends), shape=(size, len(self.keys)))

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
