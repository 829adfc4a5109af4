"""PDQ perceptual hashes: 256 bits that stay close under scaling, re-encoding and small edits.

The algorithm of Meta's "hashing.pdf" (2019) and of its reference code: luma, two passes of a box filter on each axis,
decimation to 64 x 64, the 16 x 16 lowest DCT terms, one bit for each term above the median. Filter and decimation are
linear, so they are done here as one small matrix for each axis, which is an order of magnitude faster at full size
and gives the same numbers. Only workers import this module.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
SIDE, TERMS, PASSES = 64, 16, 2
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@lru_cache(maxsize=64)
def _shrink(length: int) -> Array:
    """(64, length): two box filters and the choice of 64 sample points, as one matrix."""
    window = (length + 2 * SIDE - 1) // (2 * SIDE)
    half = (window + 2) // 2
    starts = np.maximum(np.arange(length) + half - window, 0)
    ends = np.minimum(np.arange(length) + half, length)
    points = ((np.arange(SIDE) + 0.5) * length / SIDE).astype(int)
    weights = np.zeros((SIDE, length))
    weights[np.arange(SIDE), points] = 1.0
    for _ in range(PASSES):
        spread = np.zeros((SIDE, length + 1))
        share = weights / (ends - starts)
        for row in range(SIDE):
            used = np.nonzero(share[row])[0]
            np.add.at(spread[row], starts[used], share[row, used])
            np.add.at(spread[row], ends[used], -share[row, used])
        weights = np.cumsum(spread, axis=1)[:, :length]
        weights[np.abs(weights) < 1e-12] = 0.0
    return weights.astype(np.float32)


@lru_cache(maxsize=1)
def _dct() -> Array:
    i, j = np.arange(1, TERMS + 1)[:, None], np.arange(SIDE)[None]
    return np.asarray(np.sqrt(2 / SIDE) * np.cos(np.pi / 2 / SIDE * i * (2 * j + 1)), np.float32)


def _quality(small: Array) -> int:
    """0-100: the sum of the steps between neighbours, as the reference counts it; a flat picture has 0."""
    total = sum(int(np.abs(np.trunc(np.diff(small, axis=axis) * 100 / 255)).sum()) for axis in (0, 1))
    return min(100, total // 90)


def pdq(image: npt.NDArray[np.uint8]) -> tuple[str, int]:
    """Hash of an (h, w, 3) RGB or (h, w) grey picture: 64 hex digits, and its quality 0-100."""
    luma: Array = image.astype(np.float32) if image.ndim == 2 else _luma(image)
    small: Array = np.asarray(_shrink(luma.shape[0]) @ luma @ _shrink(luma.shape[1]).T, np.float32)
    terms = _dct() @ small @ _dct().T
    bits = terms > np.sort(terms, axis=None)[TERMS * TERMS // 2 - 1]
    return np.packbits(bits.reshape(-1)[::-1]).tobytes().hex(), _quality(small)


def _luma(image: npt.NDArray[np.uint8]) -> Array:
    return np.asarray(image.reshape(-1, 3) @ LUMA, np.float32).reshape(image.shape[:2])


def distance(left: str, right: str) -> int:
    """Number of bits, 0-256, in which two hashes differ."""
    return (int(left, 16) ^ int(right, 16)).bit_count()
