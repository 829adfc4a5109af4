"""Scores contact records: how likely each field, and the record, is wrong; evidence is weight times value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dns.exception
import numpy as np

from scoring.artifacts import ArtifactError, Bundle
from scoring.kinds.contact.features import FEATURES, email_of, extract, signals
from scoring.kinds.contact.heads import Array, CalibratedHead
from scoring.kinds.contact.mail_exchange import takes_mail
from scoring.types import Evidence, Item, Json, RunContext, Score
from scoring.uncertainty import uncertainty

RISK = "risk"
ACCURACY_RANGE = (70, 99)
REASONS = 6  # contributions given by score(); explain() gives all
LEAST = 0.005  # contributions nearer to 0 are left out
FIELDS = ("email", "company", "phone")


class ContactScorer:
    """Options: `accuracy_range` [low, high], `as_of` ISO time, `mx_lookup` true to ask the network about domains."""

    def __init__(self, bundle: Bundle) -> None:
        self.model = bundle.model
        data = bundle.read_json("heads.json")
        try:
            if tuple(data["features"]) != tuple(FEATURES):
                raise ArtifactError(f"{bundle.model} was trained on other features than this version computes")
            self.heads = {name: CalibratedHead.from_json(head) for name, head in data["heads"].items()}
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"{bundle.model}: heads.json cannot be used: {error}") from error
        if RISK not in self.heads:
            raise ArtifactError(f"{bundle.model}: heads.json has no head for the record as a whole")

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return [self._score(item, context, REASONS) for item in items]

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        """All contributions, those to single fields too."""
        return [self._score(item, context, None) for item in items]

    def _score(self, item: Item, context: RunContext, most: int | None) -> Score:
        try:
            mx, errors = _mail_answer(item, context)
            as_of = context.options.get("as_of")
            values = extract(item, as_of=datetime.fromisoformat(str(as_of)) if as_of else None, mx=mx)
            measured = signals(item, mx)
        except Exception as error:  # one bad record must not stop a batch
            return Score(risk=None, model=self.model, errors={"features": f"The record could not be read: {type(error).__name__}."})
        x = np.array([[values[name] for name in FEATURES]])
        labels = {name: float(head.probability(x)[0]) for name, head in self.heads.items() if name != RISK}
        labels = {name: p for name, p in labels.items() if name not in FIELDS or item.payload.get(name)}
        risk = float(self.heads[RISK].probability(x)[0])
        return Score(
            risk=risk, labels=labels, uncertainty=uncertainty(risk, labels), evidence=self._evidence(x, values, labels, most),
            signals=measured, errors=errors, model=self.model,
            extra={
                "accuracy_score": accuracy_score(risk, context), "accuracy_range": list(_range(context.options.get("accuracy_range"))),
                **({} if mx is None else {"measured": {"email_mx": mx}}),
            },
        )  # fmt: skip

    def _evidence(self, x: Array, values: dict[str, float], labels: dict[str, float], most: int | None) -> tuple[Evidence, ...]:
        found = []
        for label in (RISK, *labels) if most is None else (RISK,):
            shares = self.heads[label].head.contributions(x)[0]
            rows = [
                Evidence(type="contribution", label=label, field=name, value=values[name], weight=float(share))
                for name, share in zip(FEATURES, shares, strict=True)
                if abs(share) >= LEAST
            ]
            rows.sort(key=lambda e: -abs(e.weight))
            found += rows[:most]
        return tuple(found)


def accuracy_score(risk: float, context: RunContext) -> int:
    """The chance that the record is right, mapped to the range of the options (70 to 99)."""
    low, high = _range(context.options.get("accuracy_range"))
    return round(low + (high - low) * (1 - risk))


def _range(value: Json) -> tuple[float, float]:
    """Raises ValueError when the setting is not two rising numbers."""
    if value is None:
        return ACCURACY_RANGE
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"accuracy_range must be two numbers, not {value!r}") from error
    if not low < high:
        raise ValueError(f"accuracy_range must rise: {value!r}")
    return low, high


def _mail_answer(item: Item, context: RunContext) -> tuple[bool | None, dict[str, str]]:
    """(whether the domain takes mail or None, errors). Asks only when `mx_lookup` is on."""
    email: Any = email_of(item.payload) if context.options.get("mx_lookup") else None
    if email is None or not email.valid:
        return None, {}
    try:
        return takes_mail(email.domain), {}
    except dns.exception.DNSException:
        return None, {"mx": "The domain of the e-mail could not be looked up."}
