"""The cases that come next for a person, drawn before their turn: without evidence, without anything that is not blurred."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from console import flow
from console.cases import serving
from console.cases.models import Claim
from console.cases.selectors import queue_named
from console.common.errors import Invalid
from console.ui.access import page_for, person
from console.ui.case_drawing import REVIEWERS, is_lead, screen_of
from console.ui.screen import seconds_until


@require_POST
@page_for(*REVIEWERS)
def ahead(request: HttpRequest, slug: str) -> JsonResponse:
    """At most two, first what comes first. `have` names the claims that the page has in memory: these are not drawn again."""
    user = person(request)
    queue = queue_named(user, slug)
    if queue is None:
        raise Http404(f"There is no queue {slug}.")
    claims = flow.cases_fetch_ahead(queue=queue, reviewer=user, is_lead=is_lead(user))
    have = set(request.POST.getlist("have"))
    return JsonResponse({"ahead": [_one(request, claim, have) for claim in claims]})


def _one(request: HttpRequest, claim: Claim, have: set[str]) -> dict[str, Any]:
    name = f"{claim.case_id}:{claim.token}"
    row: dict[str, Any] = {"name": name, "case": str(claim.case_id), "seconds": seconds_until(claim.lease_until)}
    if name in have:
        return row
    screen = screen_of(request, claim)
    return {**row, "html": screen.html, "address": screen.address}


@require_POST
@page_for(*REVIEWERS)
def give_back(request: HttpRequest) -> HttpResponse:
    """The page is left: what it had in memory waits for everybody again."""
    try:
        ids = [UUID(name.partition(":")[0]) for name in request.POST.getlist("have")]
    except ValueError as error:
        raise Invalid({"have": ["It names no case."]}) from error
    serving.cases_give_back(reviewer=person(request), case_ids=ids)
    return HttpResponse(status=204)
