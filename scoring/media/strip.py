"""The strip that a person sees first: small, grey and blurred pictures of the sampled frames. Workers only."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageFilter

from scoring.media.frames import Frames, sample_frames

WIDTH, BLUR, QUALITY, MOST = 240, 5.0, 70, 24


def write_strip(media: Path, out_dir: Path, frames: Sequence[float]) -> list[tuple[float, str]]:
    """Decode `media` at the times `frames` and write `<n>.jpg` into `out_dir`; returns (seconds, file name) of each.

    Raises MediaError when the file cannot be read.
    """
    return write_pictures(sample_frames(media, times=frames, hashes=False), out_dir)


def write_pictures(frames: Frames, out_dir: Path) -> list[tuple[float, str]]:
    """As write_strip, from frames that were decoded before. The folder is replaced as a whole."""
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".strip-", dir=out_dir.parent))
    try:
        rows = []
        for n, (t, pixels) in enumerate(zip(frames.times, frames.pixels, strict=True)):
            picture = Image.fromarray(pixels).convert("L")
            picture.thumbnail((WIDTH, WIDTH), Image.Resampling.BILINEAR)
            picture.filter(ImageFilter.GaussianBlur(BLUR)).save(work / f"{n}.jpg", "JPEG", quality=QUALITY)
            rows.append((t, f"{n}.jpg"))
        os.chmod(work, 0o755)
        shutil.rmtree(out_dir, ignore_errors=True)
        os.replace(work, out_dir)
        return rows
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def strip_choice(times: Sequence[float], marked: Sequence[float]) -> list[int]:
    """Indices of at most MOST frames for the strip: the marked ones, then evenly spread over the rest."""
    chosen = {times.index(t) for t in marked if t in times}
    rest = [i for i in range(len(times)) if i not in chosen]
    room = max(0, MOST - len(chosen))
    step = max(1.0, len(rest) / room) if room else 0.0
    chosen |= {rest[int(k * step)] for k in range(room) if int(k * step) < len(rest)}
    return sorted(chosen)
