"""Scores videos and pictures: known content, frames, words. What cannot be looked at is said, and goes to a person."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import ValidationError

from scoring.artifacts import Bundle
from scoring.explain.timeline import cited_frames
from scoring.kinds.video.head import RISK, Head, read_head
from scoring.kinds.video.known import LABEL as KNOWN
from scoring.kinds.video.known import MIN_QUALITY, Match, find_known
from scoring.kinds.video.observe import Observation, observe
from scoring.kinds.video.payload import VideoPayload
from scoring.kinds.video.rating import Rating, rate
from scoring.kinds.video.words import LABEL as TEXT_HARM
from scoring.kinds.video.words import TextFinding, WordsError, payload_texts, score_texts
from scoring.media.errors import MediaError
from scoring.media.store import derivative_folder, locate
from scoring.media.strip import strip_choice, write_pictures
from scoring.signals.frames import NOT_CONFIGURED, FrameClassifier, FrameModelError, frame_classifier
from scoring.types import Evidence, Item, Json, RunContext, Score
from scoring.uncertainty import uncertainty

SHOWN_TEXT = 0.5  # text on a frame is cited as evidence from this risk on


@dataclass(slots=True, kw_only=True)
class Findings:
    """What the detectors found of one item, and which of them failed with which sentence."""

    seen: Observation | None = None
    texts: list[TextFinding] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    bank_checked: bool = False

    @property
    def text_risk(self) -> float | None:
        return max((f.risk for f in self.texts), default=None)


class VideoScorer:
    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.head: Head = read_head(bundle)

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return [self._safely(item, context, explain=False) for item in items]

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        """As score(); every cited frame was tested: with it painted over, the score is lower by `value`."""
        return [self._safely(item, context, explain=True) for item in items]

    def _safely(self, item: Item, context: RunContext, *, explain: bool) -> Score:
        try:
            payload = VideoPayload.model_validate(item.payload).model_dump(mode="json", exclude_none=True)
        except (ValidationError, UnicodeError):
            return self._failed("payload", "The payload is not that of a video.")
        try:
            return self._score(payload, context, explain=explain)
        except Exception as error:
            return self._failed("scorer", f"The video could not be scored ({type(error).__name__}).")

    def _failed(self, detector: str, sentence: str) -> Score:
        return Score(risk=None, errors={detector: sentence}, signals=_no_signals(), model=self.bundle.model)

    def _score(self, payload: dict[str, Json], context: RunContext, *, explain: bool) -> Score:
        found = look(payload, context, explain=explain)
        rating = rate(found.seen, found.text_risk, self.head)
        if found.seen is not None and rating.unusable:
            found.errors["frames"] = rating.unusable
        labels, risk = dict(rating.labels), rating.risk
        if any(match.whole for match in found.matches):
            labels[KNOWN], risk = 1.0, 1.0
        if found.seen is None:
            risk = None  # a calm title says nothing of a video that nobody looked at
        frames = cited_frames(found.seen, rating, self.head, found.text_risk, explain=explain) if found.seen else []
        return Score(
            risk=risk, labels=labels, uncertainty=1.0 if found.errors else uncertainty(risk, labels),
            evidence=(*(m.as_evidence() for m in found.matches), *frames, *_text_evidence(found.texts)),
            signals=_signals(payload, found, rating, frames, context), errors=found.errors, model=self.bundle.model,
        )  # fmt: skip


def look(payload: dict[str, Json], context: RunContext, *, explain: bool = False) -> Findings:
    """Run every detector on one item; a detector that fails leaves a sentence in `errors`."""
    found = Findings()
    classifier: FrameClassifier | None = None
    try:
        classifier = frame_classifier(context.options)
        if classifier is None:
            found.errors["frames"] = NOT_CONFIGURED
    except FrameModelError as error:
        found.errors["frames"] = f"The frame classifier cannot be used, so a person looks: {error}"
    try:
        found.seen = observe(locate(payload, context.media_root), classifier)
        found.errors.update(found.seen.errors)
    except MediaError as error:
        found.errors["media"] = str(error)
    _read(payload, found, context, explain=explain)
    if found.seen is not None and context.bank is not None:
        try:
            found.matches = find_known(found.seen, context.bank)
            found.bank_checked = True
        except (ValueError, KeyError, TypeError, OSError) as error:
            found.errors["bank"] = f"The bank of known content could not be asked: {str(error)[:160]}"
    return found


def _read(payload: dict[str, Json], found: Findings, context: RunContext, *, explain: bool) -> None:
    rows = payload_texts(payload)
    if found.seen is not None:
        rows += [("frame", text, t) for t, text in found.seen.transcript]
    try:
        found.texts = score_texts(rows, context, explain=explain)
    except WordsError as error:
        found.errors["text"] = str(error)


def _text_evidence(texts: Sequence[TextFinding]) -> list[Evidence]:
    evidence: list[Evidence] = []
    for text in texts:
        if text.source != "frame":
            evidence += text.spans
        elif text.risk >= SHOWN_TEXT:
            evidence.append(Evidence(type="frame", t=text.t, label=TEXT_HARM, weight=text.risk, text=text.text))
    return evidence


def _no_signals() -> dict[str, Json]:
    """Names that rules may rely on, whatever happened."""
    return {"known_match": False, "partial_match": False, "frames_checked": False, "bank_checked": False, "media_read": False}


def _signals(
    payload: dict[str, Json], found: Findings, rating: Rating, frames: Sequence[Evidence], context: RunContext
) -> dict[str, Json]:
    seen = found.seen
    signals = _no_signals() | {
        "known_match": any(m.whole for m in found.matches), "partial_match": any(not m.whole for m in found.matches),
        "bank_checked": found.bank_checked, "text_harm": found.text_risk,
        "frames_checked": seen is not None and bool(seen.scores) and "frames" not in found.errors, "media_read": seen is not None,
    }  # fmt: skip
    if seen is None:
        return signals
    signals |= {
        "sha256": seen.sha256, "mime": seen.mime, "sampled_frames": len(seen.times), "duration_s": seen.duration_s,
        "frame_peaks": {label: round(value, 4) for label, value in rating.peaks.items()},
        "transcript": [{"t": t, "text": text[:500]} for t, text in seen.transcript], "heat": _heat(seen),
    }  # fmt: skip
    strip = _strip(payload, seen, frames, context)
    if seen.flashes:
        signals["flashes"] = dict(seen.flashes)
    return signals | _hashes(seen) | ({"strip": strip} if strip else {})


def _heat(seen: Observation) -> list[list[float]]:
    """[seconds, highest score of any label] of every sampled frame; [] without a frame classifier."""
    if not seen.scores:
        return []
    highest = np.max(np.stack(list(seen.scores.values())), axis=0)
    return [[round(t, 2), round(float(s), 3)] for t, s in zip(seen.times, highest, strict=True)]


def _hashes(seen: Observation) -> dict[str, Json]:
    """What a bank keeps of a removed file, in the form of `python -m scoring hash`: a picture's PDQ, a video's frames."""
    rows = [row for row in zip(seen.times, seen.pdq, seen.quality, strict=True) if row[1] is not None]
    if seen.kind == "image":
        return {"pdq": rows[0][1]} if rows and (rows[0][2] or 0) >= MIN_QUALITY else {}
    return {"vpdq": [{"frame": i, "t": t, "pdq": value, "quality": quality} for i, (t, value, quality) in enumerate(rows)]}


def _strip(payload: dict[str, Json], seen: Observation, frames: Sequence[Evidence], context: RunContext) -> list[dict[str, Any]]:
    """Pictures for the strip, where there is a media folder to keep them in. Without it the case shows times only."""
    media = payload.get("media")
    if context.media_root is None or media is None or seen.strip is None:
        return []
    marked = [e.t for e in frames if e.t is not None] + [t for t, _ in seen.transcript]
    with contextlib.suppress(OSError, MediaError):  # a full or read-only folder must not cost the score
        folder, _ = derivative_folder(str(media), context.media_root, "strip")
        rows = write_pictures(seen.strip.chosen(strip_choice(seen.times, marked)), folder)
        return [{"t": t, "image": f"{media}/strip/{file}"} for t, file in rows]
    return []


__all__ = ["RISK", "VideoScorer", "look"]
