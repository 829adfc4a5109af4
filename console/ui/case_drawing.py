"""Drawing a case: for htmx the whole screen, so that the next item is there at once; else a page with an address of its own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from console import flow
from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.cases.holding import Hold
from console.cases.models import Case, Claim, Queue
from console.cases.selectors import case_found, open_claim, queue_overview
from console.common.errors import Conflict, DomainError
from console.ui.access import person
from console.ui.problems import banner
from console.ui.screen import case_context, undo_offer
from console.ui.verdict_input import read_token

REVIEWERS = (Role.MODERATOR, Role.LEAD, Role.ADMIN)
RETAKE = ("lease_over", "not_held")  # refusals after which the case may be asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What replaces #screen, and the address that goes with it."""

    html: str
    address: str


def case_of(request: HttpRequest, case_id: UUID) -> Case:
    """As if it were not there, for who may neither work in its queue nor holds it."""
    case = case_found(person(request), case_id)
    if case is None:
        raise Http404("There is no such case.")
    return case


def claim_of(case: Case, user: User) -> tuple[Claim | None, Claim | None]:
    """(mine, somebody's): the open claim, split by whose it is."""
    claim = open_claim(case)
    return (claim, claim) if claim is not None and claim.reviewer_id == user.pk else (None, claim)


def is_lead(user: User) -> bool:
    return user_has_role(user, Role.LEAD)


def hold_of(request: HttpRequest, case: Case) -> Hold:
    return Hold(case_id=case.pk, reviewer=person(request), token=read_token(request.POST))


def screen_of(request: HttpRequest, claim: Claim) -> Screen:
    context = case_context(claim.case, claim, person(request))
    return Screen(html=render_to_string("cases/screen.html", context, request), address=reverse("ui:case", args=[claim.case_id]))


def next_screen(request: HttpRequest, queue: Queue) -> Screen:
    """The next case of the queue, claimed; or that nothing waits, and where something does."""
    user = person(request)
    claim = flow.case_claim(queue=queue, reviewer=user, is_lead=is_lead(user))
    if claim is not None:
        return screen_of(request, claim)
    others = [row for row in queue_overview(user) if row.waiting and row.queue.pk != queue.pk]
    html = render_to_string("cases/empty_screen.html", {"queue": queue, "others": others, "undo": undo_offer(user)}, request)
    return Screen(html=html, address=reverse("ui:queue", args=[queue.slug]))


def draw(request: HttpRequest, case: Case, claim: Claim | None, holder: Claim | None = None) -> HttpResponse:
    partial = "HX-Request" in request.headers
    context = case_context(case, claim, person(request), holder)
    response = render(request, "cases/screen.html" if partial else "cases/page.html", context)
    if partial:
        response["HX-Push-Url"] = reverse("ui:case", args=[case.pk])
    return response


def draw_next(request: HttpRequest, queue: Queue) -> HttpResponse:
    """Claim the next case of the queue and show it."""
    if "HX-Request" in request.headers:
        screen = next_screen(request, queue)
        return HttpResponse(screen.html, headers={"HX-Push-Url": screen.address})
    claim = flow.case_claim(queue=queue, reviewer=person(request), is_lead=is_lead(person(request)))
    return HttpResponseRedirect(reverse("ui:case", args=[claim.case_id]) if claim else reverse("ui:queue", args=[queue.slug]))


def draw_or_go(request: HttpRequest, claim: Claim) -> HttpResponse:
    """The screen itself for htmx; else its address, so that a reload posts nothing twice."""
    if "HX-Request" in request.headers:
        return draw(request, claim.case, claim)
    return HttpResponseRedirect(reverse("ui:case", args=[claim.case_id]))


def take_again(case: Case, error: DomainError) -> str:
    """Where to ask for the case again, when that may help."""
    return reverse("ui:take", args=[case.pk]) if isinstance(error, Conflict) and error.code in RETAKE else ""


def refused(request: HttpRequest, case: Case, error: DomainError) -> HttpResponse:
    return banner(request, error, back=reverse("ui:case", args=[case.pk]), take=take_again(case, error))
