"""Routing: the list of rules, edited one step at a time; every step is a new version of the whole list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import User
from console.accounts.roles import roles_of
from console.cases.models import Queue, RoutingVersion, RuleFault
from console.cases.routing import RoutingRule, routing_current, routing_rules
from console.cases.routing_services import routing_replace, rule_errors, rule_id
from console.cases.routing_trial import NEWEST, routing_trial
from console.cases.selectors import queues_led_by
from console.common.errors import Conflict, DomainError, Invalid
from console.insights.screen import opinions_hidden
from console.ui.access import page_for, person
from console.ui.problems import sentence_of
from console.ui.queue_lead_pages import LEADS

HISTORY = 10
SHOWN = 5
SIZES = (100, NEWEST, 2000)
EXAMPLES = (
    ('source == "shop"', "everything that one platform sends"),
    ('language == "de"', "what is written in German"),
    ("severity >= 3 || reports > 2", "what may be severe, or is reported often"),
    ("score.risk != null && score.risk > 0.8", "what the machine is sure of"),
    ("has(payload.amount) && payload.amount > 500.0", "large orders"),
    ('has(actor.country) && actor.country == "AT"', "by what the platform says of the account"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    rule: RoutingRule
    queue: Queue | None  # None once it was archived by other means
    fault: RuleFault | None


@require_safe
@never_cache
@page_for(*LEADS)
def index(request: HttpRequest) -> HttpResponse:
    rules = routing_rules(routing_current())
    edited = next((rule for rule in rules if rule.id == request.GET.get("edit")), None)
    return _page(request, edited)


Errors = dict[str, Sequence[str]]


def _page(
    request: HttpRequest, edited: RoutingRule | None, *, errors: Errors | None = None, seen: int | None = None, status: int = 200
) -> HttpResponse:
    current = routing_current()
    every = {queue.slug: queue for queue in Queue.objects.filter(archived_at=None)}
    faults = {fault.rule: fault for fault in current.faults.all()} if current else {}
    rows = [RuleRow(rule=rule, queue=every.get(rule.queue), fault=faults.get(rule.id)) for rule in routing_rules(current)]
    number = current.number if current else 0
    context = {
        "rows": rows, "queues": queues_led_by(person(request)), "edited": edited,
        "is_new": edited is None or all(row.rule.id != edited.id for row in rows), "errors": errors or {},
        "seen": number if seen is None else seen, "number": number, "examples": EXAMPLES, "sizes": SIZES, "newest": NEWEST,
        "at": request.GET.get("at", ""),
        "history": RoutingVersion.objects.select_related("created_by").order_by("-number")[:HISTORY],
        "archived": Queue.objects.filter(archived_at__isnull=False).select_related("merged_into").order_by("-archived_at")[:20],
    }  # fmt: skip
    return render(request, "routing/page.html", context, status=status)


def _posted(request: HttpRequest) -> RoutingRule:
    posted = request.POST
    return RoutingRule(
        id=posted.get("id", "")[:32], name=posted.get("name", "").strip()[:200], when=posted.get("when", "").strip()[:5000],
        queue=posted.get("queue", "")[:64], on="off" not in posted,
    )  # fmt: skip


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _with(rules: Sequence[RoutingRule], rule: RoutingRule) -> list[RoutingRule]:
    """The list with the rule in its place; a new one stands last."""
    if any(known.id == rule.id for known in rules):
        return [rule if known.id == rule.id else known for known in rules]
    return [*rules, rule]


@require_POST
@page_for(*LEADS)
def save(request: HttpRequest) -> HttpResponse:
    """Add a rule, or change one; what is wrong is shown beside what was written."""
    rule, rules = _posted(request), routing_rules(routing_current())
    kept = replace(rule, id=rule.id or rule_id())
    if errors := rule_errors(kept, _slugs(person(request))):
        return _page(request, rule, errors=dict(errors), seen=_seen(request), status=422)
    try:
        note = f"{'Changed' if any(r.id == kept.id for r in rules) else 'Added'} “{kept.name}”"
        routing_replace(rules=_with(rules, kept), user=person(request), seen=_seen(request), note=note)
    except Conflict as error:
        return _page(request, rule, errors={"name": [str(error)]}, status=409)
    except Invalid as error:
        return _page(request, rule, errors={"when": [sentence_of(error)]}, seen=_seen(request), status=422)
    messages.success(request, f"Saved as version {_seen(request) + 1}. It counts for items from now on.")
    return HttpResponseRedirect(f"{reverse('ui:routing')}?at={kept.id}")


def _slugs(user: User) -> frozenset[str]:
    return frozenset(queues_led_by(user).values_list("slug", flat=True))


@require_POST
@page_for(*LEADS)
def step(request: HttpRequest) -> HttpResponse:
    """Up, down, switch on or off, delete: one rule at a time."""
    rules = list(routing_rules(routing_current()))
    at = next((i for i, rule in enumerate(rules) if rule.id == request.POST.get("id")), None)
    what = request.POST.get("what", "")
    try:
        if at is None:
            raise Conflict("This rule is not there any more.")
        name = rules[at].name
        note = _stepped(rules, at, what)
        routing_replace(rules=rules, user=person(request), seen=_seen(request), note=f"{note} “{name}”")
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, f"{note} “{name}”. To take it back, put an earlier version in force again.")
    return HttpResponseRedirect(f"{reverse('ui:routing')}?at={request.POST.get('id', '')[:32]}")


def _stepped(rules: list[RoutingRule], at: int, what: str) -> str:
    to = {"up": at - 1, "down": at + 1}.get(what)
    if to is not None:
        if not 0 <= to < len(rules):
            raise Conflict("It stands at the end already.")
        rules[at], rules[to] = rules[to], rules[at]
        return "Moved up" if what == "up" else "Moved down"
    if what == "switch":
        rules[at] = replace(rules[at], on=not rules[at].on)
        return "Switched on" if rules[at].on else "Switched off"
    if what == "delete":
        del rules[at]
        return "Deleted"
    raise Invalid({"what": ["Choose what to do with the rule."]})


@require_POST
@page_for(*LEADS)
def restore(request: HttpRequest) -> HttpResponse:
    """Put an earlier list in force again, as a new version."""
    text = request.POST.get("number", "")
    earlier = RoutingVersion.objects.filter(number=int(text)).first() if text.isdecimal() and len(text) < 10 else None
    try:
        if earlier is None:
            raise Conflict("This version is not there.")
        routing_replace(rules=routing_rules(earlier), user=person(request), seen=_seen(request), note=f"Version {earlier.number} again")
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, f"The rules of version {earlier.number} are in force again.")
    return HttpResponseRedirect(reverse("ui:routing"))


@require_POST
@page_for(*LEADS)
def attempt(request: HttpRequest) -> HttpResponse:
    """Try a rule on the newest items before it is saved."""
    user, rule = person(request), _posted(request)
    tried = replace(rule, id=rule.id or "new")
    errors = rule_errors(tried, _slugs(user))
    errors.pop("name", None)  # it needs none to be tried
    if errors:
        return render(request, "routing/tried.html", {"errors": errors})
    kind = Queue.objects.get(slug=tried.queue).kind
    size = request.POST.get("size", "")
    rules = _with(routing_rules(routing_current()), tried)
    of_kind = frozenset(Queue.objects.filter(kind=kind, archived_at=None).values_list("slug", flat=True))
    same_kind = [known for known in rules if known.queue in of_kind]
    trial = routing_trial(kind=kind, rules=same_kind, tried=tried.id, newest=int(size) if size in map(str, SIZES) else NEWEST)
    hidden = opinions_hidden([item.pk for item in trial.samples], user, roles_of(user))
    counts = [(known, trial.caught[known.id], known.id == tried.id) for known in same_kind if known.on or known.id == tried.id]
    context: dict[str, Any] = {
        "trial": trial, "kind": kind, "counts": counts, "samples": [item for item in trial.samples if item.pk not in hidden][:SHOWN],
        "hidden": len(hidden),
    }  # fmt: skip
    return render(request, "routing/tried.html", context)
