"""The review screen: look at a case, take it, ask for the evidence."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.cases import holding, serving
from console.cases.holding import Hold
from console.cases.limits import serve_limits
from console.cases.models import Case
from console.common.errors import Conflict, DomainError, NotFound
from console.ui.access import page_for, person
from console.ui.case_drawing import REVIEWERS, case_of, claim_of, draw, draw_or_go, hold_of, is_lead, refused
from console.ui.problems import banner


@require_safe
@never_cache
@page_for(*REVIEWERS)
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = case_of(request, case_id)
    if case.state == Case.State.CLOSED:
        return HttpResponseRedirect(reverse("ui:item", args=[case.item_id]))
    mine, holder = claim_of(case, person(request))
    if mine is not None and mine.ahead:  # opened by its address: its turn has come
        mine = holder = serving.claim_begin(hold=Hold(case_id=case.pk, reviewer=person(request), token=mine.token))
    return draw(request, case, mine, holder)


@require_POST
@page_for(*REVIEWERS)
def take(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Hold this very case, if it waits."""
    case = case_of(request, case_id)
    mine, _ = claim_of(case, person(request))
    claim = mine or serving.case_take(case_id=case.pk, reviewer=person(request), is_lead=is_lead(person(request)))
    if claim is None and case.severity > serve_limits(person(request), case.queue.kind).cap:
        error = Conflict("You had as much hard content today as anybody should, so this one is for somebody else.")
        return banner(request, error, back=reverse("ui:my_day"), lead="Not today.")
    if claim is None:
        error = Conflict("Somebody else has this one now, it was decided, or you passed it on. Take the next.")
        return banner(request, error, back=reverse("ui:queue", args=[case.queue.slug]))
    return draw_or_go(request, claim)


@require_POST
@page_for(*REVIEWERS)
def reveal(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show the evidence from here on; the verdict then trains but never tests."""
    case = case_of(request, case_id)
    try:
        if case.blind:
            raise Conflict("In this case everybody decides without the machine's opinion.")
        holding.case_reveal(hold=hold_of(request, case), first=request.POST.get("outcome", "").partition(":")[0])
    except DomainError as error:
        return refused(request, case, error)
    mine, _ = claim_of(case, person(request))
    if mine is None:
        raise NotFound("The case was given to somebody else just now.")
    return draw_or_go(request, mine)
