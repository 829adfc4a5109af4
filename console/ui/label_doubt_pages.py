"""Labels to look at again: what everything else contradicts, and the corners where that is more than chance."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import User
from console.accounts.roles import roles_of
from console.common.errors import DomainError
from console.flow.choosing import doubt_look_again
from console.insights.sealed import sealed_cases
from console.training.label_rows import doubts_open, doubts_page
from console.training.label_work import OPEN, newest_work, work_request
from console.training.models import LabelWork
from console.ui.access import page_for, person
from console.ui.labels_pages import READERS, frame, work_context
from console.ui.problems import sentence_of

MOST = 200  # that are sent at once


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    context = frame(request, "doubts")
    kind = context["kind"].name
    found, running = newest_work("doubts", kind, LabelWork.State.DONE), newest_work("doubts", kind, *OPEN, LabelWork.State.FAILED)
    if running is not None and found is not None and running.pk < found.pk:
        running = None
    doubts, more = doubts_page(found, after=_after(request.GET.get("after", ""))) if found else ([], False)
    user = person(request)
    sealed = sealed_cases([doubt.item_id for doubt in doubts], user, roles_of(user))
    last = doubts[-1] if doubts else None
    context |= {
        **work_context(running), "found": found, "doubts": [doubt for doubt in doubts if doubt.item_id not in sealed],
        "slices": [_told(one, context["is_admin"]) for one in (found.result.get("slices", []) if found else [])],
        "older": f"kind={kind}&after={last.chance!r}:{last.pk}" if more and last else "",
        "newer": f"kind={kind}" if "after" in request.GET else "",
    }  # fmt: skip
    return render(request, "labels/doubts.html", context)


def _after(text: str) -> tuple[float, int] | None:
    chance, _, pk = text.partition(":")
    try:
        return (float(chance), int(pk[:18])) if text else None
    except ValueError:
        return None


def _told(one: dict[str, Any], is_admin: bool) -> dict[str, Any]:
    """Who it is, for an admin alone: there is somebody to talk with, and nobody to rank."""
    who = User.objects.filter(pk=one["which"]).first() if one["what"] == "person" else None
    where = {
        "person": (who.display_name if is_admin and who else "One person"), "platform": f"Platform {one['which']}",
        "language": f"Language {one['which']}",
    }[one["what"]]  # fmt: skip
    return {**one, "where": where}


@require_POST
@page_for(*READERS)
def find(request: HttpRequest) -> HttpResponse:
    kind = frame(request, "doubts")["kind"].name
    try:
        work_request(purpose=LabelWork.Purpose.DOUBTS, kind=kind, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return HttpResponseRedirect(f"{reverse('ui:labels_doubts')}?kind={kind}")


@require_POST
@page_for(*READERS)
def again(request: HttpRequest) -> HttpResponse:
    """Put the chosen ones to another person, blind. One that cannot be keeps none of the others back."""
    kind, user = frame(request, "doubts")["kind"].name, person(request)
    ids = [int(pk) for pk in request.POST.getlist("doubt")[:MOST] if pk.isdecimal() and len(pk) < 19]
    sent, refused = 0, ""
    for doubt in doubts_open(ids, kind):
        try:
            doubt_look_again(doubt=doubt, user=user)
            sent += 1
        except DomainError as error:
            refused = sentence_of(error)
    if sent:
        messages.success(request, f"{sent} {'label is' if sent == 1 else 'labels are'} with people again, blind and mixed in.")
    if refused or not sent:
        messages.info(request, refused or "Choose labels that nobody was asked about yet.")
    return HttpResponseRedirect(f"{reverse('ui:labels_doubts')}?kind={kind}")
