"""What a text is about, as one vector of length 1: by it items are compared with each other. Numeric: workers only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

PIECE_WORDS, MOST_PIECES = 90, 4  # what the encoder reads at once, and how much of a long text it reads

Vectors = NDArray[np.float32]


def meanings(texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
    """(n, d). `encode` turns pieces into vectors."""
    pieces = [pieces_of(text) for text in texts]
    vectors = encode([piece for part in pieces for piece in part])
    ends = np.cumsum([len(part) for part in pieces])
    return np.stack([vector_of(vectors[end - len(part) : end]) for part, end in zip(pieces, ends, strict=True)])


def pieces_of(text: str) -> list[str]:
    """The text in pieces that the encoder reads whole; of a long one the first, the last and what lies evenly between."""
    words = text.split()
    pieces = [" ".join(words[at : at + PIECE_WORDS]) for at in range(0, len(words), PIECE_WORDS)] or [""]
    if len(pieces) <= MOST_PIECES:
        return pieces
    return [pieces[round(n * (len(pieces) - 1) / (MOST_PIECES - 1))] for n in range(MOST_PIECES)]


def vector_of(pieces: Sequence[Vectors] | Vectors) -> Vectors:
    """Their direction, length 1."""
    mean = np.asarray(pieces, np.float32).mean(axis=0)
    unit: Vectors = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return unit
