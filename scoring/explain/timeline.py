"""Which moments of a video made its score: frames are painted over, and those whose loss lowers the score are cited."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoring.kinds.video.features import feature_row, masked_scores, peak
from scoring.kinds.video.head import Head
from scoring.kinds.video.observe import Observation
from scoring.kinds.video.rating import Rating
from scoring.types import Evidence

SHOWN, MOST = 0.3, 4  # labels below this are not explained; moments cited for one label
CLEAR = 0.1  # a fall of the score by this share is enough
SAME_MOMENT_S = 1.5


def cited_frames(
    seen: Observation, rating: Rating, head: Head, text_risk: float | None, *, explain: bool
) -> list[Evidence]:
    """Frame evidence, the strongest label first: `weight` is what the frame itself scores (its share, for a head).

    With explain, `value` says by how much the label's score falls when this moment and those cited before it for the
    same label are painted over. A label whose score does not depend on any frame has no frames cited.
    """
    cited: list[Evidence] = []
    for label in sorted(rating.labels, key=lambda name: (-rating.labels[name], name)):
        if rating.labels[label] >= SHOWN and (label in seen.scores or label in head.parts):
            cited += _moments(seen, label, _measure(seen, label, head, text_risk), explain=explain)
    return cited


def _measure(seen: Observation, label: str, head: Head, text_risk: float | None) -> Callable[[frozenset[int]], float]:
    """The score of a label as a function of which frames are painted over."""
    if label in head.parts:
        return lambda hide: float(head.apply(feature_row(seen, text_risk, head.frame_labels, hide=hide))[label][0])
    return lambda hide: peak(seen.times, masked_scores(seen, hide)[label])


def _moments(
    seen: Observation, label: str, measure: Callable[[frozenset[int]], float], *, explain: bool
) -> list[Evidence]:
    """Moments are painted over one after another, the strongest first, until the score has clearly fallen."""
    whole = measure(frozenset())
    drops = np.array([whole - measure(_moment(seen, i)) for i in range(len(seen.times))])
    own = seen.scores.get(label, drops)
    cited: list[Evidence] = []
    hidden: frozenset[int] = frozenset()
    for i in np.lexsort((-own, -np.round(drops, 6))).tolist():
        if i in hidden or own[i] <= 0:
            continue
        hidden |= _moment(seen, i)
        fall = whole - measure(hidden)
        cited.append(Evidence(
            type="frame", t=seen.times[i], label=label, weight=float(own[i]), value=round(fall, 4) if explain else None,
        ))  # fmt: skip
        if fall > CLEAR * whole or len(cited) == MOST:
            break
    return cited


def _moment(seen: Observation, index: int) -> frozenset[int]:
    """The frame and those near it in time."""
    t = seen.times[index]
    return frozenset(i for i, other in enumerate(seen.times) if abs(other - t) <= SAME_MOMENT_S)
