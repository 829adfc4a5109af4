"""Which frames of a video to look at: keyframes first, then the inside of gaps where the packets say something happened.

Decoding only keyframes costs a small part of decoding all. A shot that begins between two keyframes cannot be predicted
from what came before, so its first packet is much larger than its neighbours: gaps with such a packet, or with a lasting
change of packet size, are decoded. Which frames are kept follows the difference between tiny copies of them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt

from scoring.media.clips import native_pixels, small_pixels
from scoring.media.gaps import Gap, Packets, read_packets, suspicious_gaps
from scoring.media.limits import Limits
from scoring.media.pdq import pdq

TINY = 16
NEW_SHOT = 14.0  # mean absolute difference of tiny copies, 0-255, above which a frame shows something new
STEP_S = 0.5  # spacing of frames looked at inside a decoded gap
AFTER_S = 1.0  # how far past its last mark a gap is decoded


@dataclass(slots=True, kw_only=True)
class Sampled:
    t: float
    pixels: npt.NDArray[np.uint8]
    pdq: str | None = None
    quality: int | None = None
    tiny: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((TINY, TINY, 3), np.float32))


class Selection:
    """Keeps at most `most` frames, in time order: those that show something new, and then evenly spread ones."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.frames = most, list[Sampled]()
        self.even = seconds / max(1, most)

    def wants(self, t: float, tiny: npt.NDArray[np.float32]) -> bool:
        before = max((f for f in self.frames if f.t <= t), key=lambda f: f.t, default=None)
        after = min((f for f in self.frames if f.t >= t), key=lambda f: f.t, default=None)
        near = [f for f in (before, after) if f is not None]
        if any(abs(f.t - t) < 1e-6 for f in near):
            return False
        return all(difference(f.tiny, tiny) > NEW_SHOT or abs(f.t - t) >= max(self.even, 1.0) for f in near)

    def add(self, frame: Sampled) -> None:
        self.frames.append(frame)
        self.frames.sort(key=lambda f: f.t)
        if len(self.frames) > self.most:
            steps = [difference(a.tiny, b.tiny) for a, b in zip(self.frames, self.frames[1:], strict=False)]
            del self.frames[1 + int(np.argmin(steps))]


