"""From what was seen of a video to one number per label and one row for the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from scoring.calibration import logit
from scoring.kinds.video.descriptors import NAMES
from scoring.kinds.video.observe import Observation

Matrix = npt.NDArray[np.float64]
NEAR_S = 1.5  # frames this near speak for the same moment
DESCRIPTOR_STATS = ("mean", "most", "least", "spread")
SCORE_STATS = ("peak", "mean", "share")
TEXT_NAMES = ("text_risk", "text_on_screen")


def smooth(times: Sequence[float], values: Matrix) -> Matrix:
    """(n,) scores, each averaged with the best one near it in time, so that one noisy frame alone does not decide.

    A frame with none near it is averaged with the nearer of its neighbours; the only frame of a picture stands.
    """
    if len(values) < 2:
        return values.copy()
    at = np.asarray(times)
    gaps = np.abs(at[:, None] - at[None])
    np.fill_diagonal(gaps, np.inf)
    near = np.where(gaps <= NEAR_S, values[None], -np.inf).max(axis=1)
    partner = np.where(np.isfinite(near), near, values[gaps.argmin(axis=1)])
    return np.asarray(np.minimum(values, (values + partner) / 2))


def peak(times: Sequence[float], values: Matrix) -> float:
    """The highest smoothed score; 0 without frames."""
    return float(smooth(times, values).max(initial=0.0))


def feature_names(frame_labels: Sequence[str]) -> list[str]:
    described = [f"{name}_{stat}" for name in NAMES for stat in DESCRIPTOR_STATS]
    scored = [f"{label}_{stat}" for label in frame_labels for stat in SCORE_STATS]
    return [*described, "cuts", *TEXT_NAMES, *scored]


def feature_row(
    seen: Observation, text_risk: float | None, frame_labels: Sequence[str], *, hide: frozenset[int] = frozenset()
) -> Matrix:
    """(f,) in the order of feature_names(). Frames whose index is in `hide` count as if they had not been sampled."""
    kept = [i for i in range(len(seen.times)) if i not in hide]
    described = seen.descriptors[kept] if kept else np.zeros((1, len(NAMES)))
    stats = np.stack([described.mean(axis=0), described.max(axis=0), described.min(axis=0), described.std(axis=0)], axis=1)
    cuts = float((described[:, NAMES.index("change")] > 0.12).mean())
    on_screen = sum(len(text) for t, text in seen.transcript if t not in {seen.times[i] for i in hide})
    text = [float(logit(np.array([text_risk if text_risk is not None else 0.02]))[0]), float(np.log1p(on_screen))]
    return np.concatenate([stats.reshape(-1), [cuts, *text], _scored(seen, kept, frame_labels)])


def _scored(seen: Observation, kept: Sequence[int], frame_labels: Sequence[str]) -> Matrix:
    times = [seen.times[i] for i in kept]
    row: list[float] = []
    for label in frame_labels:
        values = seen.scores[label][list(kept)] if kept else np.zeros(1)
        row += [peak(times or [0.0], values), float(values.mean()), float((values > 0.5).mean())]
    return np.array(row)


def masked_scores(seen: Observation, hide: frozenset[int]) -> Mapping[str, Matrix]:
    """Frame scores with the frames in `hide` painted grey."""
    result = {}
    for label, values in seen.scores.items():
        column = values.copy()
        column[list(hide)] = seen.blank[label]
        result[label] = column
    return result
