"""Whose a case is: hand it to a colleague, assign it, take it over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import User
from console.accounts.roles import Role
from console.cases import assigning
from console.cases.models import Case
from console.cases.selectors import queues_for
from console.common.errors import DomainError, Invalid
from console.ui.access import page_for, person
from console.ui.case_drawing import REVIEWERS, case_of, draw_next, draw_or_go, hold_of, is_lead, refused
from console.ui.problems import sentence_of

MOST_AT_ONCE = 50


def _colleague(request: HttpRequest) -> User:
    found = User.objects.filter(username=request.POST.get("colleague", ""), is_active=True, is_service=False).first()
    if found is None:
        raise Invalid({"colleague": ["Choose a colleague."]})
    return found


@require_safe
@never_cache
@page_for(*REVIEWERS)
def colleagues(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The people who may get this case, as the options of a list."""
    case = case_of(request, case_id)
    people = [one for one in assigning.colleagues_for(case.queue) if is_lead(person(request)) or one.pk != person(request).pk]
    return render(request, "cases/colleagues.html", {"people": people})


@require_POST
@page_for(*REVIEWERS)
def hand_over(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Give a case that one holds to a colleague; the answer is the next case."""
    case = case_of(request, case_id)
    try:
        assigning.case_hand_over(hold=hold_of(request, case), to=_colleague(request))
    except DomainError as error:
        return refused(request, case, error)
    return draw_next(request, case.queue)


@require_POST
@page_for(Role.LEAD, Role.ADMIN)
def take_over(request: HttpRequest, case_id: UUID) -> HttpResponse:
    case = case_of(request, case_id)
    try:
        claim = assigning.case_take_over(case_id=case.pk, lead=person(request), reason=request.POST.get("reason", ""))
    except DomainError as error:
        return refused(request, case, error)
    return draw_or_go(request, claim)


@require_POST
@page_for(Role.LEAD, Role.ADMIN)
def assign(request: HttpRequest) -> HttpResponse:
    """One case or a handful to one person, or to nobody in particular. What cannot be is said; the others are done."""
    names = request.POST.getlist("case")
    back = request.POST.get("back", "")
    target = back if back.startswith("/") and not back.startswith("//") else "/"
    try:
        ids = [UUID(name) for name in names]
        if not 0 < len(ids) <= MOST_AT_ONCE:
            raise Invalid({"case": [f"Choose 1 to {MOST_AT_ONCE} cases."]})
        to = _colleague(request) if request.POST.get("colleague") else None
    except ValueError:
        messages.error(request, "That names no case.")
        return HttpResponseRedirect(target)
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return HttpResponseRedirect(target)
    done, problems = 0, set[str]()
    for case in Case.objects.filter(pk__in=ids, queue__in=queues_for(person(request))):
        try:
            assigning.case_assign(case_id=case.pk, to=to, by=person(request))
            done += 1
        except DomainError as error:
            problems.add(sentence_of(error))
    if done:
        whose = f"wait for {to.display_name}" if to else "wait for whoever comes next"
        messages.info(request, f"{done} {'case' if done == 1 else 'cases'}: {whose} now.")
    for sentence in sorted(problems):
        messages.error(request, sentence)
    return HttpResponseRedirect(target)
