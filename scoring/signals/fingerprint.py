"""The fingerprint by which near-duplicates are found, of an item as it was scored. Workers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.alike import Fingerprint, frame_bands, text_bands
from scoring.kind import Kind
from scoring.media.vpdq import MIN_QUALITY, distinct
from scoring.text.minhash import signature
from scoring.types import Json

MOST_FRAMES = 64  # that are kept for the comparison
BANDED_FRAMES = 8  # that a partner is found by, spread over the video


def fingerprint(kind: Kind, payload: Mapping[str, Json], signals: Mapping[str, Json]) -> Fingerprint:
    """Of the kind's content: its text, or the hashes that its scorer took of its media. False when there is nothing to compare."""
    if kind.alike == "text":
        values = signature(kind.text(payload))
        return Fingerprint(text=values, bands=text_bands(values) if values else ())
    frames = _frames(signals) if kind.alike == "media" else []
    return Fingerprint(frames=b"".join(frames), bands=sorted({key for frame in _spread(frames) for key in frame_bands(frame)}))


def _frames(signals: Mapping[str, Json]) -> list[bytes]:
    """The distinct frames that are good enough to compare, in order of time."""
    rows = list(signals.get("vpdq") or ())
    if single := signals.get("pdq"):
        rows.append({"pdq": single, "quality": 100})
    hashes = distinct([str(row["pdq"]) for row in rows], [int(row.get("quality", 100)) for row in rows], MIN_QUALITY)
    return [bytes.fromhex(value) for value in hashes[:MOST_FRAMES]]


def _spread(frames: Sequence[bytes]) -> Sequence[bytes]:
    if len(frames) <= BANDED_FRAMES:
        return frames
    return [frames[round(i * (len(frames) - 1) / (BANDED_FRAMES - 1))] for i in range(BANDED_FRAMES)]
