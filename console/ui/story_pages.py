"""Beside the story of an item: verify its part of the chain, take it along as JSON, and correct the verdict in effect."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import flow
from console.accounts.roles import Role, roles_of
from console.audit.seal import Stretch, audit_verify_item
from console.cases.selectors import kinds_closed_to, queues_for
from console.common.errors import DomainError
from console.insights.screen import opinion_hidden
from console.insights.sealed import item_told, sealed_cases
from console.intake.models import Item
from console.policies.selectors import active_policy
from console.ui.access import go, page_for, person
from console.ui.case_drawing import REVIEWERS, is_lead
from console.ui.problems import banner, sentence_of
from console.ui.screen import ActionOption, action_title, outcome_word, reason_options
from console.ui.story import events_shown
from console.ui.verdict_input import read_verdict
from console.verdicts.corrections import correctable
from console.verdicts.models import Verdict
from scoring.registry import KINDS

VERIFIERS = (Role.LEAD, Role.POLICY, Role.ADMIN)


def item_of(request: HttpRequest, item_id: UUID) -> Item:
    return get_object_or_404(Item.objects.select_related("source").exclude(kind__in=kinds_closed_to(person(request))), pk=item_id)


@require_POST
@page_for(*VERIFIERS)
def verify(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Whether an entry of the item was changed or taken out since it was sealed."""
    item = item_of(request, item_id)
    found = audit_verify_item(item.pk)
    if "HX-Request" in request.headers:
        return render(request, "items/chain.html", {"item": item, "chain": found})
    messages.info(request, _sentence(found))
    return go(request, reverse("ui:item", args=[item.pk]))


def _sentence(found: Stretch) -> str:
    if found.broken:
        return f"The chain is broken at entry {found.broken.seal_seq}: {found.broken.sentence}."
    return f"The chain is whole from entry {found.first} to {found.last}." if found.first else "No entry of this item is sealed yet."


@require_safe
@never_cache
@page_for()
def export(request: HttpRequest, item_id: UUID) -> JsonResponse:
    """The story as JSON, each event with its place and hash in the chain; what may not be seen yet is not in it."""
    item, user = item_of(request, item_id), person(request)
    hidden = opinion_hidden(item, user)
    sealed = sealed_cases([item.pk], user, roles_of(user)).get(item.pk)
    if sealed is not None:
        item = item_told(sealed)
    events = [
        {
            "at": event.at, "actor": event.actor, "by": event.by, "verb": event.verb, "subject": event.subject, "sentence": event.sentence,
            "detail": event.detail, "seal_seq": event.seal_seq, "hash": event.hash or None,
        }
        for event in events_shown(item, hidden=hidden, sealed=sealed)
    ]  # fmt: skip
    about = {"id": item.pk, "external_id": item.external_id, "kind": item.kind, "source": item.source.slug, "status": item.status}
    response = JsonResponse({"item": about, "machine_hidden": hidden, "events": events})
    response["Content-Disposition"] = f'attachment; filename="item-{item.pk}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*REVIEWERS)
def correct(request: HttpRequest, verdict_id: UUID) -> HttpResponse:
    """Another verdict in the place of one in effect: one's own, or as a lead anybody's."""
    given = Verdict.objects.select_related("item__source", "case", "decision", "policy_version")
    verdict = get_object_or_404(given.filter(case__queue__in=queues_for(person(request))), pk=verdict_id)
    lead = is_lead(person(request))
    back = reverse("ui:item", args=[verdict.item_id])
    if request.method == "POST":
        try:
            form, why = read_verdict(request.POST), request.POST.get("why", "")
            later = flow.verdict_correct(verdict_id=verdict.pk, reviewer=person(request), is_lead=lead, form=form, why=why)
        except DomainError as error:
            if "HX-Request" in request.headers:
                return banner(request, error, back=back, lead="Not corrected.")
            messages.error(request, sentence_of(error))
            return go(request, request.path)
        messages.info(request, f"Corrected: {outcome_word(later)}. It takes effect when undo is over.")
        return go(request, back)
    if not correctable(verdict, person(request), is_lead=lead):
        messages.info(request, "This verdict cannot be corrected: it is not in effect, or not yours.")
        return go(request, back)
    _, document = active_policy(verdict.item.kind)
    context = {
        "verdict": verdict, "item": verdict.item, "words": KINDS[verdict.item.kind].words, "reasons": reason_options(document),
        "actions": [ActionOption(name=a, title=action_title(a)) for a in document.actions], "was": outcome_word(verdict),
    }  # fmt: skip
    return render(request, "items/correct.html", context)
