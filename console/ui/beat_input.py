"""From the beats that the case page sends to Beat. What is not shaped like one is refused as a whole; nothing of it is content."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from console.cases.exposure import Beat
from console.common.errors import Invalid

MOST_AGO = 24 * 3600.0


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    id: UUID
    sort: Literal["work", "clear", "text"]
    began: float = Field(ge=0, le=MOST_AGO)  # seconds ago
    until: float = Field(ge=0, le=MOST_AGO)
    case: UUID | None = None
    token: Annotated[int, Field(ge=0, lt=2**63)] | None = None


_BEATS = TypeAdapter(Annotated[list[_Sent], Field(max_length=20)])


def read_beats(text: str) -> list[Beat]:
    """Raises Invalid."""
    try:
        sent = _BEATS.validate_json(text)
    except ValidationError as error:
        raise Invalid({"beats": ["These are no beats of a case page."]}) from error
    return [Beat(stretch=b.id, sort=b.sort, began_s=b.began, until_s=b.until, case_id=b.case, token=b.token) for b in sent]
