"""One probability for each label and for "breaks any policy", from what was seen and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scoring.kinds.video.features import feature_row, peak
from scoring.kinds.video.head import RISK, Head
from scoring.kinds.video.observe import Observation
from scoring.kinds.video.words import LABEL as TEXT_HARM


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """`risk` None: nothing could be rated. `peaks` are smoothed maxima of the frame classifier.

    `unusable` is a sentence when the head needs another frame classifier than the one that looked.
    """

    risk: float | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    peaks: Mapping[str, float] = field(default_factory=dict)
    unusable: str = ""


def rate(seen: Observation | None, text_risk: float | None, head: Head) -> Rating:
    """With a trained head: its calibrated labels. Without one: the frame classifier's own scores and the words' risk."""
    peaks = {label: peak(seen.times, values) for label, values in seen.scores.items()} if seen else {}
    words = {} if text_risk is None else {TEXT_HARM: text_risk}
    if head.parts and seen is not None:
        missing = [label for label in head.frame_labels if label not in seen.scores]
        if not missing:
            found = head.apply(feature_row(seen, text_risk, head.frame_labels))
            labels = {name: float(values[0]) for name, values in found.items() if name != RISK}
            return Rating(risk=float(found[RISK][0]), labels=labels, peaks=peaks)
        sentence = f"The model needs the frame classifier that it was trained with ({', '.join(missing)}), so a person looks."
        return Rating(risk=max(words.values(), default=None), labels=words, peaks=peaks, unusable=sentence)
    labels = {**peaks, **words}
    return Rating(risk=max(labels.values(), default=None), labels=labels, peaks=peaks)
