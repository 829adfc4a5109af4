"""The jobs of the limited process: probe, hash, sample, flashes. Each takes a file and its format and returns JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scoring.media.clips import duration, native_pixels, open_clip, probe_clip, rate
from scoring.media.flashes import flash_job
from scoring.media.limits import Limits
from scoring.media.pdq import pdq
from scoring.media.pictures import picture_frames, probe_picture
from scoring.media.sampling import Sampled, sample_at, sample_clip
from scoring.media.sniff import Format

FRAMES = "frames.npy"


def probe_job(path: Path, found: Format, limits: Limits) -> dict[str, Any]:
    return (probe_picture if found.kind == "image" else probe_clip)(path, found, limits)


def hash_job(path: Path, found: Format, limits: Limits) -> dict[str, Any]:
    """A picture's PDQ, or vPDQ of every frame of a video (every n-th where there are more than may be hashed)."""
    if found.kind == "image":
        _, _, pixels = next(picture_frames(path, found, limits, 1, 64))
        value, quality = pdq(pixels)
        return {"mime": found.mime, "pdq": value, "pdq_quality": quality, "vpdq": []}
    rows: list[dict[str, Any]] = []
    with open_clip(path, found, limits) as (container, stream):
        seconds, speed = duration(container, stream), rate(stream)
        expected = stream.frames or (seconds or 0) * (speed or 0)
        step = max(1, math.ceil(expected / limits.hashed_frames))
        for index, frame in enumerate(container.decode(stream)):
            if index % step == 0 and len(rows) < limits.hashed_frames:
                value, quality = pdq(native_pixels(frame, limits))
                t = frame.time if frame.time is not None else index / (speed or 30.0)
                rows.append({"frame": index, "t": round(float(t), 3), "pdq": value, "quality": quality})
    return {"mime": found.mime, "pdq": None, "pdq_quality": None, "vpdq": rows}


def sample_job(
    path: Path, found: Format, limits: Limits, *, most: int = 96, side: int = 512, times: Sequence[float] | None = None, hashes: bool = True
) -> dict[str, Any]:
    """Frames into frames.npy, (n, h, w, 3) uint8; the answer lists their times, hashes and what was left out."""
    if found.kind == "image":
        taken = [_picture(t, small, to_hash, hashes) for t, small, to_hash in picture_frames(path, found, limits, most, side)]
        partial, seconds = False, None
    else:
        with open_clip(path, found, limits) as (container, stream):
            seconds = duration(container, stream)
            if times is not None:
                taken, partial = sample_at(container, stream, limits, times, side, hashes)
            else:
                taken, partial = sample_clip(container, stream, limits, most, side, hashes)
    _write(taken)
    return {
        "kind": found.kind, "mime": found.mime, "partial": partial, "duration_s": seconds,
        "frames": [{"t": f.t, "pdq": f.pdq, "quality": f.quality} for f in taken],
    }  # fmt: skip


def _picture(index: float, small: Any, to_hash: Any, hashes: bool) -> Sampled:
    value, quality = pdq(to_hash) if hashes else (None, None)
    return Sampled(t=index, pixels=small, pdq=value, quality=quality)


def _write(taken: Sequence[Sampled]) -> None:
    shape = taken[0].pixels.shape if taken else (0, 0, 3)
    same = [_fitted(f.pixels, shape) for f in taken]
    np.save(FRAMES, np.stack(same) if same else np.zeros((0, 2, 2, 3), np.uint8), allow_pickle=False)


def _fitted(pixels: Any, shape: tuple[int, ...]) -> Any:
    """A stream may change its size on the way: later frames are brought to the size of the first."""
    if pixels.shape == shape:
        return pixels
    rows = np.arange(shape[0]) * pixels.shape[0] // shape[0]
    columns = np.arange(shape[1]) * pixels.shape[1] // shape[1]
    return pixels[rows][:, columns]


JOBS: dict[str, Callable[..., dict[str, Any]]] = {"probe": probe_job, "hash": hash_job, "sample": sample_job, "flashes": flash_job}
