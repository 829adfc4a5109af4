"""The review screen: take a case, look, decide, undo. Each answer to htmx is the whole screen, so the next item is there at once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import flow
from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.cases import claiming, holding
from console.cases.holding import Hold
from console.cases.models import Case, Claim, Queue
from console.cases.selectors import open_claim, queue_overview, queues_for
from console.common.errors import Conflict, DomainError, Invalid, NotFound
from console.ui.access import page_for, person
from console.ui.problems import banner, sentence_of, status_of
from console.ui.screen import SKIP_REASONS, case_context, seconds_until, undo_offer
from console.ui.verdict_input import read_token, read_verdict

REVIEWERS = (Role.MODERATOR, Role.LEAD, Role.ADMIN)


def _case(request: HttpRequest, case_id: UUID) -> Case:
    """The case, if this person may work in its queue; else as if it were not there."""
    return get_object_or_404(
        Case.objects.select_related("queue", "item__source").filter(queue__in=queues_for(person(request))), pk=case_id
    )


def _claim_of(case: Case, user: User) -> tuple[Claim | None, Claim | None]:
    """(mine, somebody's): the open claim, split by whose it is."""
    claim = open_claim(case)
    return (claim, claim) if claim is not None and claim.reviewer_id == user.pk else (None, claim)


def is_lead(user: User) -> bool:
    return user_has_role(user, Role.LEAD)


def next_claim(queue: Queue, user: User) -> Claim | None:
    """What the person still holds here, else the next that waits."""
    return claiming.claim_resume(queue=queue, reviewer=user) or flow.case_claim(queue=queue, reviewer=user, is_lead=is_lead(user))


def _draw(request: HttpRequest, case: Case, claim: Claim | None, holder: Claim | None = None) -> HttpResponse:
    partial = "HX-Request" in request.headers
    context = case_context(case, claim, person(request), holder)
    response = render(request, "cases/screen.html" if partial else "cases/page.html", context)
    if partial:
        response["HX-Push-Url"] = reverse("ui:case", args=[case.pk])
    return response


def draw_next(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Claim the next case of the queue and show it; or say that nothing waits, and where something does."""
    claim = next_claim(queue, person(request))
    if claim is not None:
        return _draw_or_go(request, claim)
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(reverse("ui:queue", args=[queue.slug]))
    others = [row for row in queue_overview(person(request)) if row.waiting and row.queue.pk != queue.pk]
    response = render(request, "cases/empty_screen.html", {"queue": queue, "others": others, "undo": undo_offer(person(request))})
    response["HX-Push-Url"] = reverse("ui:queue", args=[queue.slug])
    return response


@require_safe
@never_cache
@page_for(*REVIEWERS)
def show(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = _case(request, case_id)
    if case.state == Case.State.CLOSED:
        return HttpResponseRedirect(reverse("ui:item", args=[case.item_id]))
    mine, holder = _claim_of(case, person(request))
    return _draw(request, case, mine, holder)


@require_POST
@page_for(*REVIEWERS)
def take(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Hold this very case, if it waits."""
    case = _case(request, case_id)
    mine, _ = _claim_of(case, person(request))
    claim = mine or claiming.case_claim_one(case_id=case.pk, reviewer=person(request), is_lead=is_lead(person(request)))
    if claim is None:
        error = Conflict("Somebody else has this one now, it was decided, or you passed it on. Take the next.")
        return banner(request, error, back=reverse("ui:queue", args=[case.queue.slug]))
    return _draw_or_go(request, claim)


def _draw_or_go(request: HttpRequest, claim: Claim) -> HttpResponse:
    """The screen itself for htmx; else its address, so that a reload posts nothing twice."""
    if "HX-Request" in request.headers:
        return _draw(request, claim.case, claim)
    return HttpResponseRedirect(reverse("ui:case", args=[claim.case_id]))


def _hold(request: HttpRequest, case: Case) -> Hold:
    return Hold(case_id=case.pk, reviewer=person(request), token=read_token(request.POST))


def _refused(request: HttpRequest, case: Case, error: DomainError) -> HttpResponse:
    take_again = reverse("ui:take", args=[case.pk]) if isinstance(error, Conflict) and error.code in ("lease_over", "not_held") else ""
    return banner(request, error, back=reverse("ui:case", args=[case.pk]), take=take_again)


@require_POST
@page_for(*REVIEWERS)
def verdict(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Store the verdict; the answer is the next case."""
    case = _case(request, case_id)
    try:
        flow.verdict_give(case_id=case.pk, reviewer=person(request), token=read_token(request.POST), form=read_verdict(request.POST))
    except DomainError as error:
        return _refused(request, case, error)
    return draw_next(request, case.queue)


@require_POST
@page_for(*REVIEWERS)
def undo(request: HttpRequest, verdict_id: UUID) -> HttpResponse:
    """Take a verdict back while nothing has left, and show its case again."""
    try:
        undone = flow.verdict_undo(verdict_id=verdict_id, reviewer=person(request))
    except DomainError as error:
        return banner(request, error, back="/", lead="Not undone.")
    claim = claiming.case_claim_one(case_id=undone.case_id, reviewer=person(request), is_lead=is_lead(person(request)))
    if claim is None:
        messages.info(request, "Undone. Somebody else took the case meanwhile.")
        return draw_next(request, undone.case.queue)
    return _draw_or_go(request, claim)


@require_POST
@page_for(*REVIEWERS)
def reveal(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show the evidence from here on; the verdict then trains but never tests."""
    case = _case(request, case_id)
    try:
        if case.blind:
            raise Conflict("In this case everybody decides without the machine's opinion.")
        holding.case_reveal(hold=_hold(request, case))
    except DomainError as error:
        return _refused(request, case, error)
    mine, _ = _claim_of(case, person(request))
    if mine is None:
        raise NotFound("The case was given to somebody else just now.")
    return _draw_or_go(request, mine)


@require_POST
@page_for(*REVIEWERS)
def heartbeat(request: HttpRequest, case_id: UUID) -> JsonResponse:
    """Keep the case longer. 409 with a sentence when it is gone."""
    try:
        until = holding.case_heartbeat(hold=_hold(request, _case(request, case_id)))
    except DomainError as error:
        return JsonResponse({"sentence": sentence_of(error)}, status=status_of(error))
    return JsonResponse({"seconds": seconds_until(until)})


@require_POST
@page_for(*REVIEWERS)
def skip(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = _case(request, case_id)
    try:
        reason = request.POST.get("reason", "")
        if reason not in dict(SKIP_REASONS):
            raise Invalid({"reason": ["Choose why you skip it."]})
        holding.case_skip(hold=_hold(request, case), reason=reason)
    except DomainError as error:
        return _refused(request, case, error)
    return draw_next(request, case.queue)


@require_POST
@page_for(*REVIEWERS)
def pass_on(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask another person, or a lead."""
    case = _case(request, case_id)
    try:
        purpose = request.POST.get("to", "")
        if purpose not in ("second", "escalated"):
            raise Invalid({"to": ["Choose another person or a lead."]})
        holding.case_pass_on(hold=_hold(request, case), purpose=purpose, note=request.POST.get("note", ""))
    except DomainError as error:
        return _refused(request, case, error)
    return draw_next(request, case.queue)


@require_POST
@page_for(*REVIEWERS)
def release(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give it back and return to the queues."""
    case = _case(request, case_id)
    try:
        holding.case_release(hold=_hold(request, case))
    except DomainError as error:
        return _refused(request, case, error)
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": "/"})
    return HttpResponseRedirect("/")
