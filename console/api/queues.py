"""Queues: what waits in them; and for leads and admins, making, changing, moving, merging, and the rules that fill them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from console.accounts.roles import Role
from console.api.base import ANYONE, LEADS, Answer, ApiView, idempotent, read_body
from console.api.docs import described
from console.api.queue_forms import MergeIn, MoveIn, QueueChange, QueueIn, RoutingIn
from console.api.queue_shapes import QueueList, QueueOut, RoutingOut, TransferOut, queue_row, routing_row, transfer_row
from console.cases import queue_services as services
from console.cases.models import Queue
from console.cases.queue_services import QueueForm
from console.cases.routing import RoutingRule, routing_current
from console.cases.routing_services import routing_replace, rule_id
from console.cases.selectors import queue_overview, queue_rows, queues_led_by
from console.cases.transfers import cases_move, transfer_find
from console.common.errors import NotFound


class Queues(ApiView):
    roles = {"GET": ANYONE - {Role.INTEGRATION}, "POST": LEADS}

    @described("Queues that you may work in, with counts", {200: QueueList}, tag="review", name="queues_list")
    def get(self, request: Request) -> HttpResponse:
        caller = self.caller()
        rows = queue_overview(caller.user, source_id=caller.source.pk if caller.source else None)
        return Answer({"results": [queue_row(row) for row in rows]})

    @described("Make a queue", {201: QueueOut}, tag="queues", name="queues_create", body=QueueIn, problems=[400, 409], post=True)
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        form = read_body(request, QueueIn)
        queue = services.queue_create(form=QueueForm(**form.model_dump()), user=self.caller().user)
        return Answer(_drawn(queue), status=201)


def _drawn(queue: Queue) -> dict[str, Any]:
    return queue_row(queue_rows([queue])[0])


class QueueView(ApiView):
    """Base of what is done to one queue."""

    roles = {"POST": LEADS}

    def queue(self, slug: str, field: str = "") -> Queue:
        found: Queue | None = queues_led_by(self.caller().user).filter(slug=slug).first()
        if found is None:
            raise NotFound(f"There is no queue {slug!r} that you may change." if field else "There is no such queue, or it is not yours.")
        return found


class QueueOne(QueueView):
    roles = {"PATCH": LEADS, "DELETE": LEADS}

    @described("Change a queue; new limits give its open cases new places", {200: QueueOut}, tag="queues", name="queues_change",
               body=QueueChange, problems=[400, 404, 422])  # fmt: skip
    def patch(self, request: Request, slug: str) -> HttpResponse:
        form = read_body(request, QueueChange)
        queue = services.queue_change(queue=self.queue(slug), changes=form.model_dump(exclude_unset=True), user=self.caller().user)
        return Answer(_drawn(queue))

    @described("Archive an empty queue", {204: None}, tag="queues", name="queues_archive", problems=[404, 409])
    def delete(self, request: Request, slug: str) -> HttpResponse:
        services.queue_archive(queue=self.queue(slug), user=self.caller().user)
        return Answer(status=204)


class QueuePause(QueueView):
    paused = True

    @described("Pause: nothing of it is served; items still come in and wait", {200: QueueOut}, tag="queues", name="queues_pause",
               problems=[404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> HttpResponse:
        return self._switch(slug)

    def _switch(self, slug: str) -> HttpResponse:
        queue = self.queue(slug)
        services.queue_pause(queue=queue, paused=self.paused, user=self.caller().user)
        queue.refresh_from_db()
        return Answer(_drawn(queue))


class QueueResume(QueuePause):
    paused = False

    @described("Serve it again", {200: QueueOut}, tag="queues", name="queues_resume", problems=[404, 409], post=True)
    @idempotent
    def post(self, request: Request, slug: str) -> HttpResponse:
        return self._switch(slug)


class QueueMove(QueueView):
    @described("Move waiting cases to another queue of the same kind", {202: TransferOut}, tag="queues", name="queues_move", body=MoveIn,
               problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> HttpResponse:
        form, caller = read_body(request, MoveIn), self.caller()
        criteria = form.model_dump(mode="json", exclude={"to"}, exclude_none=True)
        if caller.source is not None:  # a token moves what is its source's
            criteria["source"] = caller.source.slug
        transfer = cases_move(origin=self.queue(slug), target=self.queue(form.to, "to"), user=caller.user, criteria=criteria)
        return Answer(transfer_row(transfer), status=202)


class QueueMerge(QueueView):
    @described("Move every open case to another queue, point the rules there, archive this one", {202: TransferOut}, tag="queues",
               name="queues_merge", body=MergeIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> HttpResponse:
        form = read_body(request, MergeIn)
        transfer = services.queue_merge(queue=self.queue(slug), into=self.queue(form.into, "into"), user=self.caller().user)
        return Answer(transfer_row(transfer), status=202)


class TransferOne(ApiView):
    roles = {"GET": LEADS}

    @described("How far a move is", {200: TransferOut}, tag="queues", name="transfers_read", problems=[404])
    def get(self, request: Request, transfer_id: UUID) -> HttpResponse:
        return Answer(transfer_row(transfer_find(transfer_id, queues_led_by(self.caller().user))))


class Routing(ApiView):
    roles = {"GET": LEADS, "POST": LEADS}

    @described("The rules in force, in order", {200: RoutingOut}, tag="queues", name="routing_read")
    def get(self, request: Request) -> HttpResponse:
        return Answer(routing_row(routing_current()))

    @described("Replace the rules by a new version", {201: RoutingOut}, tag="queues", name="routing_replace", body=RoutingIn,
               problems=[400, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        form = read_body(request, RoutingIn)
        rules = [RoutingRule(**{**rule.model_dump(), "id": rule.id or rule_id()}) for rule in form.rules]
        version = routing_replace(rules=rules, user=self.caller().user, seen=form.version, note=form.note)
        return Answer(routing_row(version), status=201)
