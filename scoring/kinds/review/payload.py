"""What a review holds: the text as written, and what stands around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, field_validator

from scoring.kind import Payload
from scoring.media.store import names_upload
from scoring.types import Json

MAX_TEXT = 100_000
MAX_TITLE = 1_000
MAX_HEADLINE = 120
ImageId = Annotated[str, Field(min_length=1, max_length=200)]


class ReviewPayload(Payload):
    """Offsets of evidence count code points of `text` and `title` exactly as they are here."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    title: str | None = Field(None, max_length=MAX_TITLE)
    rating: float | None = Field(None, ge=0, le=5, allow_inf_nan=False)  # stars
    language: str | None = Field(None, pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")
    translation: str | None = Field(None, max_length=MAX_TEXT)  # of the text, by the platform: shown beside it, never scored
    subject: str | None = Field(None, max_length=500)  # what is reviewed: a product, a place
    images: list[ImageId] = Field(default_factory=list, max_length=50)  # media ids, or what the platform calls them (not shown)

    @field_validator("text")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must hold more than white space")
        return value

    @field_validator("text", "title", "subject", "translation")
    @classmethod
    def _storable(cls, value: str | None) -> str | None:
        if value is not None and ("\x00" in value or any("\ud800" <= c <= "\udfff" for c in value)):
            raise ValueError("must not hold NUL or lone surrogate characters")
        return value


def media_names(payload: Mapping[str, Json]) -> Sequence[str]:
    return [name for name in payload.get("images") or () if names_upload(name)]


def searchable_text(payload: Mapping[str, Json]) -> str:
    return "\n".join(part for part in (payload.get("title"), payload.get("text"), payload.get("subject")) if isinstance(part, str) and part)


def headline(payload: Mapping[str, Json]) -> str:
    """The title, else the beginning of the text, on one line."""
    for name in ("title", "text"):
        line = " ".join(str(payload.get(name) or "").split())
        if line:
            return line if len(line) <= MAX_HEADLINE else line[: MAX_HEADLINE - 1] + "…"
    return "Review without text"
