"""vPDQ: how much of one video is found in another, from the PDQ hashes of their frames.

As in Meta's vpdq (matchTwoHashBrute): frames below a quality are left out, equal hashes count once, and the share of
one side's hashes that lie within a distance of any hash of the other side is its percentage. Workers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MAX_DISTANCE, MIN_QUALITY = 31, 50
Packed = npt.NDArray[np.uint64]


class Overlap(NamedTuple):
    """Percentages 0-100 of distinct frames of each side that are in the other, and the smallest distance."""

    query: float
    bank: float
    nearest: int


def pack(hashes: Sequence[str]) -> Packed:
    """(n, 4) 64-bit words of n hashes in hex. Raises ValueError on what is not 64 hex digits."""
    if any(len(value) != 64 for value in hashes):
        raise ValueError("a PDQ hash has 64 hex digits")
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, 4)


def distances(left: Packed, right: Packed) -> npt.NDArray[np.int16]:
    """(n, m) Hamming distances, 0-256."""
    return np.asarray(np.bitwise_count(left[:, None] ^ right[None]).sum(axis=2, dtype=np.int16))


def distinct(hashes: Sequence[str], quality: Sequence[int], min_quality: int = MIN_QUALITY) -> list[str]:
    """Hashes of good enough frames, each once, in order."""
    return list(dict.fromkeys(h for h, q in zip(hashes, quality, strict=True) if q >= min_quality))


def overlap(query: Sequence[str], bank: Sequence[str], max_distance: int = MAX_DISTANCE) -> Overlap:
    """Of two lists of distinct hashes. Nothing to compare gives 0, 0 and distance 256."""
    if not query or not bank:
        return Overlap(0.0, 0.0, 256)
    left, right = pack(query), pack(bank)
    nearest_of_query = np.full(len(left), 256, np.int16)
    nearest_of_bank = np.full(len(right), 256, np.int16)
    for start in range(0, len(left), 256):
        block = distances(left[start : start + 256], right)
        nearest_of_query[start : start + 256] = block.min(axis=1)
        nearest_of_bank = np.minimum(nearest_of_bank, block.min(axis=0))
    return Overlap(
        100 * float((nearest_of_query <= max_distance).mean()), 100 * float((nearest_of_bank <= max_distance).mean()),
        int(nearest_of_query.min()),
    )  # fmt: skip
