"""What goes into and comes out of the checks, as types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from console.api.forms import Form
from console.api.schemas import PageOut

Share = Annotated[float, Field(ge=0, le=0.5)]


class PlanIn(Form):
    second_share: Share | None = None
    gold_share: Share | None = None
    gold_share_new: Share | None = None
    blind_share: Share | None = None
    feedback: bool | None = None


class PlanOut(BaseModel):
    queue: str
    second_share: float
    gold_share: float
    gold_share_new: float
    blind_share: float
    feedback: bool


class PlanList(BaseModel):
    results: list[PlanOut]


class GoldIn(Form):
    item: UUID
    outcome: Literal["allow", "enforce"]
    clauses: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=20)] = Field(default_factory=list)
    note: Annotated[str, Field(max_length=2000)] = ""


class GoldOut(BaseModel):
    id: int
    item: UUID
    kind: str
    outcome: str
    clauses: list[str]
    note: str
    is_active: bool
    created_at: datetime


class GoldPage(PageOut):
    results: list[GoldOut]


class QaIn(Form):
    finding: Literal["agree", "disagree", "grey"]
    note: Annotated[str, Field(max_length=2000)] = ""


class QaOut(BaseModel):
    id: int
    verdict: UUID
    finding: str
    note: str
    contested_at: datetime | None
    settled: Literal["reviewer", "lead"] | None = Field(description="With whom the third person agreed, after a contest.")
    created_at: datetime


class AlikeRow(BaseModel):
    clause: str | None = Field(description="None: the whole policy.")
    alpha: float | None
    low: float | None
    high: float | None
    items: int


class LeaningOut(BaseModel):
    items: int
    more: float | None = Field(description="Wrong when the machine was wrong and shown, minus wrong blind, on the same items.")
    low: float
    high: float


class GoldShare(BaseModel):
    right: int
    of: int
    low: float
    high: float


class AgreementOut(BaseModel):
    kind: str
    computed_at: datetime | None
    pairs: int
    agreement: list[AlikeRow]
    leaning: LeaningOut
    gold: GoldShare
