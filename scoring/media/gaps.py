"""What the packets of a video say without decoding: where keyframes stand, and which gaps between them hide a cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

LONG_GAP_S = 1.0  # shorter gaps cannot hide a shot of two seconds
SUDDEN, SURELY = 1.6, 2.2  # times the largest packet of the last half second; below the second it must also be
LIKE_KEYFRAME = 0.2  # this share of the keyframe, as a new scene is
SHIFT = 1.8  # times the typical packet, lasting
OF_KEYFRAME = 0.04  # a packet smaller than this share of the keyframe holds no new scene


class HasTime(Protocol):
    @property
    def left(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From a keyframe to the next one; `marks` are seconds at which a packet is suddenly large."""

    start: float
    end: float
    start_pts: int
    marks: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """Parallel arrays in decoding order: time stamps in stream units, bytes, is it a keyframe."""

    stamps: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.float64]
    keys: npt.NDArray[np.bool_]
    unit: float  # seconds of one time-stamp unit
    complete: bool

    @property
    def start(self) -> float:
        return self.start_pts * self.unit

    @property
    def start_pts(self) -> int:
        return int(self.stamps.min()) if len(self.stamps) else 0

    @property
    def end(self) -> float:
        return float(self.stamps.max()) * self.unit if len(self.stamps) else 0.0

    def key_times(self, minimum_gap: float) -> list[int]:
        """Time stamps of keyframes at least `minimum_gap` seconds apart (a file of keyframes alone has thousands)."""
        chosen: list[int] = []
        for stamp in np.sort(self.stamps[self.keys]).tolist():
            if not chosen or (stamp - chosen[-1]) * self.unit >= minimum_gap - 1e-9:
                chosen.append(stamp)
        return chosen


def read_packets(container: Any, stream: Any, budget: HasTime) -> Packets:
    """Demux the whole stream without decoding; stops when the budget is half used up."""
    stamps, sizes, keys, complete = list[int](), list[int](), list[bool](), True
    half = budget.left / 2
    for count, packet in enumerate(container.demux(stream)):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or not packet.size:
            continue
        stamps.append(stamp)
        sizes.append(packet.size)
        keys.append(bool(packet.is_keyframe))
        if count % 256 == 0 and budget.left < half:
            complete = False
            break
    return Packets(
        stamps=np.array(stamps, np.int64), sizes=np.array(sizes, np.float64), keys=np.array(keys, np.bool_),
        unit=float(stream.time_base), complete=complete,
    )  # fmt: skip


def suspicious_gaps(packets: Packets) -> list[Gap]:
    """Gaps in which a shot may begin or end unseen, longest doubt first."""
    firsts = np.flatnonzero(packets.keys).tolist()
    gaps: list[Gap] = []
    for first, last in zip(firsts, [*firsts[1:], len(packets.stamps)], strict=True):
        start = float(packets.stamps[first]) * packets.unit
        end = float(packets.stamps[last]) * packets.unit if last < len(packets.stamps) else packets.end + 1.0
        marks = _marks(packets, first, last)
        if end - start > LONG_GAP_S and marks:
            gaps.append(Gap(start=start, end=end, start_pts=int(packets.stamps[first]), marks=tuple(sorted(marks))))
    return gaps


def _marks(packets: Packets, first: int, last: int) -> Sequence[float]:
    sizes, stamps = packets.sizes[first + 1 : last], packets.stamps[first + 1 : last]
    if len(sizes) < 2:
        return []
    seconds = (float(stamps.max()) - float(packets.stamps[first])) * packets.unit
    reach = max(3, round(0.5 * len(sizes) / max(seconds, 1e-6)))
    floor = OF_KEYFRAME * packets.sizes[first]
    return [
        float(stamps[i]) * packets.unit for i in range(len(sizes))
        if (sizes[i] > floor and _is_sudden(sizes, i, reach, packets.sizes[first])) or _is_shift(sizes, i, 2 * reach)
    ]  # fmt: skip


def _is_sudden(sizes: npt.NDArray[np.float64], i: int, reach: int, keyframe: float) -> bool:
    before = sizes[max(0, i - reach) : i]
    if len(before) < 2:  # right after the keyframe: what follows is the measure
        before = sizes[i + 1 : i + 1 + reach]
    if len(before) < 2:
        return False
    times = sizes[i] / max(float(before.max()), 1.0)
    return bool(times > SURELY or (times > SUDDEN and sizes[i] > LIKE_KEYFRAME * keyframe))


def _is_shift(sizes: npt.NDArray[np.float64], i: int, reach: int) -> bool:
    """A lasting change of the typical packet size, tested twice a second of packets."""
    if i % max(1, reach // 2) or i < reach or i + reach > len(sizes):
        return False
    before, after = float(np.mean(sizes[i - reach : i])), float(np.mean(sizes[i : i + reach]))
    return max(before, after) > SHIFT * max(min(before, after), 1.0)
