"""The words that every part of the product shares.

All types are frozen and hold only JSON values, so that a score can be stored, sent and compared as it is.
Probabilities are floats in [0, 1]; times are aware datetimes; offsets count Unicode code points.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Protocol

Json = Any  # what json.loads can return
EvidenceType = Literal["span", "quote", "contribution", "rule", "match", "frame", "field"]
Outcome = Literal["allow", "review", "enforce"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """Something that the same payer, device or author did before: what point-in-time features count."""

    id: str
    at: datetime
    keys: Mapping[str, str]  # shared attributes, as Kind.keys() names them: {"device": "d1", "card": "c9"}
    facts: Mapping[str, Json] = field(default_factory=dict)  # what Kind.facts() keeps of the payload: {"amount": 12.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedItem:
    """Another item that shares an attribute with this one (`steps` 1), or with one that does (2). For cards, never for scorers."""

    id: str
    name: str  # as the platform calls it
    at: datetime
    steps: int = 1
    keys: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    payload: Mapping[str, Json] = field(default_factory=dict)
    ended: str = ""  # what the world said of it (an event of feedback), else "allow" or "enforce", else "" while it is open


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known around an item when its card is drawn: facts that a person may see before they decide, no opinion.

    `measured` is what a worker measured of the item's place in the world (Score.extra["measured"]): percentiles, a look-up; and
    what it read from the item's files (the signals that Kind.observed names): words on the screen, flashing parts.
    `figures` are the kind's numbers as the policy sets them: a margin, a fee.
    """

    related: Sequence[RelatedItem] = ()
    measured: Mapping[str, Json] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    now: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One piece of content or record. `payload` is the validated payload in JSON form (Kind.parse returns it)."""

    id: str
    kind: str
    payload: Mapping[str, Json]
    actor: Mapping[str, Json] = field(default_factory=dict)
    created_at: datetime | None = None
    conversation: str | None = None
    reports: int = 0
    source: str = ""  # who sent it, where that is known: for slices, never for scorers
    past: Sequence[PastEvent] = ()  # oldest first, strictly before this item
    around: Around = field(default_factory=Around)  # filled for a card only


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The part of the item that moved the score.

    span: `field`, `start`, `end` point into payload text; quote: the same inside message `index`;
    contribution: `field` names the feature, `value` its value, `weight` its signed share of the log-odds;
    frame: `t` seconds; match: `value` names the bank entry, `weight` its distance; rule: `value` names the rule.
    """

    type: EvidenceType
    label: str | None = None
    weight: float = 0.0
    field: str | None = None
    start: int | None = None
    end: int | None = None
    index: int | None = None
    t: float | None = None
    value: Json = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One named measurement by one detector. A detector that fails reports `error` and no value."""

    name: str
    value: Json = None
    detector: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one model version says of one item.

    `risk` is the calibrated probability that the item breaks any policy; None when nothing could be scored,
    which sends the item to a person. `uncertainty` is 0 (sure) to 1. `signals` maps names to plain values;
    `errors` names the detectors that failed, with a sentence each.
    """

    risk: float | None
    labels: Mapping[str, float] = field(default_factory=dict)
    uncertainty: float = 1.0
    evidence: Sequence[Evidence] = ()
    signals: Mapping[str, Json] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    model: str = ""  # "<kind>@<version>"
    extra: Mapping[str, Json] = field(default_factory=dict)  # what one kind adds to its score line: accuracy_score


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What policy says to do with a score."""

    outcome: Outcome
    reason: str  # code: "rule", "match", "certified", "threshold", "uncertain", "no_score", "not_certified", "detector_failed"
    sentence: str  # the reason in words, for people
    action: str | None = None
    clause: str | None = None
    label: str | None = None
    rule: str | None = None
    severity: int = 0  # 0-3
    thresholds: Mapping[str, Json] = field(default_factory=dict)  # those that were compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled item. `labels` maps a category to 0 or 1; `group` never straddles two parts of a split."""

    item: Item
    labels: Mapping[str, int]
    group: str | None = None
    weight: float = 1.0
    spans: Sequence[tuple[int, int]] = ()


class HashMatcher(Protocol):
    """A bank of known hashes; what serves it (a flat index, a file) is the caller's choice."""

    def match_pdq(self, pdq_hex: str, max_distance: int = 31) -> list[Mapping[str, Json]]: ...

    def match_sha256(self, sha256: str) -> list[Mapping[str, Json]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a scorer may use beside the item. Nothing here reaches the network unless an admin configured it."""

    media_root: Path | None = None  # payload media ids are files below it
    bank: HashMatcher | None = None
    seed: int = 0
    options: Mapping[str, Json] = field(default_factory=dict)  # {"frame_model": "/models/nsfw", "analyser_url": ...}
    encoded: MutableMapping[tuple[str, str], Any] | None = None  # vectors by encoder and text, for models that are asked the same


def as_json(value: Any) -> Json:
    """Turn any of these types into plain JSON values; None fields of Evidence are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        drop_none = isinstance(value, Evidence)
        return {name: as_json(v) for name, v in pairs if not (drop_none and v is None)}
    if isinstance(value, Mapping):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return as_json(value.value)
    if isinstance(value, Sequence) or hasattr(value, "__iter__"):
        return [as_json(v) for v in value]
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def score_from_json(data: Mapping[str, Json]) -> Score:
    """Read back what `as_json(score)` wrote."""
    evidence = tuple(Evidence(**e) for e in data.get("evidence", ()))
    known = {f.name for f in fields(Score)} - {"evidence"}
    return Score(evidence=evidence, **{k: v for k, v in data.items() if k in known})
