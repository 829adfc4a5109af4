"""Training runs: where each kind stands, the queue, the history, and one run stage by stage as it goes."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import User
from console.common.errors import DomainError, NotFound
from console.training.models import TrainingRun
from console.training.runs import OPEN
from console.training.selectors import training_run, training_runs
from console.training.services import run_cancel, run_first, run_request, run_retry
from console.ui.access import page_for, person
from console.ui.kinds_overview import kinds_overview
from console.ui.models_pages import OWNERS, READERS, back_to, frame, kind_or_404
from console.ui.run_words import ASKED_BY, advice_of, reason_words, rounds_of, stages_of, trials_of
from scoring.kind import Kind

PAGE = 30
STATES = (("open", "Going on"), ("done", "Done"), ("failed", "Failed"), ("cancelled", "Cancelled"))


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    """Where each kind stands: what serves, the last run, what comes next."""
    return render(request, "models/index.html", {"rows": kinds_overview()})


@require_safe
@never_cache
@page_for(*READERS)
def history(request: HttpRequest, name: str) -> HttpResponse:
    """Newest first, by keyset; of one state and of one way of asking, or of all."""
    kind = kind_or_404(name)
    state, by = request.GET.get("state", ""), request.GET.get("by", "")
    state, by = state if state in dict(STATES) else "", by if by in ASKED_BY else ""
    rows = training_runs(name).defer("log", "trials", "marks").order_by("-pk")
    rows = rows.filter(state__in=OPEN) if state == "open" else rows.filter(state=state) if state else rows
    rows = rows.filter(trigger=by) if by else rows
    before = _uuid(request.GET.get("before", ""))
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    chosen = "".join(f"{key}={value}&" for key, value in (("state", state), ("by", by)) if value)
    context = {
        **frame(request, kind), "rows": found[:PAGE], "state": state, "by": by, "states": STATES, "ways": _ways(name),
        "older": f"{chosen}before={found[PAGE - 1].pk}" if len(found) > PAGE else "", "newer": f"{chosen}before=" if before else "",
    }  # fmt: skip
    return render(request, "models/runs.html", context)


def _ways(kind: str) -> list[tuple[str, str]]:
    there = set(TrainingRun.objects.filter(kind=kind).values_list("trigger", flat=True).distinct())
    return [(name, words) for name, words in ASKED_BY.items() if name in there]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_safe
@never_cache
@page_for(*READERS)
def show_run(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    kind = kind_or_404(name)
    run = run_or_404(name, run_id)
    context = {
        **frame(request, kind), **live_context(run), "whole": True, "advice": advice_of(run, kind), "model": run.model,
        "trials": trials_of(run), "rounds": rounds_of(run), "retries": run.retries.order_by("-pk")[:5],
        "ended_badly": run.state in (TrainingRun.State.FAILED, TrainingRun.State.CANCELLED),
    }  # fmt: skip
    return render(request, "models/run.html", context)


def live_context(run: TrainingRun) -> dict[str, Any]:
    ahead = 0
    if run.state == TrainingRun.State.QUEUED:
        waits = TrainingRun.objects.filter(kind=run.kind, state__in=OPEN).exclude(pk=run.pk)
        ahead = sum(other.state != TrainingRun.State.QUEUED or (other.place, other.pk) < (run.place, run.pk) for other in waits)
    return {
        "run": run, "polls": run.state in OPEN, "stages": stages_of(run), "seen": _seen(run), "ahead": ahead, "reason": reason_words(run),
    }  # fmt: skip


def _seen(run: TrainingRun) -> str:
    """Changes whenever something that the page shows has changed."""
    return f"{zlib.crc32(f'{run.state}|{run.progress}|{run.stage}|{run.place}|{run.log}'.encode()):08x}"


@require_safe
@never_cache
@page_for(*READERS)
def live_run(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    """The part that polls: nothing when nothing has changed, so that what is read or marked stays under the eye. When the run
    has ended the page is loaded anew, so that everything else on it is right too."""
    kind = kind_or_404(name)
    run = run_or_404(name, run_id)
    context = live_context(run)
    if context["polls"] and request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    response = render(request, "models/parts/runs_live.html", {**frame(request, kind), **context, "whole": "whole" in request.GET})
    if not context["polls"]:
        response["HX-Refresh"] = "true"
    return response


def run_or_404(kind: str, run_id: UUID) -> TrainingRun:
    try:
        run = training_run(run_id)
    except NotFound as error:
        raise Http404(str(error)) from error
    if run.kind != kind:
        raise Http404("There is no such run.")
    return run


@require_POST
@page_for(*OWNERS)
def retrain(request: HttpRequest, name: str) -> HttpResponse:
    kind, back = kind_or_404(name), reverse("models:kind", args=[name])
    asked = request.POST
    numbers = {field: asked.get(field, "").strip() for field in ("seed", "search_minutes")}
    if any(value and not value.isdecimal() for value in numbers.values()):
        messages.error(request, "Seed and minutes are whole numbers.")
        return redirect(back)
    try:
        run = run_request(
            kind=name, trainer=asked.get("trainer", ""), trigger="hand", user=person(request), seed=int(numbers["seed"][:12] or 0),
            search_minutes=int(numbers["search_minutes"][:6]) if numbers["search_minutes"] else None,
        )  # fmt: skip
    except DomainError as error:
        return back_to(request, back, error=error)
    if run.state == TrainingRun.State.QUEUED:
        return back_to(request, back, f"The run waits for its turn: another one for {kind.words.many} is ahead.")
    return back_to(request, back, f"Training a new model for {kind.words.many}.")


def _act(
    request: HttpRequest, kind: Kind, run_id: UUID, verb: Callable[..., TrainingRun], done: str, *, to: Callable[[TrainingRun], str]
) -> HttpResponse:
    run = run_or_404(kind.name, run_id)
    user: User = person(request)
    try:
        run = verb(run_id=run.pk, user=user)
    except DomainError as error:
        return back_to(request, to(run), error=error)
    return back_to(request, to(run), done)


def _to_run(run: TrainingRun) -> str:
    return reverse("models:run", args=[run.kind, run.pk])


def _to_kind(run: TrainingRun) -> str:
    return reverse("models:kind", args=[run.kind])


@require_POST
@page_for(*OWNERS)
def cancel(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    done = "The run is cancelled. Nothing of it is kept but its log."
    return _act(request, kind_or_404(name), run_id, run_cancel, done, to=_to_kind)


@require_POST
@page_for(*OWNERS)
def first(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    return _act(request, kind_or_404(name), run_id, run_first, "This run is the next.", to=_to_kind)


@require_POST
@page_for(*OWNERS)
def retry(request: HttpRequest, name: str, run_id: UUID) -> HttpResponse:
    done = "The run is asked for again, with the same trainer, seed and search."
    return _act(request, kind_or_404(name), run_id, run_retry, done, to=_to_run)
