"""Holding a case: keep it longer, pass it on, give it back, keep a draft, and see who looks too."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from console.cases import drafts, holding, presence
from console.common.errors import DomainError, Invalid
from console.ui.access import page_for, person
from console.ui.care import DISTRESS, offer_after_distress
from console.ui.case_drawing import REVIEWERS, case_of, draw_next, hold_of, refused
from console.ui.problems import sentence_of, status_of
from console.ui.screen import SKIP_REASONS, seconds_until
from console.ui.words import looks_too


@require_POST
@page_for(*REVIEWERS)
def heartbeat(request: HttpRequest, case_id: UUID) -> JsonResponse:
    """Keep the case longer. 409 with a sentence when it is gone."""
    try:
        until = holding.case_heartbeat(hold=hold_of(request, case_of(request, case_id)))
    except DomainError as error:
        return JsonResponse({"sentence": sentence_of(error)}, status=status_of(error))
    return JsonResponse({"seconds": seconds_until(until)})


@require_POST
@page_for(*REVIEWERS)
def here(request: HttpRequest, case_id: UUID) -> JsonResponse:
    """A sign of life from a screen that shows the case, to decide or to read; answers who else is there."""
    case = case_of(request, case_id)
    if "gone" in request.POST:
        presence.presence_end(case_id=case.pk, person=person(request))
    else:
        presence.presence_note(case_id=case.pk, person=person(request))
    return JsonResponse({"sentence": looks_too(presence.others_present(case_id=case.pk, person=person(request)))})


@require_POST
@page_for(*REVIEWERS)
def draft(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What was chosen and written so far, kept for this person."""
    case = case_of(request, case_id)
    try:
        data = json.loads(request.POST.get("draft", ""))
    except (ValueError, RecursionError) as error:
        raise Invalid({"draft": ["It is not JSON."]}) from error
    if not isinstance(data, dict):
        raise Invalid({"draft": ["It is not a draft."]})
    drafts.draft_keep(case_id=case.pk, person=person(request), data=data)
    return HttpResponse(status=204)


@require_POST
@page_for(*REVIEWERS)
def skip(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = case_of(request, case_id)
    try:
        reason = request.POST.get("reason", "")
        if reason not in dict(SKIP_REASONS):
            raise Invalid({"reason": ["Choose why you skip it."]})
        holding.case_skip(hold=hold_of(request, case), reason=reason)
        if reason == DISTRESS:
            offer_after_distress(request, case)
    except DomainError as error:
        return refused(request, case, error)
    return draw_next(request, case.queue)


@require_POST
@page_for(*REVIEWERS)
def pass_on(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask another person, or a lead."""
    case = case_of(request, case_id)
    try:
        purpose = request.POST.get("to", "")
        if purpose not in ("second", "escalated"):
            raise Invalid({"to": ["Choose another person or a lead."]})
        holding.case_pass_on(hold=hold_of(request, case), purpose=purpose, note=request.POST.get("note", ""))
    except DomainError as error:
        return refused(request, case, error)
    return draw_next(request, case.queue)


@require_POST
@page_for(*REVIEWERS)
def release(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give it back and return to the queues."""
    case = case_of(request, case_id)
    try:
        holding.case_release(hold=hold_of(request, case))
    except DomainError as error:
        return refused(request, case, error)
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": "/"})
    return HttpResponseRedirect("/")
