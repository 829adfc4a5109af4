"""Frames of a file for detectors: decoded in the limited process, handed over as one array. Workers only."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.media.errors import MediaError
from scoring.media.limits import SAMPLING, Limits
from scoring.media.runner import run_child

FRAMES = "frames.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """`pixels` (n, h, w, 3) uint8 RGB, upright; `times` in seconds (frame numbers of an animated picture), rising.

    `pdq` and `quality` were taken from the full-size frames. `partial`: the time for one file ended before its end.
    """

    kind: Literal["image", "video"]
    mime: str
    times: tuple[float, ...]
    pixels: npt.NDArray[np.uint8]
    pdq: tuple[str | None, ...]
    quality: tuple[int | None, ...]
    partial: bool = False
    duration_s: float | None = None

    def __len__(self) -> int:
        return len(self.times)

    def chosen(self, indices: Sequence[int]) -> Frames:
        """Only the frames with these indices."""
        keep = list(indices)
        return replace(
            self, times=tuple(self.times[i] for i in keep), pixels=self.pixels[keep], pdq=tuple(self.pdq[i] for i in keep),
            quality=tuple(self.quality[i] for i in keep),
        )  # fmt: skip

    def merged(self, other: Frames) -> Frames:
        """Both together in time order; a time that both have is kept once. Sizes of pixels must agree."""
        if other.pixels.shape[1:] != self.pixels.shape[1:]:
            return self
        fresh = [i for i, t in enumerate(other.times) if t not in self.times]
        times = [*self.times, *(other.times[i] for i in fresh)]
        order = np.argsort(times, kind="stable")
        pixels = np.concatenate([self.pixels, other.pixels[fresh]])[order]
        hashes, quality = [*self.pdq, *(other.pdq[i] for i in fresh)], [*self.quality, *(other.quality[i] for i in fresh)]
        return Frames(
            kind=self.kind, mime=self.mime, times=tuple(times[i] for i in order), pixels=pixels,
            pdq=tuple(hashes[i] for i in order), quality=tuple(quality[i] for i in order), partial=self.partial or other.partial,
            duration_s=self.duration_s,
        )  # fmt: skip


def sample_frames(
    path: Path, *, times: Sequence[float] | None = None, most: int = 96, side: int = 512, hashes: bool = True, limits: Limits = SAMPLING
) -> Frames:
    """Keyframes and what lies hidden between them, or the frames at `times`. Raises MediaError with one sentence."""
    with tempfile.TemporaryDirectory(prefix="frames-") as work:
        options = {"most": most, "side": side, "times": None if times is None else list(times), "hashes": hashes}
        answer = run_child("sample", path, Path(work), limits, **options)
        pixels = np.load(Path(work) / FRAMES, allow_pickle=False)
    rows = answer["frames"]
    if not rows or len(rows) != len(pixels):
        raise MediaError("No frame of it could be decoded.")
    return Frames(
        kind=answer["kind"], mime=answer["mime"], times=tuple(row["t"] for row in rows), pixels=pixels,
        pdq=tuple(row["pdq"] for row in rows), quality=tuple(row["quality"] for row in rows), partial=answer["partial"],
        duration_s=answer["duration_s"],
    )  # fmt: skip


def find_flashes(path: Path, *, limits: Limits = SAMPLING) -> dict[str, Any]:
    """What flash_job answers: the parts in which a film flashes, how far it was looked at, frames a second."""
    with tempfile.TemporaryDirectory(prefix="flashes-") as work:
        return run_child("flashes", path, Path(work), limits)
