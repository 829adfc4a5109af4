"""Training runs: what was trained and why, the queue, and a new one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from console.api.base import OWNERS, TRAINERS, Answer, ApiView, idempotent, read_body
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.api.run_shapes import RunIn, RunOut, RunPage, run_row
from console.api.training import KIND, kind_of
from console.training.models import TrainingRun
from console.training.selectors import training_run, training_runs
from console.training.services import run_cancel, run_first, run_request, run_retry


class Runs(ApiView):
    roles = {"GET": OWNERS, "POST": TRAINERS}

    @described("Training runs, newest first", {200: RunPage}, tag="training", name="runs_list", problems=[400], parameters=[KIND, *CURSOR])
    def get(self, request: Request) -> HttpResponse:
        runs = training_runs().defer("log", "trials", "marks").filter(**kind_of(request))
        return Answer(page_by_id(request, runs, partial(run_row, caller=self.caller())))

    @described("Train a kind: now, or when its turn comes", {201: RunOut}, tag="training", name="runs_post", body=RunIn,
               problems=[400, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        form = read_body(request, RunIn)
        run = run_request(
            kind=form.kind, trainer=form.trainer, trigger="api", user=self.caller().user, seed=form.seed, search_minutes=form.search_minutes
        )  # fmt: skip
        return Answer(run_row(training_run(run.pk), self.caller(), whole=True), 201)


class RunOne(ApiView):
    roles = {"GET": OWNERS}

    @described("One training run with its stages, trials and log", {200: RunOut}, tag="training", name="runs_get", problems=[404])
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        return Answer(run_row(training_run(run_id), self.caller(), whole=True))


class RunView(ApiView):
    """Base of what is done to one run."""

    roles = {"POST": TRAINERS}

    def act(self, run_id: UUID, verb: Callable[..., TrainingRun], status: int = 200) -> HttpResponse:
        training_run(run_id)
        run = verb(run_id=run_id, user=self.caller().user)
        return Answer(run_row(training_run(run.pk), self.caller(), whole=True), status)


class RunCancel(RunView):
    @described("Stop a run, or take it out of the queue", {200: RunOut}, tag="training", name="runs_cancel", problems=[404, 409], post=True)
    @idempotent
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        return self.act(run_id, run_cancel)


class RunFirst(RunView):
    @described("Let a run that waits be the next of its kind", {200: RunOut}, tag="training", name="runs_first", problems=[404, 409],
               post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        return self.act(run_id, run_first)


class RunRetry(RunView):
    @described("Ask again for a run that failed or was cancelled, with its trainer, seed and search", {201: RunOut}, tag="training",
               name="runs_retry", problems=[404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        return self.act(run_id, run_retry, 201)
