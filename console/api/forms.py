"""What goes in, as types: bodies are validated by these, and OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Short = Annotated[str, Field(max_length=255)]


class Form(BaseModel):
    """Unknown fields are ignored: nothing but what is named here can be set."""

    model_config = ConfigDict(extra="ignore")


class ReportIn(Form):
    reporter: Short = ""
    reason: Annotated[str, Field(max_length=64)] = ""
    text: Annotated[str, Field(max_length=10_000)] = ""


class ViewsIn(Form):
    views: Annotated[int, Field(ge=0, le=10**12)] = Field(description="People it reached so far. It only grows; less is no news.")


class FeedbackIn(Form):
    event: Annotated[str, Field(min_length=1, max_length=32)]
    data: dict[str, Any] = Field(default_factory=dict)


class ClaimIn(Form):
    evidence: bool = Field(
        False, description="Send the evidence at once. The verdict then counts as given with the machine's opinion in view."
    )
    ahead: Annotated[int, Field(ge=0, le=2)] = Field(
        0, description="Also hold so many cases that come next, shortly and without evidence; `begin` says that the turn of one has come."
    )


class AssignIn(Form):
    to: Annotated[str, Field(max_length=150)] | None = Field(None, description="The name of a person; null: whoever comes next.")
    token: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        None, description="Of the hold that you hand to a colleague. A lead assigns what waits without one."
    )


class HoldIn(Form):
    token: Annotated[int, Field(ge=0, le=2**63 - 1)]


class RevealIn(HoldIn):
    first: Literal["allow", "enforce"] | None = Field(
        None, description="The outcome that you would choose without the evidence. A case with `verdict_first` asks for it."
    )


class SkipIn(HoldIn):
    reason: Annotated[str, Field(max_length=32)] = ""


class PassOnIn(HoldIn):
    note: Annotated[str, Field(max_length=10_000)] = ""


class SpanIn(Form):
    """A mark: words (`field`, `start`, `end` in code points) or a part of a film (`t0`, `t1` in seconds)."""

    field: Annotated[str, Field(max_length=100)] = "text"
    start: Annotated[int, Field(ge=0)] | None = None
    end: Annotated[int, Field(ge=0)] | None = None
    t0: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    t1: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    label: Annotated[str, Field(max_length=64)] = ""


class JudgementIn(Form):
    """What a person concludes, of one case or of many."""

    outcome: Literal["allow", "enforce"]
    action: Annotated[str, Field(max_length=32)] | None = None
    duration_hours: Annotated[int, Field(ge=1, le=8784)] | None = Field(
        None, description="For actions that the policy lists as timed: they end by themselves. Without it, they have no end."
    )
    clauses: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=20)] = Field(default_factory=list)
    labels: dict[str, Literal[0, 1]] | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    severity: Annotated[int, Field(ge=0, le=3)] | None = None
    certain: bool = True
    note: Annotated[str, Field(max_length=10_000)] = ""
    spans: Annotated[list[SpanIn], Field(max_length=200)] = Field(default_factory=list)


class VerdictIn(HoldIn, JudgementIn):
    pass


class CorrectionIn(JudgementIn):
    why: Annotated[str, Field(min_length=1, max_length=300, description="Why the verdict that is in effect was wrong.")]


class HeldIn(HoldIn):
    id: UUID


class BatchVerdictIn(JudgementIn):
    cases: Annotated[list[HeldIn], Field(min_length=1, max_length=100, description="Cases of one queue, with the token of your hold.")]


class SimilarIn(Form):
    basis: Literal["alike", "author"] = Field("alike", description="`alike`: says or shows nearly the same; `author`: of the same account.")
    claim: bool = Field(False, description="Hold them, and the case itself, so that they can be decided together.")


class ReasonIn(Form):
    reason: Annotated[str, Field(max_length=300)] = ""


class PromoteIn(ReasonIn):
    override: bool = Field(False, description="Alone and at once, whatever speaks against it; needs a reason and raises an alert.")
    despite: bool = Field(False, description="Propose what the comparison refused; needs a reason, and another person still has to agree.")
    way: Literal["at_once", "in_steps"] = Field("at_once", description="in_steps: a canary first, from 1 % of the items to all.")


class WebhookIn(Form):
    url: Annotated[str, Field(min_length=1, max_length=500)]
    topics: Annotated[list[str], Field(max_length=20)] = Field(default_factory=list, description="Empty: every topic.")


class WebhookChange(Form):
    url: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    topics: Annotated[list[str], Field(max_length=20)] | None = None
    is_active: bool | None = None
