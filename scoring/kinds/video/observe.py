"""Looks at one file once: frames, their scores and measurements, hashes, text on screen. What follows needs no pixels.

An observation is kept for a few files, since the champion, a challenger and explain() ask for the same one in turn.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.artifacts import sha256_file
from scoring.kinds.video.descriptors import describe
from scoring.media.errors import MediaError
from scoring.media.frames import Frames, find_flashes, sample_frames
from scoring.media.limits import SAMPLING
from scoring.media.runner import check_file
from scoring.media.sampling_plan import distinct_times, finer_times
from scoring.signals.frames import FrameClassifier
from scoring.signals.ocr import OcrError, read_text

Matrix = npt.NDArray[np.float64]
OCR_FRAMES, OCR_SIDE, OCR_S = 8, 1280, 30.0
KEEP = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """`scores` maps policy labels to (n,) probabilities, {} without a frame model; `blank` is what it says of plain grey.

    `descriptors` is (n, 14). `transcript` holds (seconds, text). `errors` maps a detector to a sentence.
    """

    sha256: str
    kind: str
    mime: str
    times: tuple[float, ...]
    scores: Mapping[str, Matrix]
    blank: Mapping[str, float]
    descriptors: Matrix
    pdq: tuple[str | None, ...]
    quality: tuple[int | None, ...]
    transcript: tuple[tuple[float, str], ...]
    partial: bool
    duration_s: float | None
    errors: Mapping[str, str]
    strip: Frames | None = None  # small copies for the strip that people see
    flashes: Mapping[str, Any] = field(default_factory=dict)  # as flash_job answers; {} where that failed


_kept: OrderedDict[tuple[str, str], Observation] = OrderedDict()
_lock = Lock()


def observe(path: Path, classifier: FrameClassifier | None) -> Observation:
    """Raises MediaError when no frame of the file can be had; a detector that fails is an error in the observation."""
    key = (sha256_file(check_file(path, SAMPLING)), classifier.name if classifier else "")
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    seen = _observe(path, key[0], classifier)
    with _lock:
        _kept[key] = seen
        while len(_kept) > KEEP:
            _kept.popitem(last=False)
    return seen


def _observe(path: Path, sha256: str, classifier: FrameClassifier | None) -> Observation:
    errors: dict[str, str] = {}
    frames = sample_frames(path)
    scores: dict[str, Matrix] = {}
    blank: dict[str, float] = {}
    if classifier is not None:
        try:
            frames, scores, blank = _classified(path, frames, classifier)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            errors["frames"] = f"The frame classifier failed: {str(error)[:160]}"
    transcript = _transcript(path, frames, errors)
    if frames.partial:
        errors["sampling"] = "The video is too long or heavy to be looked at in full, so only a part was sampled."
    return Observation(
        sha256=sha256, kind=frames.kind, mime=frames.mime, times=frames.times, scores=scores, blank=blank,
        descriptors=describe(frames.pixels), pdq=frames.pdq, quality=frames.quality, transcript=transcript, partial=frames.partial,
        duration_s=frames.duration_s, errors=errors, strip=_small(frames), flashes=_flashes(path, frames.kind),
    )  # fmt: skip


def _classified(path: Path, frames: Frames, classifier: FrameClassifier) -> tuple[Frames, dict[str, Matrix], dict[str, float]]:
    """Scores of the sampled frames, then of more frames around those that score high: coarse first, then finer."""
    grey = np.full((1, *frames.pixels.shape[1:]), 128, np.uint8)
    first = classifier.scores(np.concatenate([frames.pixels, grey]))
    blank = {label: float(values[-1]) for label, values in first.items()}
    first = {label: values[:-1] for label, values in first.items()}
    times = finer_times(frames.times, np.max(np.stack(list(first.values())), axis=0)) if frames.kind == "video" else []
    if not times:
        return frames, first, blank
    more = sample_frames(path, times=times, hashes=False)
    both = frames.merged(more)
    fresh = [i for i, t in enumerate(both.times) if t not in frames.times]
    if not fresh:
        return frames, first, blank
    second = classifier.scores(both.pixels[fresh])
    merged = {}
    for label, values in first.items():
        column = np.zeros(len(both))
        column[[i for i in range(len(both)) if i not in fresh]] = values
        column[fresh] = second[label]
        merged[label] = column
    return both, merged, blank


def _transcript(path: Path, frames: Frames, errors: dict[str, str]) -> tuple[tuple[float, str], ...]:
    """Text on a few frames that differ, each text once; read at a larger size than the classifier sees."""
    times = distinct_times(frames.times, frames.pixels, OCR_FRAMES)
    lines: list[tuple[float, str]] = []
    try:
        large = sample_frames(path, times=times, side=OCR_SIDE, most=OCR_FRAMES, hashes=False)
        end = time.monotonic() + OCR_S
        for t, pixels in zip(large.times, large.pixels, strict=True):
            if time.monotonic() > end:
                errors["ocr"] = "Reading text took too long, so only a part of the frames was read."
                break
            text = read_text(pixels)
            if text and all(text != before for _, before in lines):
                lines.append((t, text))
    except (OcrError, MediaError) as error:
        errors["ocr"] = str(error)
    return tuple(lines)


def _flashes(path: Path, kind: str) -> Mapping[str, Any]:
    """A warning for who watches, not a reason to doubt the score: where it fails, nobody knows, and the player says so."""
    if kind == "image":
        return {}
    try:
        return find_flashes(path)
    except MediaError:
        return {}


def _small(frames: Frames) -> Frames:
    """Every frame at a quarter of its size at most: enough for the strip, small enough to keep."""
    step = max(1, max(frames.pixels.shape[1:3]) // 160)
    return Frames(
        kind=frames.kind, mime=frames.mime, times=frames.times, pixels=np.ascontiguousarray(frames.pixels[:, ::step, ::step]),
        pdq=frames.pdq, quality=frames.quality,
    )  # fmt: skip


def frame_hashes(seen: Observation) -> tuple[Sequence[str], Sequence[int]]:
    """PDQ hashes and qualities of the frames that were hashed."""
    rows = [(h, q) for h, q in zip(seen.pdq, seen.quality, strict=True) if h is not None and q is not None]
    return [h for h, _ in rows], [q for _, q in rows]
