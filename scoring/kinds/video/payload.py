"""What a video item brings: a stored media id (or, on the command line, a path) and the words around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from scoring.kind import Payload
from scoring.media.store import NAME
from scoring.types import Json

MediaId = Annotated[str, StringConstraints(pattern=NAME, max_length=200)]


class VideoPayload(Payload):
    media: MediaId | None = None
    path: str | None = Field(None, min_length=1, max_length=4096)
    title: str = Field("", max_length=1_000)
    description: str = Field("", max_length=20_000)
    duration_s: float | None = Field(None, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_source(self) -> VideoPayload:
        if (self.media is None) == (self.path is None):
            raise ValueError("give either media (an id that POST media returned) or path, not both and not neither")
        return self


def media_names(payload: Mapping[str, Json]) -> Sequence[str]:
    return [payload["media"]] if payload.get("media") is not None else []


def searchable_text(payload: Mapping[str, Json]) -> str:
    """Title and description, the words that search should find."""
    return "\n".join(part for part in (payload.get("title"), payload.get("description")) if part)
