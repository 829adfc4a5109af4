"""What comes out of automation, as types."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from console.api.schemas import PageOut


class CertificateOut(BaseModel):
    id: int
    kind: str
    label: str = Field(description='"risk": that it breaks any rule.')
    side: Literal["allow", "enforce"]
    cut: Literal["", "language", "source"] = Field(description="Of a part of the band that has a limit of its own.")
    name: str
    basis: Literal["decided", "class"] = Field(description="Of what the error is a share: of what is decided, or of all harm or harmless.")
    method: Literal["sequence", "bonferroni"]
    risk: float
    confidence: float
    model: str
    policy_version: int
    threshold: float
    audits: int
    of: int
    wrong: int
    upper: float
    coverage: float
    made_at: datetime
    ends_at: datetime
    state: Literal["valid", "expired", "withdrawn"]
    ended_at: datetime | None
    why: str
    slices: list[BandSliceOut] = Field(description="By language and source, of the source of a token only; read each hour.")


class BandSliceOut(BaseModel):
    cut: Literal["language", "source"]
    name: str
    of: int
    wrong: int
    low: float = Field(description="Of a range that holds for all slices of the certificate together.")
    high: float
    withheld: bool = Field(description="The whole range lies above the limit, so people decide here.")


class CertificatePage(PageOut):
    results: list[CertificateOut]


class BandOut(BaseModel):
    label: str
    side: Literal["allow", "enforce"]
    cut: Literal["", "language", "source"] = Field(description="Of a part of the band that has a limit of its own.")
    name: str = Field(description="Of that part; empty: of all that has none.")
    risk: float
    confidence: float
    basis: Literal["decided", "class"]
    is_on: bool
    certificate: CertificateOut | None
    audits: int
    missing: int | None = Field(description="Audits that are needed at least, if none of them is found wrong.")
    floor: float | None = Field(description="Share of the traffic that no mark may decide, whatever the model.")


class RangeOut(BaseModel):
    value: float
    low: float
    high: float


class WeekOut(BaseModel):
    since: datetime
    until: datetime
    audits: int
    wrongly_allowed: RangeOut | None
    wrongly_enforced: RangeOut | None
    missed: RangeOut | None = Field(description="A number of items, not a share.")
    found: RangeOut | None
    harm: RangeOut | None


class AutomationOut(BaseModel):
    kind: str
    automation: Literal["off", "demo", "certified"]
    bands: list[BandOut]
    waiting: int
    week: WeekOut
