"""Many at once: open what belongs with a case, look through it, leave some out, decide the rest, undo all of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import flow
from console.cases.selectors import queues_for
from console.common.errors import DomainError, Invalid
from console.flow.batch import Row
from console.insights.screen import item_blocks
from console.ui.access import go, page_for, person
from console.ui.batch_screen import batch_context
from console.ui.case_drawing import REVIEWERS, case_of, is_lead
from console.ui.problems import banner
from console.ui.screen import outcome_word, seconds_until
from console.ui.verdict_input import read_verdict
from console.verdicts.models import Batch


def _batch(request: HttpRequest, batch_id: UUID) -> Batch:
    """A batch of this person; that of another does not exist. Nor does one of a queue that is closed to them by now."""
    mine = Batch.objects.select_related("queue", "reviewer").filter(reviewer=person(request), queue__in=queues_for(person(request)))
    return get_object_or_404(mine, pk=batch_id)


def _address(batch: Batch) -> str:
    return reverse("ui:batch", args=[batch.pk])


@require_POST
@page_for(*REVIEWERS)
def open_batch(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Hold what belongs with this case: `basis` says by what."""
    case = case_of(request, case_id)
    basis = request.POST.get("basis", "")
    try:
        if basis not in (Batch.Basis.ALIKE, Batch.Basis.AUTHOR):
            raise Invalid({"basis": ["Choose what they have in common."]})
        batch = flow.batch_open(case=case, reviewer=person(request), basis=basis, is_lead=is_lead(person(request)))
    except DomainError as error:
        return banner(request, error, back=reverse("ui:case", args=[case.pk]), lead="Nothing to decide together.")
    return go(request, _address(batch))


@require_safe
@never_cache
@page_for(*REVIEWERS)
def show(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    return render(request, "batches/page.html", batch_context(_batch(request, batch_id)))


@require_safe
@never_cache
@page_for(*REVIEWERS)
def detail(request: HttpRequest, batch_id: UUID, case_id: UUID) -> HttpResponse:
    """One case of the batch in full, for the dialog. As blind as its line."""
    member = get_object_or_404(_batch(request, batch_id).members.select_related("case__item__source"), case=case_id)
    item = member.case.item
    blocks = item_blocks(item, None)
    areas = {area: [block for block in blocks if block.area == area] for area in ("content", "context")}
    return render(request, "batches/detail.html", {"case": member.case, "item": item, "read_only": True, **areas})


@require_POST
@page_for(*REVIEWERS)
def decide(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """One verdict for each that is not left out; then the next case, or this page again when some were not decided."""
    batch = _batch(request, batch_id)
    try:
        rows = flow.batch_decide(batch=batch, form=read_verdict(request.POST), exclude=_excluded(request))
    except DomainError as error:
        return banner(request, error, back=_address(batch), lead="Nothing was decided.")
    refused = [row for row in rows if row.error]
    if refused:
        messages.warning(request, _sentence(batch, rows, len(refused)))
        return go(request, _address(batch))
    claim = flow.case_claim(queue=batch.queue, reviewer=person(request), is_lead=is_lead(person(request)))
    return go(request, reverse("ui:case", args=[claim.case_id]) if claim else reverse("ui:queue", args=[batch.queue.slug]))


def _excluded(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(value) for value in request.POST.getlist("exclude")]
    except ValueError as error:
        raise Invalid({"exclude": ["What to leave out could not be read; load the page again."]}) from error


def _sentence(batch: Batch, rows: list[Row], refused: int) -> str:
    given = [row.verdict for row in rows if row.verdict]
    done = f"{len(given)} {outcome_word(given[0])}. " if given else ""
    return f"{done}{refused} {'was' if refused == 1 else 'were'} not decided; the line says why, and nothing of it is lost."


@require_POST
@page_for(*REVIEWERS)
def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """All of it or nothing; the batch is then on the screen again as it was."""
    batch = _batch(request, batch_id)
    try:
        undone = flow.batch_undo(batch_id=batch.pk, reviewer=person(request))
    except DomainError as error:
        return banner(request, error, back="/", lead="Not undone.")
    flow.batch_hold(batch=batch, is_lead=is_lead(person(request)), undone=True)
    messages.info(request, f"{len(undone)} undone. Everything is as it was before.")
    return go(request, _address(batch))


@require_POST
@page_for(*REVIEWERS)
def hold(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Take again what went back to the queue."""
    batch = _batch(request, batch_id)
    flow.batch_hold(batch=batch, is_lead=is_lead(person(request)))
    return go(request, _address(batch))


@require_POST
@page_for(*REVIEWERS)
def heartbeat(request: HttpRequest, batch_id: UUID) -> JsonResponse:
    """Keep all of them longer. 409 with a sentence when none is held any more."""
    until = flow.batch_keep(batch=_batch(request, batch_id))
    if until is None:
        return JsonResponse({"sentence": "Your holds ran out, so these went back to the queue."}, status=409)
    return JsonResponse({"seconds": seconds_until(until)})


@require_POST
@page_for(*REVIEWERS)
def release(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Give all of them back, and go back to the queue."""
    batch = _batch(request, batch_id)
    flow.batch_release(batch=batch)
    return go(request, reverse("ui:queue", args=[batch.queue.slug]))
