"""What comes out, as types: OpenAPI describes the answers by these. shapes.py builds them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    field: str
    message: str


class ProblemOut(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] = Field(default_factory=list)


class DecisionOut(BaseModel):
    id: UUID
    item: UUID
    external_id: str
    kind: str
    number: int
    state: str
    outcome: Literal["allow", "review", "enforce"]
    reason: str
    sentence: str
    action: str | None
    clause: str | None
    label: str | None
    rule: str | None
    severity: int
    automated: bool
    model: str | None
    policy_version: int
    thresholds: dict[str, Any]
    created_at: datetime
    effective_at: datetime | None
    statement_url: str | None


class ReceivedOut(BaseModel):
    id: UUID
    external_id: str
    status: str
    url: str
    decision: DecisionOut | None = Field(None, description="With ?wait= only, when it came in time.")


class BulkRow(BaseModel):
    index: int
    status: int
    external_id: str | None
    id: UUID | None = None
    url: str | None = None
    code: str | None = None
    errors: list[FieldError] = Field(default_factory=list)


class BulkOut(BaseModel):
    results: list[BulkRow]
    accepted: int
    same: int
    refused: int


class MediaOut(BaseModel):
    id: UUID
    sha256: str
    mime: str
    size: int
    width: int | None
    height: int | None
    duration_s: float | None
    url: str


class ScoreOut(BaseModel):
    model: str
    checksum: str
    risk: float | None
    uncertainty: float
    labels: dict[str, float]
    evidence: list[dict[str, Any]]
    signals: dict[str, Any]
    errors: dict[str, str]
    extra: dict[str, Any]
    created_at: datetime


class CaseOut(BaseModel):
    id: UUID
    item: UUID
    queue: str
    state: str
    purpose: str
    reason: str | None
    sentence: str
    severity: int
    due_at: datetime
    created_at: datetime


class EventOut(BaseModel):
    at: datetime
    actor: str
    sentence: str
    detail: dict[str, Any]


class ItemRow(BaseModel):
    id: UUID
    kind: str
    external_id: str
    source: str
    status: str
    headline: str
    created_at: datetime
    received_at: datetime
    reports: int
    url: str


class ItemOut(ItemRow):
    payload: dict[str, Any]
    actor: dict[str, Any]
    conversation: str
    severity_hint: int
    scores: list[ScoreOut]
    decision: DecisionOut | None
    case: CaseOut | None
    history: list[EventOut]


class PageOut(BaseModel):
    next: str | None
    next_cursor: str | None


class ItemPage(PageOut):
    results: list[ItemRow]


class AlikeRow(ItemRow):
    shared: list[str] = Field(description="With `how` shared: what both have in common.")


class AlikeOut(BaseModel):
    how: Literal["meaning", "words", "waiting", "shared"] = Field(
        description="waiting: the item's meaning is not read yet, so it is by words meanwhile."
    )
    results: list[AlikeRow]


class DecisionPage(PageOut):
    results: list[DecisionOut]


class PolicyOut(BaseModel):
    version: int
    checksum: str
    document: dict[str, Any]


class ClaimItem(BaseModel):
    id: UUID
    kind: str
    external_id: str
    source: str
    payload: dict[str, Any]
    actor: dict[str, Any]
    conversation: str
    created_at: datetime
    received_at: datetime


class ScreenOut(BaseModel):
    case: CaseOut
    token: int
    lease_until: datetime
    item: ClaimItem
    blocks: list[dict[str, Any]]
    policy: PolicyOut
    evidence_shown: bool
    verdict_first: bool
    present: list[str] = Field(default_factory=list, description="Who else has the case on the screen.")


class ClaimOut(ScreenOut):
    ahead: list[ScreenOut] = Field(default_factory=list, description="The cases that come next, first what comes first.")


class LeaseOut(BaseModel):
    case: UUID
    state: str
    lease_until: datetime | None = None


class VerdictRow(BaseModel):
    id: UUID
    case: UUID
    item: UUID
    state: str
    outcome: str
    action: str | None
    duration_hours: int | None
    clauses: list[str]
    severity: int
    certain: bool
    spans: list[dict[str, Any]]
    decision: UUID | None = Field(description="None where the case was blind: it is not said whether its verdict decides.")
    created_at: datetime


class VerdictOut(BaseModel):
    verdict: VerdictRow
    undo_until: datetime


class SimilarCase(BaseModel):
    id: UUID
    token: int | None = Field(None, description="Of your hold, when it was asked for and the case was free.")


class SimilarOut(BaseModel):
    batch: UUID | None
    cases: list[SimilarCase]


class BatchRow(BaseModel):
    case: UUID
    status: int
    verdict: VerdictRow | None
    code: str | None
    detail: str | None


class BatchOut(BaseModel):
    batch: UUID
    results: list[BatchRow]
    undo_until: datetime | None


class BatchUndone(BaseModel):
    batch: UUID
    undone: int


class StatementOut(BaseModel):
    decision: UUID
    item: UUID
    external_id: str
    application_date: date | None
    statement: dict[str, Any] = Field(description="Fields and values as the EU DSA Transparency Database names them.")


class TrialOut(BaseModel):
    mode: str = Field(description="shadow: scores beside the champion; canary: decides a share")
    share: int = Field(description="Percent of the items of the kind")
    started_at: datetime


class FailedGate(BaseModel):
    name: str
    title: str = Field(description="What would hold, had it been passed")
    sentence: str


class ModelOut(BaseModel):
    model: str
    kind: str
    version: str
    state: str
    trainer: str
    checksum: str
    metrics: dict[str, Any]
    comparison: dict[str, Any]
    reasons: list[Any]
    failed_gates: list[FailedGate] = Field(description="Every gate that refused it")
    parent: str | None
    snapshot: str | None
    created_at: datetime
    promoted_at: datetime | None
    damage: str = Field(description="What is wrong with its files; empty when they are whole. A damaged version scores nothing.")
    trials: list[TrialOut] = Field(description="Where it is tried on live traffic now")
    proposed_by: str | None = Field(description="Who proposed that it serves, while another person has not agreed yet")
    card: str | None = None


class ModelPage(PageOut):
    results: list[ModelOut]


class WebhookOut(BaseModel):
    id: UUID
    url: str
    topics: list[str]
    is_active: bool
    created_at: datetime


class WebhookMade(WebhookOut):
    secret: str = Field(description="Shown once. Verify each message with it (Standard Webhooks).")


class WebhookList(BaseModel):
    results: list[WebhookOut]


class AttemptOut(BaseModel):
    at: datetime
    status: int | None
    error: str
    body: str
    took_ms: int


class DeliveryOut(BaseModel):
    id: int
    event: UUID
    topic: str
    subject: str
    webhook: UUID
    state: str
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime
    attempt_list: list[AttemptOut] = Field(default_factory=list)


class DeliveryPage(PageOut):
    results: list[DeliveryOut]
