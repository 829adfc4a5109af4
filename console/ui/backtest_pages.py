"""Backtests: the list, and the form that asks for one, with a try on the newest items while it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.models import Source
from console.accounts.roles import Role
from console.backtests.models import State
from console.backtests.selectors import NEWEST, backtests, quick_try
from console.backtests.services import backtest_request
from console.common.errors import DomainError, Invalid
from console.policies.selectors import policy_versions
from console.training.selectors import model_versions
from console.ui.access import page_for, person
from console.ui.backtest_form import PERIODS, SHARES, WAYS, asked_from, reach_from, values_of
from console.ui.models_pages import may_change
from console.ui.problems import sentence_of, status_of
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
MAKERS = (Role.POLICY, Role.ADMIN)
PAGE = 30
STATES = {"open": "Under way", "done": "Done", "failed": "Failed", "cancelled": "Cancelled"}
EXAMPLES = (
    ("score.risk != null && score.risk > 0.8", "what the machine is sure of"),
    ('payload.text.matches("(?i)\\\\bwire transfer\\\\b")', "a phrase, whatever its case"),
    ("reports > 2 && score.risk != null && score.risk > 0.4", "reported often, and not quite honest"),
)  # fmt: skip
THEN = {"review": "Send it to a person", "enforce": "Act on it", "allow": "Let it through"}


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    kind, state = request.GET.get("kind", ""), request.GET.get("state", "")
    rows = backtests(kind=kind if kind in KINDS else "")
    if state in STATES:
        rows = rows.filter(state__in=[State.WAITING, State.RUNNING] if state == "open" else [state])
    after = _uuid(request.GET.get("after", ""))
    found = list((rows.filter(pk__lt=after) if after else rows)[: PAGE + 1])
    context = {
        "rows": found[:PAGE], "older": found[PAGE - 1].pk if len(found) > PAGE else None, "kinds": KINDS.values(), "kind": kind,
        "state": state, "states": STATES, "may_make": may_change(request), "polls": any(row.is_open for row in found),
        "anything": bool(found) or rows.model.objects.exists(),
    }  # fmt: skip
    return render(request, "backtests/list.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*MAKERS)
def new(request: HttpRequest) -> HttpResponse:
    """A link from a policy, from thresholds or from a model version fills the form by its query."""
    values = values_of(request.GET.dict() if request.method != "POST" else request.POST.dict())
    values["kind"] = values["kind"] if values["kind"] in KINDS else next(iter(KINDS))
    if request.method != "POST":
        return _form(request, values)
    try:
        asked, reach = asked_from(values), reach_from(values)
        backtest = backtest_request(asked=asked, user=person(request), since=reach.since, share=reach.share, source=reach.source)
    except Invalid as error:
        return _form(request, values, errors=error.fields, status=422)
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return _form(request, values, status=status_of(error))
    return redirect("ui:backtest", backtest.pk)


def _form(
    request: HttpRequest, values: Mapping[str, str], *, errors: Mapping[str, Sequence[str]] | None = None, status: int = 200
) -> HttpResponse:
    kind = KINDS[values["kind"]]
    labels = sorted(
        {label for version in policy_versions(kind.name)[:1] for clause in version.document["clauses"] for label in clause["labels"]}
    )
    context: dict[str, Any] = {
        "values": values, "errors": errors or {}, "kind": kind, "kinds": KINDS.values(), "ways": WAYS, "periods": PERIODS, "shares": SHARES,
        "then": THEN, "examples": EXAMPLES, "sources": Source.objects.order_by("name"), "newest": NEWEST,
        "policies": policy_versions(kind.name)[:20], "models": model_versions(kind.name).defer("card", "comparison", "metrics")[:20],
        "labels": ["risk", *labels],
    }  # fmt: skip
    return render(request, "backtests/new.html", context, status=status)


@require_POST
@never_cache
@page_for(*MAKERS)
def attempt(request: HttpRequest) -> HttpResponse:
    """As it is written: what is wrong with it, or what it does with the newest items."""
    values = values_of(request.POST.dict())
    if values["what"] == "model" or (values["what"] == "rule" and not values["when"].strip()):
        return render(request, "backtests/tried.html", {"idle": True, "values": values, "newest": NEWEST})
    try:
        tried = quick_try(asked_from(values))
    except Invalid as error:
        return render(request, "backtests/tried.html", {"errors": error.fields, "values": values})
    except DomainError as error:
        return render(request, "backtests/tried.html", {"errors": {"": [sentence_of(error)]}, "values": values})
    return render(request, "backtests/tried.html", {"tried": tried, "values": values, "kind": KINDS[values["kind"]]})
