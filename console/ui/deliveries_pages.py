"""Deliveries: what was sent to webhooks, every attempt, and a way to send it again."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.roles import Role
from console.common.errors import DomainError
from console.common.models import OutboxEvent
from console.enforcement.models import Delivery
from console.enforcement.webhooks import delivery_replay
from console.ui.access import page_for, person
from console.ui.problems import sentence_of

READERS = (Role.LEAD, Role.ADMIN)
STATES = (("pending", "On the way"), ("delivered", "Delivered"), ("dead", "Given up"))
PAGE = 50


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    """Newest first, by keyset, of one state or of all."""
    state = request.GET.get("state", "")
    state = state if state in dict(STATES) else ""
    counts = dict(Delivery.objects.values_list("state").annotate(n=Count("pk")))
    rows = Delivery.objects.select_related("event", "endpoint__source").order_by("-pk")
    rows = rows.filter(state=state) if state else rows
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    chosen = f"state={state}&" if state else ""
    context = {
        "rows": found[:PAGE], "state": state, "states": [(name, word, counts.get(name, 0)) for name, word in STATES],
        "waiting": OutboxEvent.objects.filter(state=OutboxEvent.State.PENDING).count(),
        "older": f"{chosen}before={found[PAGE - 1].pk}" if len(found) > PAGE else "", "newer": f"{chosen}before=" if before else "",
    }  # fmt: skip
    return render(request, "deliveries/list.html", context)


@require_safe
@never_cache
@page_for(*READERS)
def show(request: HttpRequest, delivery_id: int) -> HttpResponse:
    delivery = Delivery.objects.select_related("event", "endpoint__source").filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404("There is no such delivery.")
    return render(request, "deliveries/delivery.html", {"delivery": delivery, "attempts": delivery.attempt_set.order_by("-pk")[:100]})


@require_POST
@page_for(Role.ADMIN)
def replay(request: HttpRequest, delivery_id: int) -> HttpResponse:
    delivery = Delivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404("There is no such delivery.")
    try:
        delivery_replay(delivery=delivery, actor=f"user:{person(request).username}")
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        messages.success(request, "It is sent again, with the same id.")
    return redirect("deliveries:delivery", delivery_id)
