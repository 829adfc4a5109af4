"""Backtests: ask for one, read how far it is and what came out, cancel it.

A token bound to a source tries and reads the history of that source only. Samples of items stay on the pages, where it is known
what each person may see.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from pydantic import AwareDatetime, BaseModel, Field
from rest_framework.request import Request

from console.accounts.models import Source
from console.api.auth import Caller
from console.api.base import OWNERS, TRAINERS, Answer, ApiView, idempotent, read_body
from console.api.docs import CURSOR, described
from console.api.forms import Form
from console.api.paging import page_by_id
from console.api.schemas import PageOut
from console.backtests.models import Backtest
from console.backtests.selectors import backtests
from console.backtests.services import backtest_cancel, backtest_request
from console.backtests.subjects import Asked, asked_model, asked_policy, asked_rule, asked_thresholds, known_kind
from console.common.errors import Invalid, NotFound
from scoring.registry import KINDS

KEPT_BACK = ("hit_samples", "near_samples")


class ThresholdIn(Form):
    label: Annotated[str, Field(max_length=64)] = "risk"
    allow: Annotated[float, Field(ge=0, le=1)] | None = None
    enforce: Annotated[float, Field(ge=0, le=1)] | None = None


class BacktestIn(Form):
    """One of `rule`, `policy`, `thresholds` and `model`."""

    kind: Annotated[str, Field(max_length=32)]
    rule: Annotated[str, Field(max_length=5000)] | None = Field(None, description="CEL.")
    then: Literal["allow", "review", "enforce"] = Field("review", description="What the rule does.")
    policy: Annotated[int, Field(ge=1, le=10**8)] | None = Field(None, description="Number of a version; a draft as it is saved.")
    thresholds: Annotated[list[ThresholdIn], Field(max_length=50)] | None = None
    model: Annotated[str, Field(max_length=100)] | None = Field(None, description="A version; it scores a sample anew.")
    since: AwareDatetime | None = Field(None, description="From the beginning where it is left out.")
    share: Annotated[float, Field(gt=0, le=1)] = Field(1.0, description="The chance of each item to be looked at.")


class BacktestOut(BaseModel):
    id: UUID
    kind: str
    what: Literal["rule", "policy", "thresholds", "model"]
    title: str
    subject: dict[str, Any]
    source: str | None
    since: datetime | None
    until: datetime
    share: float
    state: str
    total: int | None
    seen: int
    seconds_left: float | None
    result: dict[str, Any] | None = Field(description="Counts, shares with their 95 in 100 ranges, by day, language and source.")
    error: str
    requested_by: str | None
    created_at: datetime
    finished_at: datetime | None


class BacktestPage(PageOut):
    results: list[BacktestOut]


def backtest_row(backtest: Backtest, caller: Caller) -> dict[str, Any]:
    """Why one stopped may quote a path or another source's item: a token of a source is told that it did."""
    result = {name: value for name, value in backtest.result.items() if name not in KEPT_BACK} or None
    return {
        "id": backtest.pk, "kind": backtest.kind, "what": backtest.what, "title": backtest.title, "subject": backtest.subject,
        "source": backtest.source.slug if backtest.source else None, "since": backtest.since, "until": backtest.until,
        "share": backtest.share, "state": backtest.state, "total": backtest.total, "seen": backtest.seen,
        "seconds_left": backtest.seconds_left, "result": result,
        "error": backtest.error if caller.source is None else backtest.error.partition(":")[0],
        "requested_by": backtest.requested_by.get_username() if backtest.requested_by else None, "created_at": backtest.created_at,
        "finished_at": backtest.finished_at,
    }  # fmt: skip


def _asked(form: BacktestIn) -> Asked:
    kind = known_kind(form.kind)
    given = [name for name in ("rule", "policy", "thresholds", "model") if getattr(form, name) is not None]
    if len(given) != 1:
        raise Invalid({given[1] if given else "rule": ["Give one of rule, policy, thresholds and model."]})
    if form.policy is not None:
        return asked_policy(kind=kind, number=form.policy)
    if form.thresholds is not None:
        return asked_thresholds(kind=kind, thresholds=[row.model_dump() for row in form.thresholds])
    if form.model is not None:
        return asked_model(kind=kind, version=form.model)
    try:
        return asked_rule(kind=kind, when=form.rule or "", then=form.then)
    except Invalid as error:
        raise Invalid({"rule" if name == "when" else name: said for name, said in error.fields.items()}) from error


class BacktestView(ApiView):
    def visible(self) -> QuerySet[Backtest]:
        return self.caller().visible(backtests())

    def one(self, backtest_id: UUID) -> Backtest:
        found = self.visible().filter(pk=backtest_id).first()
        if found is None:
            raise NotFound("There is no such backtest.")
        return found


class Backtests(BacktestView):
    roles = {"GET": OWNERS, "POST": TRAINERS}

    @described("Backtests, newest first", {200: BacktestPage}, tag="backtests", name="backtests_list", problems=[400],
               parameters=[OpenApiParameter("kind", str, enum=list(KINDS)), *CURSOR])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        kind = request.query_params.get("kind", "")
        rows = self.visible()
        rows = rows.filter(kind=known_kind(kind)) if kind else rows
        return Answer(page_by_id(request, rows, partial(backtest_row, caller=self.caller())))

    @described("Try a rule, a policy, thresholds or a model on history", {201: BacktestOut}, tag="backtests", name="backtests_post",
               body=BacktestIn, problems=[400, 404, 409, 503], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        form, caller = read_body(request, BacktestIn), self.caller()
        source: Source | None = caller.source
        backtest = backtest_request(asked=_asked(form), user=caller.user, since=form.since, share=form.share, source=source)
        return Answer(backtest_row(self.one(backtest.pk), caller), 201)


class BacktestOne(BacktestView):
    roles = {"GET": OWNERS}

    @described("One backtest: how far it is, what came out", {200: BacktestOut}, tag="backtests", name="backtests_get", problems=[404])
    def get(self, request: Request, backtest_id: UUID) -> HttpResponse:
        return Answer(backtest_row(self.one(backtest_id), self.caller()))


class BacktestCancel(BacktestView):
    roles = {"POST": TRAINERS}

    @described("Cancel a backtest", {200: BacktestOut}, tag="backtests", name="backtests_cancel", problems=[404, 409], post=True)
    @idempotent
    def post(self, request: Request, backtest_id: UUID) -> HttpResponse:
        backtest_cancel(backtest_id=self.one(backtest_id).pk, user=self.caller().user)
        return Answer(backtest_row(self.one(backtest_id), self.caller()))
