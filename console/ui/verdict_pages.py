"""Give a verdict and take it back. A page that has the next case in memory sends the verdict in the background and gets JSON."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import flow
from console.cases import serving
from console.cases.holding import Hold
from console.cases.models import Case
from console.common.errors import Conflict, DomainError
from console.common.idempotency import Kept, KeyReused, answer_once
from console.ui.access import go, page_for, person
from console.ui.case_drawing import REVIEWERS, case_of, draw_next, draw_or_go, hold_of, is_lead, next_screen, refused, take_again
from console.ui.problems import LEADS, banner, sentence_of, status_of
from console.ui.screen import seconds_until, undo_offer
from console.ui.verdict_input import read_next, read_verdict

NOT_PART = ("csrfmiddlewaretoken", "key", "next")  # fields that say nothing about the verdict


@require_POST
@page_for(*REVIEWERS)
def verdict(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Store the verdict; the answer is the next case, or what the page needs when it shows that already."""
    case = case_of(request, case_id)
    background = request.headers.get("Accept") == "application/json"
    try:
        _give_once(request, hold_of(request, case))
    except DomainError as error:
        return _refused_in_background(request, case, error) if background else refused(request, case, error)
    return JsonResponse(_answer(request, case)) if background else draw_next(request, case.queue)


def _give_once(request: HttpRequest, hold: Hold) -> None:
    """With the page's key: sent ten times, given once. A refusal leaves no trace, so a corrected form may use the key again."""
    form = read_verdict(request.POST)

    def give() -> Kept:
        given = flow.verdict_give(case_id=hold.case_id, reviewer=hold.reviewer, token=hold.token, form=form)
        return Kept(status=201, body=str(given.pk).encode(), content_type="text/plain")

    key = request.POST.get("key", "")
    if not key:
        give()
        return
    said = sorted((name, value) for name, values in request.POST.lists() if name not in NOT_PART for value in values)
    asked = sha256(f"{hold.case_id}\n{urlencode(said)}".encode()).hexdigest()
    try:
        answer_once(caller=f"page:{hold.reviewer.pk}", key=key, request_hash=asked, run=give)
    except KeyReused as error:
        raise Conflict("This verdict was stored already with other choices; the first one counts.", code="key_reused") from error


def _answer(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The undo offer, and of the next case either that its turn has come or the whole screen."""
    answer: dict[str, Any] = {"undo": _undo_html(request)}
    following = read_next(request.POST)
    if following is not None:
        try:
            claim = serving.claim_begin(hold=Hold(case_id=following[0], reviewer=person(request), token=following[1]))
        except Conflict as lost:
            answer["lost"] = str(lost)
        else:
            return {**answer, "begun": str(claim.case_id), "seconds": seconds_until(claim.lease_until)}
    screen = next_screen(request, case.queue)
    return {**answer, "screen": screen.html, "address": screen.address}


def _undo_html(request: HttpRequest) -> str:
    offer = undo_offer(person(request))
    return render_to_string("cases/undo.html", {"undo": offer}, request) if offer else ""


def _refused_in_background(request: HttpRequest, case: Case, error: DomainError) -> JsonResponse:
    """In words; `back` is where the case can be looked at again, "" when somebody has decided it."""
    case.refresh_from_db(fields=["state"])
    status = status_of(error)
    decided = case.state == Case.State.CLOSED
    lead = "The last one was not stored." if decided else LEADS.get(status, "That did not work.")
    words = {"lead": lead, "text": sentence_of(error), "take": take_again(case, error), "calm": status == 409}
    return JsonResponse(
        {
            "code": error.code, "problem": render_to_string("components/problem.html", words, request),
            "back": "" if decided else reverse("ui:case", args=[case.pk]),
        },
        status=status,
    )  # fmt: skip


@require_POST
@page_for(*REVIEWERS)
def undo(request: HttpRequest, verdict_id: UUID) -> HttpResponse:
    """Take a verdict back while nothing has left, and show its case again."""
    try:
        undone = flow.verdict_undo(verdict_id=verdict_id, reviewer=person(request))
    except DomainError as error:
        return banner(request, error, back="/", lead="Not undone.")
    if undone.supersedes_id:
        messages.info(request, "Undone. What was decided before counts again.")
        return go(request, reverse("ui:item", args=[undone.item_id]))
    claim = serving.case_take(case_id=undone.case_id, reviewer=person(request), is_lead=is_lead(person(request)), undone=True)
    if claim is None:
        messages.info(request, "Undone. Somebody else took the case meanwhile.")
        return draw_next(request, undone.case.queue)
    return draw_or_go(request, claim)
