"""A version on live traffic: in shadow beside the champion, or as a canary that decides a share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel, Field
from rest_framework.request import Request

from console.api.auth import Caller
from console.api.base import ADMINS, OWNERS, TRAINERS, Answer, idempotent, read_body
from console.api.docs import described
from console.api.forms import Form
from console.api.training import ModelView
from console.common.errors import Invalid, NotFound
from console.training.models import Trial
from console.training.outside import refusals_outside, trial_outside
from console.training.services import canary_finish, canary_step, shadow_start, trial_end
from console.training.shadow_report import BANDS, Alone, shadow_report
from console.training.watch import canary_facts


class ShadowIn(Form):
    share: int = Field(10, description="Percent of the items of the kind, 1 to 100")


class CanaryIn(Form):
    share: int | None = Field(None, description="1, 5, 25, 50 or 100 percent")
    serve: bool = Field(False, description="It decides everything already: let it serve.")


class AloneOut(BaseModel):
    decided: int = Field(description="Of what people decided since, it would have decided so many without a person")
    otherwise: int = Field(description="of these, the person decided otherwise")
    interval: list[float] = Field(description="Exact 95 % interval of otherwise among decided")


class ShadowOut(BaseModel):
    against: str
    share: int
    started_at: datetime
    ended_at: datetime | None
    scored: int
    dropped: int = Field(description="Drawn but let go, so that nothing waited for the shadow")
    agree: int
    agree_interval: list[float]
    matrix: dict[str, dict[str, int]] = Field(description="Band of the champion, then of this version: items")
    cases_a_day: list[float] | None = Field(description="Expected change of cases a day: middle, low, high")
    judged: int
    champion: AloneOut
    challenger: AloneOut


class ArmOut(BaseModel):
    items: int
    errors: int
    judged: int
    overruled: int


class CanaryOut(BaseModel):
    against: str
    share: int
    automatic: bool
    started_at: datetime
    ended_at: datetime | None
    end: str
    why: str
    canary: ArmOut
    champion: ArmOut
    time_ratio: float | None = Field(description="How much longer an item takes, on batches of the same size")


class TrialView(ModelView):
    mode: str

    def last(self, name: str) -> Trial:
        trials = Trial.objects.filter(version=self.version(name), mode=self.mode).select_related("version", "promotion__decided_by")
        trial = trials.order_by("-started_at").first()
        if trial is None:
            raise NotFound(f"{name} was never tried like this.")
        return trial


class ModelShadow(TrialView):
    roles = {"GET": OWNERS, "POST": TRAINERS, "DELETE": TRAINERS}
    mode = Trial.Mode.SHADOW

    @described("Where a version in shadow would decide otherwise", {200: ShadowOut}, tag="training", name="shadow_get", problems=[404])
    def get(self, request: Request, version: str) -> HttpResponse:
        return Answer(_shadow_row(self.last(version)))

    @described("Score a share of the traffic beside the champion; it decides nothing", {201: ShadowOut}, tag="training",
               name="shadow_start", body=ShadowIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, version: str) -> HttpResponse:
        form, chosen = read_body(request, ShadowIn), self.version(version)
        with refusals_outside(bound=self.caller().source is not None):
            shadow_start(version=chosen, user=self.caller().user, share=form.share)
        return Answer(_shadow_row(self.last(str(chosen))), 201)

    @described("End the shadow", {204: None}, tag="training", name="shadow_end", problems=[404, 409])
    def delete(self, request: Request, version: str) -> HttpResponse:
        trial_end(trial=self.last(version), user=self.caller().user)
        return Answer(status=204)


class ModelCanary(TrialView):
    roles = {"GET": OWNERS, "POST": ADMINS, "DELETE": TRAINERS}
    mode = Trial.Mode.CANARY

    @described("How a version does on the share that it decides", {200: CanaryOut}, tag="training", name="canary_get", problems=[404])
    def get(self, request: Request, version: str) -> HttpResponse:
        return Answer(_canary_row(self.last(version), self.caller()))

    @described("Give a canary another share, or let it serve; promote in_steps begins one", {200: CanaryOut}, tag="training",
               name="canary_step", body=CanaryIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, version: str) -> HttpResponse:
        form, trial = read_body(request, CanaryIn), self.last(version)
        if form.serve == (form.share is not None):
            raise Invalid({"share": ["Say share or serve, one of them."]})
        if form.share is not None:
            canary_step(trial=trial, share=form.share, user=self.caller().user)
        else:
            with refusals_outside(bound=self.caller().source is not None):
                canary_finish(trial=trial, user=self.caller().user)
        return Answer(_canary_row(self.last(version), self.caller()))

    @described("Stop the canary: the champion decides everything", {204: None}, tag="training", name="canary_end", problems=[404, 409])
    def delete(self, request: Request, version: str) -> HttpResponse:
        trial_end(trial=self.last(version), user=self.caller().user)
        return Answer(status=204)


def _shadow_row(trial: Trial) -> dict[str, Any]:
    report = shadow_report(trial)
    queue = report.queue
    return {
        "against": trial.against, "share": trial.share, "started_at": trial.started_at, "ended_at": trial.ended_at,
        "scored": report.scored, "dropped": report.dropped, "agree": report.agree, "agree_interval": list(report.agree_interval),
        "matrix": {stands: {band: report.matrix.get((stands, band), 0) for band in BANDS} for stands in BANDS},
        "cases_a_day": [queue.change, queue.low, queue.high] if queue else None, "judged": report.judged,
        "champion": _alone_row(report.champion), "challenger": _alone_row(report.challenger),
    }  # fmt: skip


def _alone_row(alone: Alone) -> dict[str, Any]:
    return {"decided": alone.decided, "otherwise": alone.otherwise, "interval": list(alone.interval)}


def _canary_row(trial: Trial, caller: Caller) -> dict[str, Any]:
    facts = canary_facts(trial)
    told = trial_outside(trial) if caller.source is not None else {"why": trial.why}
    arms = {
        name: {"items": arm.items, "errors": arm.errors, "judged": arm.judged, "overruled": arm.overruled}
        for name, arm in (("canary", facts.canary), ("champion", facts.champion))
    }
    return {
        "against": trial.against, "share": trial.share, "automatic": trial.automatic, "started_at": trial.started_at,
        "ended_at": trial.ended_at, "end": trial.end, **told, "time_ratio": facts.ratio, **arms,
    }  # fmt: skip
