"""Known answers: which there are, by clause, and making one of a decided item."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.common.errors import DomainError
from console.insights.agreement import gold_coverage, gold_share
from console.insights.screen import item_blocks
from console.policies.selectors import active_policy
from console.quality.gold import gold_mark, gold_retire, golds_open_to
from console.quality.models import Gold
from console.scores.models import Decision
from console.ui.access import page_for, person
from console.ui.checks_pages import LEADS, item_to_judge, kind_of, kinds_context, kinds_open, verdict_words
from console.ui.problems import sentence_of
from console.ui.screen import reason_options
from scoring.registry import KINDS

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*LEADS)
def index(request: HttpRequest) -> HttpResponse:
    """The set of a kind; with ?item= the form that marks one."""
    if named := request.GET.get("item") or request.POST.get("item"):
        return _mark(request, named)
    kind = kind_of(request)
    document = active_policy(kind)[1]
    every = Gold.objects.filter(item__kind=kind)
    rows = golds_open_to(person(request)).filter(item__kind=kind).select_related("item", "marked_by").order_by("-is_active", "-pk")
    shown = rows.count()
    if (before := request.GET.get("before", "")).isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    context = {
        **kinds_context(request, "known"), "rows": [(gold, verdict_words(gold, document)) for gold in found[:PAGE]],
        "coverage": gold_coverage(kind), "share": gold_share(kind), "total": shown, "sealed": every.count() - shown,
        "older": f"kind={kind}&before={found[PAGE - 1].pk}" if len(found) > PAGE else "", "newer": f"kind={kind}" if before else "",
    }  # fmt: skip
    return render(request, "checks/gold.html", context)


def _mark(request: HttpRequest, named: str) -> HttpResponse:
    """The right answer is given by the lead, beforehand the decision in force."""
    try:
        item = item_to_judge(request, UUID(named))
    except ValueError:
        messages.error(request, "That is not the id of an item: it stands in the address of its page.")
        return HttpResponseRedirect(reverse("ui:checks_gold"))
    document = active_policy(item.kind)[1]
    problem = ""
    if request.method == "POST":
        data = request.POST
        try:
            gold_mark(
                item=item, outcome=data.get("outcome", ""), clauses=data.getlist("clause"), note=data.get("note", ""), user=person(request)
            )
        except DomainError as error:
            problem = sentence_of(error)
        else:
            messages.success(request, "It is a known answer now. It will be mixed in for people who never held it.")
            return HttpResponseRedirect(f"{reverse('ui:checks_gold')}?kind={item.kind}")
    decision = Decision.objects.filter(item=item, state=Decision.State.EFFECTIVE).first()
    chosen = request.POST.getlist("clause") if request.method == "POST" else [decision.clause] if decision else []
    context = {
        **kinds_context(request, "known"), "kind": KINDS[item.kind], "item": item, "problem": problem, "reasons": reason_options(document),
        "words": KINDS[item.kind].words, "chosen": chosen, "outcome": request.POST.get("outcome") or (decision.outcome if decision else ""),
        "blocks": [block for block in item_blocks(item, None) if block.area == "content"], "read_only": True,
    }  # fmt: skip
    return render(request, "checks/mark.html", context, status=422 if problem else 200)


@require_POST
@page_for(*LEADS)
def retire(request: HttpRequest, gold_id: int) -> HttpResponse:
    get_object_or_404(golds_open_to(person(request)), pk=gold_id, item__kind__in=kinds_open(request))
    gold = gold_retire(gold_id=gold_id, user=person(request))
    messages.info(request, "Retired: it is served no more, and stays out of training.")
    return HttpResponseRedirect(f"{reverse('ui:checks_gold')}?kind={gold.item.kind}")
