"""Small videos and pictures that the tests make for themselves."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]
Painter = Callable[[int], Pixels]  # frame number -> (h, w, 3)


def scene(seed: int, *, size: tuple[int, int] = (192, 108), speed: float = 2.0) -> Painter:
    """Coloured tiles, and soft shapes that drift over them: enough edges to hash well, different for every seed."""
    rng = np.random.default_rng(seed)
    width, height = size
    tiles = rng.uniform(20, 235, (6, 9, 3))
    spots = rng.uniform(0, 1, (7, 7))
    y, x = np.mgrid[0:height, 0:width]
    base = tiles[y * 6 // height, x * 9 // width]

    def paint(n: int) -> Pixels:
        frame = base.copy()
        for a, b, radius, red, green, blue, turn in spots:
            cx = (a * width + speed * n * np.cos(6.28 * turn)) % width
            cy = (b * height + speed * n * np.sin(6.28 * turn)) % height
            bump = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * (6 + 26 * radius) ** 2))[..., None]
            frame = frame * (1 - bump) + np.array([red, green, blue]) * 255 * bump
        return frame.clip(0, 255).astype(np.uint8)

    return paint


def flat(colour: tuple[int, int, int], *, size: tuple[int, int] = (192, 108)) -> Painter:
    return lambda n: np.full((size[1], size[0], 3), colour, np.uint8)


def make_video(
    path: Path, shots: Sequence[tuple[float, Painter]], *, rate: int = 15, codec: str = "libx264", options: dict[str, str] | None = None
) -> Path:
    """Shots of (seconds, painter), one after another."""
    first = shots[0][1](0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], "yuv420p"
        stream.codec_context.thread_count = 1
        number = 0
        for seconds, paint in shots:
            for _ in range(round(seconds * rate)):
                frame = av.VideoFrame.from_ndarray(paint(number), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, rate)
                container.mux(stream.encode(frame))
                number += 1
        container.mux(stream.encode(None))
    return path


def make_picture(path: Path, pixels: Pixels | None = None) -> Path:
    Image.fromarray(scene(1)(0) if pixels is None else pixels).save(path)
    return path


def written(text: str, *, size: tuple[int, int] = (640, 240), dark: bool = True, points: int = 26) -> Pixels:
    """A screenshot with `text`, light on dark or dark on light."""
    image = Image.new("RGB", size, (20, 20, 24) if dark else (246, 246, 246))
    ImageDraw.Draw(image).multiline_text(
        (24, 60), text, fill=(236, 236, 236) if dark else (16, 16, 16), font=ImageFont.load_default(points), spacing=18
    )
    return np.asarray(image)


def png_that_claims(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims the size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body
