"""One item with its story, and rows that could not be accepted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role, roles_of, user_has_role
from console.cases.models import Case
from console.cases.selectors import kinds_closed_to
from console.insights.screen import by_machine, item_blocks, opinion_hidden
from console.insights.sealed import as_seen, item_told, sealed_cases
from console.intake.models import Item, Quarantine
from console.policies.selectors import document_of
from console.scores.models import Decision
from console.ui.access import page_for, person
from console.ui.case_drawing import REVIEWERS, case_of, is_lead
from console.ui.screen import action_title, undo_offer
from console.ui.story import item_story
from console.ui.story_pages import VERIFIERS
from console.ui.timeline import days_of
from console.verdicts.corrections import correctable
from console.verdicts.models import Verdict
from scoring.registry import KINDS

IN_EFFECT = (Decision.State.EFFECTIVE, Decision.State.HELD)
PAGE = 50


@require_safe
@never_cache
@page_for()
def show(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_object_or_404(Item.objects.select_related("source").exclude(kind__in=kinds_closed_to(person(request))), pk=item_id)
    return _draw(request, item)


@require_safe
@never_cache
@page_for(*REVIEWERS)
def of_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The same by the address of a case: the id of an item tells when it came, and so which cases are drawn from old ones."""
    return _draw(request, case_of(request, case_id).item)


def _draw(request: HttpRequest, item: Item) -> HttpResponse:
    case = Case.objects.select_related("queue").filter(item=item).exclude(state=Case.State.CLOSED).first()
    sealed = sealed_cases([item.pk], person(request), roles_of(person(request))).get(item.pk)
    if sealed is not None:
        case, item = as_seen(sealed)[0] if sealed.state != Case.State.CLOSED else None, item_told(sealed)
    in_effect = Decision.objects.select_related("policy_version__policy").filter(item=item, state__in=IN_EFFECT)
    decision = in_effect.first() if sealed is None else None
    # While a person is still to decide, or may undo, the machine's opinion stays folded away here too: a look would spoil the verdict.
    hidden = opinion_hidden(item, person(request))
    if hidden and decision is not None and (case is not None or by_machine(decision)):
        decision = None
    score = None if hidden else item.scores.order_by("-pk").first()
    blocks = item_blocks(item, score) if item.kind in KINDS else []
    clause = _clause(decision)
    context = {
        "item": item, "case": case, "hidden": hidden, "sealed": sealed is not None, "decision": decision, "clause": clause, "score": score,
        "action": action_title(decision.action) if decision else "",
        "content": [b for b in blocks if b.area == "content"], "context": [b for b in blocks if b.area == "context"],
        "evidence": [b for b in blocks if b.area == "evidence"], "days": days_of(item_story(item, hidden=hidden, sealed=sealed)),
        "actions": item.actions.order_by("created_at") if decision else [], "read_only": True, "correct": _correct(request, decision),
        "verifies": any(user_has_role(person(request), role) for role in VERIFIERS), "undo": undo_offer(person(request)),
    }  # fmt: skip
    return render(request, "items/item.html", context)


def _correct(request: HttpRequest, decision: Decision | None) -> Verdict | None:
    """The verdict in effect, when this person may put another in its place."""
    verdict = Verdict.objects.select_related("case", "decision").filter(decision=decision).first() if decision else None
    return verdict if verdict and correctable(verdict, person(request), is_lead=is_lead(person(request))) else None


def _clause(decision: Decision | None) -> Any:
    if decision is None or not decision.clause:
        return None
    return next((c for c in document_of(decision.policy_version).clauses if c.id == decision.clause), None)


@require_safe
@never_cache
@page_for(Role.LEAD, Role.ADMIN)
def set_aside(request: HttpRequest) -> HttpResponse:
    """Rows of bulk calls that could not be accepted, newest first, with what is wrong in each."""
    rows = Quarantine.objects.select_related("source").order_by("-pk")
    if (before := request.GET.get("before", "")).isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    older = f"before={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return render(request, "items/set_aside.html", {"rows": found[:PAGE], "older": older, "newer": "before=" if before else ""})
