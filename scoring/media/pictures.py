"""Still and animated pictures, read with Pillow inside the limited process. The header is checked before any pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from scoring.media.errors import MediaError
from scoring.media.limits import Limits
from scoring.media.sniff import Format

Pixels = npt.NDArray[np.uint8]
HASH_SIDE = 512  # the reference hashes pictures at this size
Image.MAX_IMAGE_PIXELS = None  # our own, lower limit is checked below, before decoding
ImageFile.LOAD_TRUNCATED_IMAGES = False


@contextmanager
def open_picture(path: Path, found: Format, limits: Limits) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=[found.reader]) as image:
            check_size(image.width, image.height, limits)
            frames = int(getattr(image, "n_frames", 1))
            if frames > limits.animation_frames:
                raise MediaError(f"It has {frames:,} frames; an animation may have {limits.animation_frames:,}.")
            yield image
    except UnidentifiedImageError as error:
        raise MediaError("The picture's header cannot be read.") from error
    except MediaError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as error:
        raise MediaError("The picture is broken or cut short.") from error


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raises MediaError when decoding would take more pixels than allowed."""
    if width < 1 or height < 1:
        raise MediaError("It has no picture size.")
    if width * height > limits.pixels:
        raise MediaError(f"It is {width} x {height} pixels; at most {limits.pixels / 1e6:g} million are read.")
    if max(width, height) > limits.side:
        raise MediaError(f"It is {width} x {height} pixels; at most {limits.side} a side are read.")


def probe_picture(path: Path, found: Format, limits: Limits) -> dict[str, Any]:
    with open_picture(path, found, limits) as image:
        frames = int(getattr(image, "n_frames", 1))
        exif = image.getexif() if found.reader in ("JPEG", "WEBP") else {}  # asking a PNG for it decodes the picture
        turn = {3: 180, 6: 90, 8: 270}.get(exif.get(0x0112, 1), 0)
        return {
            "mime": found.mime, "kind": "image", "width": image.width, "height": image.height, "frames": frames,
            "codec": found.reader.lower(), "rotation": turn,
        }  # fmt: skip


def hash_pixels(image: Image.Image) -> Pixels:
    """RGB at most 512 pixels a side, not turned: what the reference implementations hash."""
    flat = image.convert("RGB")
    flat.thumbnail((HASH_SIDE, HASH_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(flat)


def picture_frames(path: Path, found: Format, limits: Limits, most: int, side: int) -> Iterator[tuple[float, Pixels, Pixels]]:
    """Up to `most` frames as (index, upright pixels at most `side` wide and high, pixels to hash), evenly spread."""
    with open_picture(path, found, limits) as image:
        frames = int(getattr(image, "n_frames", 1))
        step = math.ceil(frames / max(1, most))
        for index in range(0, frames, step):
            image.seek(index)
            to_hash = hash_pixels(image)
            upright = (ImageOps.exif_transpose(image) or image).convert("RGB")
            upright.thumbnail((side, side), Image.Resampling.BILINEAR)
            yield float(index), np.asarray(upright), to_hash
