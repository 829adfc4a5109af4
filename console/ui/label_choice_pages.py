"""What people are asked to label so that the model learns: a budget a day, and a new label from a handful of examples."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.roles import Role
from console.common.errors import DomainError, Invalid
from console.flow.choosing import Chosen, items_choose
from console.intake.models import Item
from console.training.budgets import budget_set
from console.training.choices import budget_left, chosen_counts
from console.training.label_work import OPEN, newest_work, work_get, work_request
from console.training.models import Choice, LabelBudget, LabelWork
from console.ui.access import page_for, person
from console.ui.labels_pages import READERS, frame, work_context
from console.ui.problems import sentence_of

ENOUGH = 5  # examples of a new label
MOST_EXAMPLES, MOST_SENT = 50, 60
WAYS = {
    "uncertain": "Where the model is unsure", "different": "Unlike all that was labelled", "random": "By chance",
    "missed": "Near what was missed", "alike": "Like the examples of a new label", "doubt": "Labels that look wrong",
}  # fmt: skip
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    context = frame(request, "choose")
    kind, errors = context["kind"].name, dict[str, list[str]]()
    if request.method == "POST":
        if not context["is_admin"]:
            return render(request, "403.html", {"exception": "The budget is set by an admin."}, status=403)
        try:
            budget_set(kind=kind, **_read(request), user=person(request))
        except Invalid as error:
            errors = error.fields
        else:
            messages.success(request, "Saved. The next choice keeps to it.")
            return HttpResponseRedirect(f"{reverse('ui:labels_choose')}?kind={kind}")
    budget = LabelBudget.objects.filter(kind=kind).first() or LabelBudget(kind=kind)
    counts = chosen_counts(kind)
    context |= {
        **work_context(newest_work("choose", kind, *OPEN)), "last": newest_work("choose", kind, LabelWork.State.DONE), "budget": budget,
        "left": budget_left(kind), "errors": errors, "ways": [(title, counts[way]) for way, title in WAYS.items() if way in counts],
        "per_day": request.POST.get("per_day", budget.per_day),
        "random": request.POST.get("random_share", f"{100 * budget.random_share:g}"),
    }  # fmt: skip
    return render(request, "labels/choose.html", context, status=422 if errors else 200)


def _read(request: HttpRequest) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    found: dict[str, Any] = {}
    for name, make, scale in (("per_day", int, 1), ("random_share", float, 100)):
        try:
            found[name] = make(request.POST.get(name, "").strip().replace(",", ".")) / scale
        except (ValueError, OverflowError):
            errors[name] = ["Write a number, such as 20."]
    if errors:
        raise Invalid(errors)
    return {**found, "per_day": int(found["per_day"])}


@require_POST
@page_for(Role.ADMIN)
def now(request: HttpRequest) -> HttpResponse:
    kind = frame(request, "choose")["kind"].name
    try:
        work_request(purpose=LabelWork.Purpose.CHOOSE, kind=kind, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return HttpResponseRedirect(f"{reverse('ui:labels_choose')}?kind={kind}")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(Role.ADMIN)
def new(request: HttpRequest) -> HttpResponse:
    """Name a label and give examples; a worker looks for more like them; the chosen ones go to people."""
    context = frame(request, "new")
    kind, errors = context["kind"].name, dict[str, list[str]]()
    label, given = request.POST.get("label", "").strip(), request.POST.get("items", "")
    if request.method == "POST":
        try:
            items = _examples(label, given, kind)
            work_request(purpose=LabelWork.Purpose.ALIKE, kind=kind, asked={"label": label, "items": items}, user=person(request))
        except Invalid as error:
            errors = error.fields
        except DomainError as error:
            messages.error(request, sentence_of(error))
        else:
            return HttpResponseRedirect(f"{reverse('ui:labels_new')}?kind={kind}")
    found = newest_work("alike", kind)
    context |= {
        **work_context(found), "found": found if found and found.state == LabelWork.State.DONE else None, "errors": errors, "label": label,
        "items": given, "candidates": _candidates(found), "enough": ENOUGH,
    }  # fmt: skip
    return render(request, "labels/new.html", context, status=422 if errors else 200)


def _examples(label: str, given: str, kind: str) -> list[str]:
    errors: dict[str, list[str]] = {}
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", label):
        errors["label"] = ["Small letters, figures and _ only, 64 at most: unpaid_promotion."]
    named = list(dict.fromkeys(_UUID.findall(given.lower())))
    known = {str(pk) for pk in Item.objects.filter(pk__in=named[:MOST_EXAMPLES], kind=kind).values_list("pk", flat=True)}
    if len(known) < ENOUGH:
        errors["items"] = [f"Give at least {ENOUGH} items of this kind, by id or address; {len(known)} of those named are here."]
    if errors:
        raise Invalid(errors)
    return [pk for pk in named if pk in known]


def _candidates(work: LabelWork | None) -> list[tuple[Item, float]]:
    """Those that are not with people already."""
    rows = work.result.get("candidates", []) if work else []
    items = Item.objects.select_related("source").filter(status=Item.Status.DECIDED).in_bulk([UUID(row["item"]) for row in rows])
    return [(items[pk], row["like"]) for row in rows if (pk := UUID(row["item"])) in items]


@require_POST
@page_for(Role.ADMIN)
def send(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """They were picked by hand, so they come with no chance of being drawn but one."""
    work = work_get(work_id, purpose=LabelWork.Purpose.ALIKE)
    allowed = {row["item"] for row in work.result.get("candidates", [])}
    chosen = [pk for pk in request.POST.getlist("item")[:MOST_SENT] if pk in allowed]
    rows = [Chosen(item_id=UUID(pk), way=Choice.Way.ALIKE, propensity=None, label=str(work.asked["label"])) for pk in chosen]
    sent = items_choose(rows, user=person(request), work=work)
    if sent:
        messages.success(request, f"{sent} {'item goes' if sent == 1 else 'items go'} to people. Their verdicts become labels.")
    else:
        messages.info(request, "Choose items that are not with people already.")
    return HttpResponseRedirect(f"{reverse('ui:labels_new')}?kind={work.kind}")
