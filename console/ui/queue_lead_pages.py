"""What leads and admins do with queues: make, change, order, pause, move cases, merge, archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.roles import Role
from console.cases import queue_services as services
from console.cases.models import Queue, Transfer
from console.cases.queue_services import form_of
from console.cases.selectors import queues_led_by
from console.cases.transfers import cases_move, transfer_find
from console.common.errors import DomainError, Invalid
from console.ui.access import page_for, person
from console.ui.problems import sentence_of
from console.ui.queue_form import LIMITS, fields_of, form_from, groups_of, posted_values, read_queue

LEADS = (Role.LEAD, Role.ADMIN)


def led_queue(request: HttpRequest, slug: str) -> Queue:
    return get_object_or_404(queues_led_by(person(request)), slug=slug)


def _form(request: HttpRequest, values: dict[str, Any], error: Invalid | None, **more: Any) -> HttpResponse:
    errors = error.fields if error else {}
    fields = fields_of(values, errors)
    context = {
        "fields": fields, "limits": [fields[name] for name in LIMITS], "groups": groups_of(values), "wrong": error,
        "group_errors": errors.get("groups", ()), **more,
    }  # fmt: skip
    return render(request, "queues/settings.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*LEADS)
def create(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, {"sla_minutes": 240, "kind": request.GET.get("kind", "")}, None, queue=None)
    try:
        queue = services.queue_create(form=form_from(read_queue(request.POST), request.POST.get("kind", "")), user=person(request))
    except Invalid as error:
        return _form(request, posted_values(request.POST), error, queue=None)
    messages.success(request, f"{queue.title} is open. A routing rule can send items to it.")
    return redirect("ui:queue", queue.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*LEADS)
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    queue = led_queue(request, slug)
    others = [other for other in queues_led_by(person(request)) if other.kind == queue.kind and other.pk != queue.pk]
    more = {"queue": queue, "others": others}
    if request.method != "POST":
        form = form_of(queue)
        return _form(request, {name: getattr(form, name) for name in form.__dataclass_fields__}, None, **more)
    try:
        services.queue_change(queue=queue, changes=read_queue(request.POST), user=person(request))
    except Invalid as error:
        return _form(request, {**posted_values(request.POST), "kind": queue.kind}, error, **more)
    messages.success(request, "Saved. If a limit changed, waiting cases take their new places now.")
    return redirect("ui:queue", queue.slug)


def _done(request: HttpRequest, run: Callable[[], str], back: str) -> HttpResponse:
    """Do it and say so, or say why not."""
    try:
        messages.success(request, run())
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return HttpResponseRedirect(back)


@require_POST
@page_for(*LEADS)
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    queue, paused = led_queue(request, slug), request.POST.get("what") == "pause"

    def run() -> str:
        services.queue_pause(queue=queue, paused=paused, user=person(request))
        return f"{queue.title} is paused. Items still come in and wait." if paused else f"{queue.title} is served again."

    return _done(request, run, "/" if request.POST.get("back") == "all" else reverse("ui:queue", args=[slug]))


@require_POST
@page_for(*LEADS)
def shift(request: HttpRequest, slug: str) -> HttpResponse:
    queue = led_queue(request, slug)

    def run() -> str:
        services.queue_shift(queue=queue, up=request.POST.get("what") == "up", user=person(request))
        return f"{queue.title} has its new place."

    return _done(request, run, reverse("ui:routing") + "#queues")


@require_POST
@page_for(*LEADS)
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    queue = led_queue(request, slug)

    def run() -> str:
        services.queue_archive(queue=queue, user=person(request))
        return f"{queue.title} is archived."

    return _done(request, run, reverse("ui:routing"))


@require_POST
@page_for(*LEADS)
def merge(request: HttpRequest, slug: str) -> HttpResponse:
    queue, into = led_queue(request, slug), led_queue(request, request.POST.get("into", ""))

    def run() -> str:
        transfer = services.queue_merge(queue=queue, into=into, user=person(request))
        return f"{queue.title} became part of {into.title}. {_moved(transfer)}"

    return _done(request, run, reverse("ui:queue", args=[into.slug]))


@require_POST
@page_for(*LEADS)
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Selected cases, or all that wait and fit the filters."""
    queue, target = led_queue(request, slug), led_queue(request, request.POST.get("to", ""))
    back = reverse("ui:queue", args=[slug])
    try:
        criteria = _criteria(request)
    except Invalid as error:
        messages.error(request, sentence_of(error))
        return HttpResponseRedirect(back)
    return _done(
        request, lambda: _moved(cases_move(origin=queue, target=target, user=person(request), criteria=criteria)), back
    )  # fmt: skip


def _criteria(request: HttpRequest) -> dict[str, Any]:
    posted = request.POST
    criteria: dict[str, Any] = {name: posted[name].strip()[:64] for name in ("source", "label") if posted.get(name, "").strip()}
    if posted.get("severity") in ("0", "1", "2", "3"):
        criteria["severity"] = int(posted["severity"])
    if posted.get("which") == "all":
        return criteria
    try:
        cases = [str(UUID(value)) for value in posted.getlist("case")[:1000]]
    except ValueError as error:
        raise Invalid({"case": ["Choose the cases again."]}) from error
    if not cases:
        raise Invalid({"case": ["Choose at least one case, or all that fit."]})
    return {"cases": cases}


def _moved(transfer: Transfer) -> str:
    moved = f"{transfer.moved:,} {'case' if transfer.moved == 1 else 'cases'} moved to {transfer.target.title}"
    return f"{moved}." if transfer.state == Transfer.State.DONE else f"{moved}; the rest follows."


@require_safe
@never_cache
@page_for(*LEADS)
def transfer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """How far a move is; the page asks again while it runs."""
    found = transfer_find(transfer_id, queues_led_by(person(request)))
    return render(request, "queues/transfer.html", {"transfer": found})
