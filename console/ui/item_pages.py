"""Items: search, one item with its story, and rows that could not be accepted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.models import Source
from console.accounts.roles import Role, roles_of
from console.cases.models import Case
from console.cases.selectors import kinds_closed_to
from console.insights.screen import by_machine, item_blocks, opinion_hidden, opinions_hidden
from console.insights.timeline import item_timeline
from console.intake.models import Item, Quarantine
from console.intake.selectors import ItemFilter, items_search
from console.policies.selectors import document_of
from console.scores.models import Decision
from console.ui.access import page_for, person
from console.ui.screen import action_title
from console.ui.timeline import days_of
from scoring.registry import KINDS

IN_EFFECT = (Decision.State.EFFECTIVE, Decision.State.HELD)
STATUS_WORDS = (("received", "Waits for a score"), ("in_review", "With people"), ("decided", "Decided"))
OUTCOME_WORDS = (("allow", "Let through"), ("enforce", "Acted on"), ("review", "Sent to people"))
PAGE = 50
FIELDS = ("q", "kind", "status", "outcome", "source", "since", "until")


def _day(text: str) -> datetime | None:
    """Midnight of a date from the form; None for an empty or unreadable one."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime(found.year, found.month, found.day)) if found else None  # noqa: DTZ001  (made aware here)


@require_safe
@never_cache
@page_for()
def search(request: HttpRequest) -> HttpResponse:
    """Newest first, by keyset; a cursor that is no id is as if it were not given."""
    values = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in FIELDS}
    filters = ItemFilter(
        query=values["q"][:200], kind=values["kind"], status=values["status"], outcome=values["outcome"], source=values["source"],
        since=_day(values["since"]), until=_day(values["until"]), closed_kinds=kinds_closed_to(person(request)),
    )  # fmt: skip
    try:
        page = items_search(filters=filters, cursor=request.GET.get("before", ""), limit=PAGE)
    except ValueError:
        page = items_search(filters=filters, limit=PAGE)
    in_effect = Prefetch("decisions", queryset=Decision.objects.filter(state__in=IN_EFFECT), to_attr="in_effect")
    items = list(page.items)
    prefetch_related_objects(items, in_effect)
    user = person(request)
    hidden = opinions_hidden([item.pk for item in items], user, roles_of(user))
    for item in items:
        item.in_effect = [d for d in item.in_effect if item.pk not in hidden or not by_machine(d)]  # type: ignore[attr-defined]
    older = request.GET.copy()
    older["before"] = page.next_cursor
    first = request.GET.copy()
    first.pop("before", None)
    context = {
        "items": items, "values": values, "kinds": KINDS.values(), "sources": Source.objects.order_by("name"), "statuses": STATUS_WORDS,
        "outcomes": OUTCOME_WORDS, "filtered": any(values.values()), "older": older.urlencode() if page.next_cursor else "",
        "newer": first.urlencode() or "q=" if request.GET.get("before") else "",
    }  # fmt: skip
    return render(request, "items/list.html", context)


@require_safe
@never_cache
@page_for()
def show(request: HttpRequest, item_id: UUID) -> HttpResponse:
    item = get_object_or_404(Item.objects.select_related("source").exclude(kind__in=kinds_closed_to(person(request))), pk=item_id)
    case = Case.objects.select_related("queue").filter(item=item).exclude(state=Case.State.CLOSED).first()
    decision = Decision.objects.select_related("policy_version__policy").filter(item=item, state__in=IN_EFFECT).first()
    # While a person is still to decide, or may undo, the machine's opinion stays folded away here too: a look would spoil the verdict.
    hidden = opinion_hidden(item, person(request))
    if hidden and decision is not None and (case is not None or by_machine(decision)):
        decision = None
    score = None if hidden else item.scores.order_by("-pk").first()
    blocks = item_blocks(item, score) if item.kind in KINDS else []
    clause = _clause(decision)
    context = {
        "item": item, "case": case, "hidden": hidden, "decision": decision, "clause": clause, "score": score,
        "action": action_title(decision.action) if decision else "",
        "content": [b for b in blocks if b.area == "content"], "context": [b for b in blocks if b.area == "context"],
        "evidence": [b for b in blocks if b.area == "evidence"], "days": days_of(item_timeline(item), hide_opinion=hidden),
        "actions": item.actions.order_by("created_at") if decision else [], "read_only": True,
    }  # fmt: skip
    return render(request, "items/item.html", context)


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
