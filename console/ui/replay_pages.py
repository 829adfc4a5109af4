"""Replay a labelled file as if it were live: upload it, watch it run, read what the product would have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.backtests.models import Replay
from console.backtests.replays import LARGEST, LEAST_LINES, STARTS, USUAL, replay_cancel, replay_get, replay_request, replays
from console.common.errors import DomainError, Invalid, NotFound
from console.ui.access import page_for, person
from console.ui.backtest_pages import MAKERS, READERS
from console.ui.models_pages import may_change
from console.ui.problems import sentence_of
from console.ui.replay_charts import automation_chart, learning_chart
from scoring.registry import KINDS

NEWEST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    """Those that ran, and the form for another."""
    if request.method != "POST":
        return _page(request, {"kind": request.GET.get("kind", ""), **{name: str(value) for name, value in USUAL.items()}})
    if not may_change(request):
        return render(request, "403.html", {"exception": "Replays are for policy and admin."}, status=403)
    values = {name: request.POST.get(name, "")[:200] for name in ("kind", *USUAL)}
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Invalid({"file": ["Choose a file."]})
        replay = replay_request(kind=values["kind"], name=file.name or "", chunks=file.chunks(), options=values, user=person(request))
    except Invalid as error:
        return _page(request, values, errors=error.fields, status=422)
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return _page(request, values, status=409)
    return redirect("ui:replay", replay.pk)


def _page(
    request: HttpRequest, values: Mapping[str, str], *, errors: Mapping[str, Sequence[str]] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "rows": replays()[:NEWEST], "values": values, "errors": errors or {}, "kinds": KINDS.values(), "starts": STARTS,
        "largest": LARGEST // 1024 // 1024, "least": LEAST_LINES, "may_make": may_change(request),
    }  # fmt: skip
    return render(request, "backtests/replays.html", context, status=status)


def _get(replay_id: UUID) -> Replay:
    try:
        return replay_get(replay_id)
    except NotFound as error:
        raise Http404(str(error)) from error


@require_safe
@never_cache
@page_for(*READERS)
def show(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    return render(request, "backtests/replay.html", _told(request, _get(replay_id)))


@require_safe
@never_cache
@page_for(*READERS)
def live(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    replay = _get(replay_id)
    response = render(request, "backtests/replay_live.html", _told(request, replay))
    if not replay.is_open:
        response["HX-Refresh"] = "true"
    return response


def _told(request: HttpRequest, replay: Replay) -> dict[str, object]:
    lines = replay.result.get("rounds", [])
    return {
        "replay": replay, "backtest": replay, "kind": KINDS.get(replay.kind), "lines": lines, "told": replay.result.get("summary"),
        "learning": learning_chart(lines), "automation": automation_chart(lines), "polls": replay.is_open,
        "may_make": may_change(request), "proofs": (lines[-1]["proof"] if lines else {}),
    }  # fmt: skip


@require_POST
@page_for(*MAKERS)
def cancel(request: HttpRequest, replay_id: UUID) -> HttpResponse:
    try:
        replay_cancel(replay_id=_get(replay_id).pk, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return redirect("ui:replay", replay_id)
