"""From a posted row to a validated NewItem. Plain pydantic: this runs for every item of every bulk call."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from console.common.errors import Invalid
from scoring.registry import KINDS
from scoring.types import Item as ScoringItem

_NUL = "\x00"
_YEARS = "must lie between the years 1900 and 2200"
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # an escape, not a backslash that was written before "u0000"


def _no_nul(text: str) -> str:
    if _NUL in text:
        raise ValueError("must not contain the NUL character")
    return text


def _aware(moment: datetime) -> datetime:
    if not _plausible(moment):
        raise ValueError(_YEARS)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plausible(moment: datetime) -> bool:
    """Near the ends of the calendar, time zones and look-backs leave what Python and the database can hold."""
    return 1900 <= moment.year <= 2200


Name = Annotated[str, AfterValidator(_no_nul), Field(min_length=1, max_length=255)]
Moment = Annotated[datetime, AfterValidator(_aware)]


class Actor(BaseModel):
    """Who made the item. More fields are kept."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)
    id: Name


class ItemIn(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    kind: str
    external_id: Name
    payload: dict[str, Any]
    actor: Actor | None = None
    created_at: Moment | None = None
    conversation: Annotated[str, AfterValidator(_no_nul), Field(max_length=255)] = ""
    severity_hint: Annotated[int, Field(ge=0, le=3)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    kind: str
    external_id: str
    payload: Mapping[str, Any]
    body_hash: str
    actor: Mapping[str, Any]
    created_at: datetime | None
    conversation: str
    severity_hint: int


def parse_item(raw: Any) -> NewItem:
    """Validate the envelope, then the payload by its kind. Raises Invalid with paths such as "payload.text"."""
    try:
        item = ItemIn.model_validate(raw)
    except ValidationError as error:
        raise Invalid(field_errors(error)) from error
    kind = KINDS.get(item.kind)
    if kind is None:
        raise Invalid({"kind": [f"There is no kind {item.kind!r}; there are {', '.join(KINDS)}."]})
    try:
        payload = kind.parse(item.payload)
    except ValidationError as error:
        raise Invalid(field_errors(error, "payload")) from error
    try:
        body = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:  # a lone surrogate, or a number beyond 64 bits: neither can be stored
        raise Invalid({"payload": [f"cannot be stored: {error}"]}) from error
    if ESCAPED_NUL.search(body):
        raise Invalid({"payload": ["must not contain the NUL character"]})
    happened = kind.at(ScoringItem(id="", kind=item.kind, payload=payload, created_at=item.created_at))
    if happened is not None and not _plausible(happened):
        raise Invalid({"payload": [f"When it happened {_YEARS}."]})
    return NewItem(
        kind=item.kind,
        external_id=item.external_id,
        payload=payload,
        body_hash=hashlib.sha256(body).hexdigest(),
        actor=item.actor.model_dump(mode="json") if item.actor else {},
        created_at=item.created_at,
        conversation=item.conversation,
        severity_hint=item.severity_hint,
    )


def field_errors(error: ValidationError, prefix: str = "") -> dict[str, list[str]]:
    """pydantic's errors by dotted path, in words."""
    found: dict[str, list[str]] = {}
    for part in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(step) for step in ((prefix,) if prefix else ()) + part["loc"]) or "body"
        found.setdefault(path, []).append(part["msg"].removeprefix("Value error, "))
    return found
