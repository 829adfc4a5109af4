"""MinHash of a text: the smallest value of its shingles under each of VALUES permutations. Workers only (NumPy).

A permutation is splitmix64's finaliser (S. Vigna, 2015), a bijection of 64-bit numbers, after an exclusive-or with a seed of its own.
What is compared is the text with evasion undone, in small letters, words and single blanks only: look-alike letters,
spelling games and punctuation do not make a text another one.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from scoring.alike import VALUES
from scoring.text.normalise import normalise

SHINGLE = 5  # characters, what is usual for short messages
LONGEST = 20_000  # characters that are read
_BLOCK = 4096  # shingles at once: 3 MB
_STEP = np.uint64(0x9E3779B97F4A7C15)
_WORD = re.compile(r"\w+")

Numbers = npt.NDArray[np.uint64]


def plain(text: str) -> str:
    return " ".join(_WORD.findall(normalise(text[:LONGEST]).text.casefold()))


def shingles(text: str) -> set[str]:
    """Of a text made plain: every SHINGLE characters in a row; a shorter text is its only one. Empty when there is no word."""
    found = plain(text)
    return {found[i : i + SHINGLE] for i in range(max(1, len(found) - SHINGLE + 1))} - {""}


def signature(text: str) -> bytes:
    """VALUES 32-bit numbers, little-endian; b"" for a text without a word. The same text gives the same bytes everywhere."""
    found = plain(text)
    if not found:
        return b""
    keys = np.unique(_hashed(np.frombuffer(found.encode("utf-32-le"), np.uint32).astype(np.uint64)))
    least = np.full(VALUES, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, len(keys), _BLOCK):
        np.minimum(least, _mixed(keys[start : start + _BLOCK, None] ^ _SEEDS[None]).min(axis=0), out=least)
    return (least & np.uint64(0xFFFFFFFF)).astype("<u4").tobytes()


def _hashed(points: Numbers) -> Numbers:
    """One number for every SHINGLE code points in a row."""
    size = max(1, len(points) - SHINGLE + 1)
    keys = np.full(size, _STEP, np.uint64)
    for offset in range(min(SHINGLE, len(points))):
        keys = _mixed(keys ^ points[offset : offset + size])
    return keys


def _mixed(keys: Numbers) -> Numbers:
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


_SEEDS: Numbers = _mixed(np.arange(1, VALUES + 1, dtype=np.uint64) * _STEP)
