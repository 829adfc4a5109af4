"""When two items say or show nearly the same. Light: the console compares with it; what makes fingerprints lies in signals/fingerprint.py.

Text: a MinHash signature (A. Broder, "On the resemblance and containment of documents", 1997). The share of equal values
estimates the Jaccard similarity J of the two sets of shingles, unbiased, with a standard error of sqrt(J (1 - J) / VALUES):
.047 at .7. Pictures and videos: the PDQ hashes of their frames.

Partners are found by bands (J. Leskovec, A. Rajaraman, J. Ullman, "Mining of Massive Datasets", 3.4): BANDS keys of ROWS
values each; items that share a key are compared. A pair of similarity s shares one with a chance of 1 - (1 - s^ROWS)^BANDS:

    s       .3    .4    .5    .6    .7    .8    .9
    chance  .01   .06   .22   .53   .87   .99   1

A PDQ hash has a band for each 16 of its 256 bits, so two hashes up to 15 bits apart always share one, and 31 bits apart
nine times in ten. Sharing a band is never enough: similarity() of the signatures decides.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

BANDS, ROWS = 16, 6
VALUES = BANDS * ROWS  # of a signature, 4 bytes each
ALIKE = 0.7
HASH_BYTES = 32  # of a PDQ hash
NEAR_BITS = 31  # two frames show the same, as Meta's PDQ has it
_CHUNK = 2  # bytes of a PDQ hash in a band


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """`text` is a MinHash signature of VALUES 32-bit numbers, `frames` PDQ hashes one after the other; each empty where there is none.

    `bands` are signed 64-bit keys; two fingerprints that share one may be alike.
    """

    text: bytes = b""
    frames: bytes = b""
    bands: Sequence[int] = ()

    def __bool__(self) -> bool:
        return bool(self.bands)


def similarity(left: Fingerprint, right: Fingerprint) -> float:
    """0 to 1: the estimated Jaccard similarity of two texts, or the share of frames that each side finds in the other, the lower one."""
    if left.text and right.text:
        return same_share(left.text, right.text)
    if left.frames and right.frames:
        ours, theirs = _numbers(left.frames), _numbers(right.frames)
        return min(_found(ours, theirs), _found(theirs, ours))
    return 0.0


def same_share(left: bytes, right: bytes) -> float:
    """Share of equal values of two signatures."""
    ours, theirs = array("I", left), array("I", right)
    return sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(ours)


def text_bands(signature: bytes) -> list[int]:
    width = 4 * ROWS
    return [_key(b"t", place, signature[place * width : (place + 1) * width]) for place in range(BANDS)]


def frame_bands(frame: bytes) -> list[int]:
    return [_key(b"f", place, frame[place : place + _CHUNK]) for place in range(0, HASH_BYTES, _CHUNK)]


def _key(what: bytes, place: int, part: bytes) -> int:
    """Place and content in one number: equal parts at different places share nothing."""
    return int.from_bytes(blake2b(what + bytes([place]) + part, digest_size=8).digest(), "big", signed=True)


def _numbers(frames: bytes) -> list[int]:
    return [int.from_bytes(frames[start : start + HASH_BYTES], "big") for start in range(0, len(frames), HASH_BYTES)]


def _found(ours: Sequence[int], theirs: Sequence[int]) -> float:
    return sum(any((a ^ b).bit_count() <= NEAR_BITS for b in theirs) for a in ours) / len(ours)
