"""Where a film flashes: more than three flashes within a second over a quarter of the picture (WCAG 2.3.1, general flash).

A flash is a pair of opposing changes of relative luminance by a tenth or more, the darker picture below 0.80. Luminance is
followed on a coarse grid, so small sparkles do not count, and a change counts where it is, however the rest of the picture
moves. Every frame has to be looked at, so the time for one file is limited; `upto` says how far it was looked at. Workers only.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt

from scoring.media.clips import open_clip, rate
from scoring.media.limits import Limits
from scoring.media.sniff import Format

Grid = npt.NDArray[np.float64]
WIDTH, HEIGHT = 32, 18
STEP, DARKER_BELOW = 0.1, 0.8
AREA = 0.25
WINDOW_S = 1.0
CHANGES = 7  # three flashes are six opposing changes; one more is too many
SHARE_OF_TIME = 0.35  # of what sampling one file may use
MOST = 50  # parts that are told


def luminance(grey: npt.NDArray[np.uint8]) -> Grid:
    """8-bit grey as relative luminance, 0 to 1 (sRGB transfer curve)."""
    value = grey.astype(np.float64) / 255.0
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


class FlashMeter:
    """Fed with every frame in time order; `parts` are the (start, end) seconds in which it flashed too often."""

    def __init__(self) -> None:
        self.low = self.high = np.zeros(0)  # lowest and highest since the last change, cell by cell
        self.way = np.zeros(0)  # which way the last change went: 1 up, -1 down, 0 none yet
        self.changes: deque[float] = deque()
        self.last_way = 0
        self.parts: list[tuple[float, float]] = []
        self.before = (0.0, 0.0)  # shares of the frame before: a change may take two frames

    def feed(self, t: float, cells: Grid) -> None:
        if not len(self.low):
            self.low, self.high, self.way = cells.copy(), cells.copy(), np.zeros(len(cells))
            return
        self.low, self.high = np.minimum(self.low, cells), np.maximum(self.high, cells)
        up = (self.way <= 0) & (cells - self.low >= STEP) & (self.low < DARKER_BELOW)
        down = (self.way >= 0) & (self.high - cells >= STEP) & (cells < DARKER_BELOW) & ~up
        self.way = np.where(up, 1.0, np.where(down, -1.0, self.way))
        self.low, self.high = np.where(up | down, cells, self.low), np.where(up | down, cells, self.high)
        shares = (float(up.mean()), float(down.mean()))
        for way, share, earlier in ((1, shares[0], self.before[0]), (-1, shares[1], self.before[1])):
            if share and share + earlier >= AREA and way != self.last_way:
                self.last_way = way
                self._changed(t)
        self.before = shares

    def _changed(self, t: float) -> None:
        self.changes.append(t)
        while t - self.changes[0] > WINDOW_S - 1e-6:  # a second that holds its start and not its end
            self.changes.popleft()
        if len(self.changes) < CHANGES:
            return
        start = self.changes[0]
        if self.parts and start - self.parts[-1][1] <= WINDOW_S:
            self.parts[-1] = (self.parts[-1][0], t)
        elif len(self.parts) < MOST:
            self.parts.append((start, t))


def flash_job(path: Path, found: Format, limits: Limits) -> dict[str, Any]:
    """{"parts": [[start, end], ...], "upto": seconds looked at or None for all, "rate": frames a second or None}."""
    meter, upto, speed = FlashMeter(), None, None
    if found.kind != "image":
        end, wall = time.process_time() + limits.soft_s * SHARE_OF_TIME, time.monotonic() + limits.wall_s * SHARE_OF_TIME
        with open_clip(path, found, limits) as (container, stream):
            speed = rate(stream)
            for t, cells in _grids(container, stream):
                meter.feed(t, cells)
                if time.process_time() > end or time.monotonic() > wall:
                    upto = round(t, 2)
                    break
    return {"parts": [[round(a, 2), round(b, 2)] for a, b in meter.parts], "upto": upto, "rate": speed}


def _grids(container: Any, stream: Any) -> Iterator[tuple[float, Grid]]:
    for packet in container.demux(stream):
        with contextlib.suppress(av.error.InvalidDataError):  # a damaged frame must not hide the rest
            for frame in packet.decode():
                if frame.time is not None:
                    small = frame.reformat(width=WIDTH, height=HEIGHT, format="gray8", interpolation="AREA", threads=1).to_ndarray()
                    yield float(frame.time), luminance(small[:HEIGHT, :WIDTH]).reshape(-1)
