"""Videos, opened with PyAV inside the limited process: one forced demuxer, local files only, one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
import numpy as np
import numpy.typing as npt

from scoring.media.errors import MediaError
from scoring.media.limits import Limits
from scoring.media.pictures import check_size
from scoring.media.sniff import Format

Pixels = npt.NDArray[np.uint8]
OPTIONS = {"protocol_whitelist": "file", "probesize": "5000000", "analyzeduration": "5000000", "max_streams": "200"}
ATTACHED_PICTURE = 0x0400
av.logging.set_level(av.logging.PANIC)


@contextmanager
def open_clip(path: Path, found: Format, limits: Limits) -> Iterator[tuple[Any, Any]]:
    """(container, video stream), its claims checked. Every decoding error inside the block becomes a MediaError."""
    try:
        with av.open(f"file:{path}", format=found.reader, options=dict(OPTIONS)) as container:
            yield container, _video_stream(container, limits)
    except (av.error.FFmpegError, OSError, ValueError, OverflowError, ZeroDivisionError, IndexError) as error:
        raise MediaError("The video is broken or cut short.") from error


def _video_stream(container: Any, limits: Limits) -> Any:
    if len(container.streams) > limits.streams:
        raise MediaError(f"It has {len(container.streams)} streams; at most {limits.streams} are read.")
    streams = [s for s in container.streams.video if not int(s.disposition) & ATTACHED_PICTURE]
    if not streams or streams[0].codec_context is None:
        raise MediaError("It has no video that can be decoded here.")
    stream = streams[0]
    check_size(stream.codec_context.width, stream.codec_context.height, limits)
    seconds = duration(container, stream)
    if seconds is not None and seconds > limits.duration_s:
        raise MediaError(f"It claims to last {seconds / 3600:,.0f} hours; at most {limits.duration_s / 3600:g} are read.")
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream


def duration(container: Any, stream: Any) -> float | None:
    """Seconds that the file claims, None where it does not say or says nonsense."""
    if container.duration is not None and container.duration > 0:
        return float(container.duration) / float(av.time_base)
    if stream.duration is not None and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    return None


def rate(stream: Any) -> float | None:
    """Frames a second, None where the file says none or nonsense."""
    value = stream.average_rate or stream.guessed_rate
    return float(value) if value and 0 < float(value) <= 1000 else None


def probe_clip(path: Path, found: Format, limits: Limits) -> dict[str, Any]:
    with open_clip(path, found, limits) as (container, stream):
        context = stream.codec_context
        return {
            "mime": found.mime, "kind": "video", "width": context.width, "height": context.height,
            "duration_s": duration(container, stream), "frames": stream.frames or None, "rate": rate(stream),
            "codec": context.name, "streams": len(container.streams),
        }  # fmt: skip


def native_pixels(frame: Any, limits: Limits) -> Pixels:
    """(h, w, 3) RGB for hashing. By way of 16 bits: the direct 8-bit conversion rounds so that flat frames hash apart."""
    check_size(frame.width, frame.height, limits)
    deep = frame.reformat(format="rgb48le", threads=1).to_ndarray()
    return np.asarray(deep >> 8, np.uint8)


def small_pixels(frame: Any, side: int, limits: Limits) -> Pixels:
    """(h, w, 3) RGB, at most `side` pixels wide and high, upright."""
    check_size(frame.width, frame.height, limits)
    share = min(1.0, side / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * share)), max(2, round(frame.height * share))
    pixels: Pixels = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA", threads=1).to_ndarray()
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