def difference(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> float:
    return float(np.abs(left - right).mean())


def tiny_copy(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(16, 16, 3): means over a grid."""
    rows = np.linspace(0, pixels.shape[0], TINY, endpoint=False).astype(int)
    columns = np.linspace(0, pixels.shape[1], TINY, endpoint=False).astype(int)
    sums = np.add.reduceat(np.add.reduceat(pixels.astype(np.float32), rows, axis=0), columns, axis=1)
    ones = np.add.reduceat(np.add.reduceat(np.ones(pixels.shape[:2], np.float32), rows, axis=0), columns, axis=1)
    return np.asarray(sums / ones[..., None], np.float32)


class Budget:
    """Seconds that sampling may still use, of the processor and (on a busy machine) of the clock on the wall.

    When they end, it answers with what it has.
    """

    def __init__(self, limits: Limits) -> None:
        self.end = time.process_time() + limits.soft_s
        self.wall_end = time.monotonic() + limits.wall_s / 2

    @property
    def left(self) -> float:
        return min(self.end - time.process_time(), self.wall_end - time.monotonic())


def sample_clip(
    container: Any, stream: Any, limits: Limits, most: int, side: int, hashes: bool
) -> tuple[list[Sampled], bool]:
    """At most `most` frames and whether the budget ended before everything was looked at."""
    budget = Budget(limits)
    packets = read_packets(container, stream, budget)
    chosen = Selection(most, packets.end - packets.start)
    seen = _take_keyframes(container, stream, packets, chosen, budget, (limits, side, hashes))
    complete = seen and packets.complete
    for gap in suspicious_gaps(packets):
        if budget.left <= 0:
            complete = False
            break
        _take_gap(container, stream, gap, chosen, budget, (limits, side, hashes))
    return chosen.frames, not complete


def _take_keyframes(
    container: Any, stream: Any, packets: Packets, chosen: Selection, budget: Budget, how: tuple[Limits, int, bool]
) -> bool:
    """Decode keyframes in one pass. When all of them would cost too much, every n-th; says whether all were seen."""
    keys = packets.key_times(minimum_gap=STEP_S)
    stride, began = 1, time.process_time()
    stream.codec_context.skip_frame = "NONKEY"
    container.seek(packets.start_pts, stream=stream, backward=True, any_frame=False)
    wanted = set(keys)
    for done, frame in enumerate(_decode_keys(container, stream, wanted), 1):
        if done == 12:
            cost = (time.process_time() - began) / done
            stride = max(1, round(cost * len(keys) / max(0.1, budget.left * 0.6)))
            wanted.intersection_update(keys[::stride])
        _consider(frame, chosen, how)
        if budget.left <= 0:
            return False
    stream.codec_context.skip_frame = "DEFAULT"
    return stride == 1


def _decode_keys(container: Any, stream: Any, wanted: set[int]) -> Iterator[Any]:
    for packet in container.demux(stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if packet.size and not (packet.is_keyframe and stamp in wanted):
            continue
        with contextlib.suppress(av.error.InvalidDataError):  # a damaged frame must not hide the rest of the video
            yield from packet.decode()


def _decode_what_can(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        with contextlib.suppress(av.error.InvalidDataError):
            yield from packet.decode()


def _take_gap(
    container: Any, stream: Any, gap: Gap, chosen: Selection, budget: Budget, how: tuple[Limits, int, bool]
) -> None:
    """Decode from the gap's keyframe to its last mark; consider a frame every half second and after each sudden packet."""
    container.seek(gap.start_pts, stream=stream, backward=True, any_frame=False)
    stream.codec_context.flush_buffers()
    stream.codec_context.skip_frame = "NONREF"
    due = gap.start + STEP_S
    marks = [mark for mark in gap.marks if mark > gap.start]
    end = min(gap.end, gap.marks[-1] + AFTER_S)
    for frame in _decode_what_can(container, stream):
        t = frame.time
        if t is None or t >= end or budget.left <= 0:
            break
        if t >= due or (marks and t >= marks[0]):
            marks = [mark for mark in marks if mark > t]
            due = t + STEP_S
            _consider(frame, chosen, how)
    stream.codec_context.skip_frame = "DEFAULT"


def _consider(frame: Any, chosen: Selection, how: tuple[Limits, int, bool]) -> None:
    limits, side, hashes = how
    if frame.time is None:
        return
    tiny = tiny_copy(small_pixels(frame, 64, limits))
    if chosen.wants(float(frame.time), tiny):
        chosen.add(_sampled(frame, side, limits, hashes, tiny))


def _sampled(frame: Any, side: int, limits: Limits, hashes: bool, tiny: npt.NDArray[np.float32] | None = None) -> Sampled:
    pixels = small_pixels(frame, side, limits)
    value, quality = pdq(native_pixels(frame, limits)) if hashes else (None, None)
    return Sampled(
        t=round(float(frame.time), 3), pixels=pixels, pdq=value, quality=quality, tiny=tiny_copy(pixels) if tiny is None else tiny,
    )  # fmt: skip


def sample_at(
    container: Any, stream: Any, limits: Limits, times: Sequence[float], side: int, hashes: bool
) -> tuple[list[Sampled], bool]:
    """The first frame at or after each time (seconds), in time order; times past the end give the last frame."""
    budget, taken = Budget(limits), list[Sampled]()
    for t in sorted({round(max(0.0, value), 3) for value in times}):
        if budget.left <= 0:
            return taken, True
        frame = _frame_at(container, stream, t)
        if frame is not None and all(abs(f.t - float(frame.time)) > 1e-3 for f in taken):
            taken.append(_sampled(frame, side, limits, hashes))
    return taken, False


def _frame_at(container: Any, stream: Any, t: float) -> Any:
    container.seek(int(t / stream.time_base) + (stream.start_time or 0), stream=stream, backward=True, any_frame=False)
    stream.codec_context.flush_buffers()
    last = None
    for frame in _decode_what_can(container, stream):
        if frame.time is None:
            continue
        last = frame
        if frame.time >= t - 1e-3:
            break
    return last
