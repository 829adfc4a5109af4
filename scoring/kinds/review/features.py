"""What a review's model reads, and where each part of it stands in the payload."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.kinds.review.payload import MAX_TEXT, MAX_TITLE
from scoring.types import Json

_LONE = re.compile("[\ud800-\udfff\x00]")  # one for one, so that offsets hold


@dataclass(frozen=True, slots=True)
class Place:
    """Code points [start, end) of payload field `field`."""

    field: str
    start: int
    end: int


def fields_of(payload: Mapping[str, Json]) -> list[tuple[str, str]]:
    """(field, text) of what can be read. Raises ValueError with a sentence when there is nothing."""
    found = []
    for name, most in (("title", MAX_TITLE), ("text", MAX_TEXT)):
        value = payload.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{name} is not text")
        if value and value.strip():
            found.append((name, _LONE.sub("\ufffd", value[:most])))
    if not any(name == "text" for name, _ in found):
        raise ValueError("there is no text")
    return found


def parts_of(payload: Mapping[str, Json]) -> Sequence[str]:
    return [text for _, text in fields_of(payload)]


def place_of(payload: Mapping[str, Json], start: int, end: int) -> Place:
    """From offsets in the parts laid end to end to a field of the payload."""
    for name, text in fields_of(payload):
        if start < len(text):
            return Place(name, start, min(end, len(text)))
        start, end = start - len(text), end - len(text)
    raise ValueError(f"[{start}, {end}) lies outside the text")
