"""Which further times of a video to look at, given what the first frames showed. Workers only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

HIGH, BEST, STEPS = 0.3, 6, (-0.5, 0.25, 0.5, 1.0)


def finer_times(times: Sequence[float], scores: npt.NDArray[np.float64]) -> list[float]:
    """Times around the highest frames that score at least 0.3, so that no single frame has to decide alone.

    times (n,) seconds, scores (n,) in [0, 1]; at most 24 new times, none within a tenth of a second of a known one.
    """
    best = [int(i) for i in np.argsort(-scores, kind="stable")[:BEST] if scores[i] >= HIGH]
    wanted = sorted({round(times[i] + step, 2) for i in best for step in STEPS if times[i] + step >= 0})
    return [t for t in wanted if min(abs(t - known) for known in times) > 0.1]


def distinct_times(times: Sequence[float], pixels: npt.NDArray[np.uint8], most: int) -> list[float]:
    """Up to `most` times whose frames differ most from one another, chosen farthest first; the first frame is always in."""
    if len(times) <= most:
        return list(times)
    tiny = pixels[:, :: max(1, pixels.shape[1] // 24), :: max(1, pixels.shape[2] // 24)].astype(np.float32).reshape(len(times), -1)
    chosen = [0]
    nearest = np.abs(tiny - tiny[0]).mean(axis=1)
    while len(chosen) < most and float(nearest.max()) > 4.0:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.abs(tiny - tiny[chosen[-1]]).mean(axis=1))
    return sorted(times[i] for i in chosen)
