"""What was sent to webhooks, attempt by attempt, and a way to send it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.api.base import SENDERS, Answer, ApiView, idempotent
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.api.schemas import DeliveryOut, DeliveryPage
from console.common.errors import Invalid, NotFound
from console.enforcement.models import Delivery
from console.enforcement.webhooks import delivery_replay


def _row(delivery: Delivery) -> dict[str, Any]:
    pending = delivery.state == Delivery.State.PENDING
    return {
        "id": delivery.pk, "event": delivery.event_id, "topic": delivery.event.topic, "subject": delivery.event.subject,
        "webhook": delivery.endpoint_id, "state": delivery.state, "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at if pending else None, "delivered_at": delivery.delivered_at,
        "created_at": delivery.created_at,
    }  # fmt: skip


def _with_attempts(delivery: Delivery) -> dict[str, Any]:
    attempts = [
        {"at": a.at, "status": a.status, "error": a.error, "body": a.body, "took_ms": a.took_ms}
        for a in delivery.attempt_set.order_by("pk")
    ]
    return {**_row(delivery), "attempt_list": attempts}


class Deliveries(ApiView):
    roles = {"GET": SENDERS}

    @described("Deliveries, newest first", {200: DeliveryPage}, tag="webhooks", name="deliveries_list", problems=[400], parameters=[
        OpenApiParameter("state", str, enum=Delivery.State.values), *CURSOR,
    ])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        rows = self.caller().visible(Delivery.objects.select_related("event", "endpoint"), "endpoint__source_id")
        if state := request.query_params.get("state"):
            if state not in Delivery.State.values:
                raise Invalid({"state": [f"Use one of {', '.join(Delivery.State.values)}."]})
            rows = rows.filter(state=state)
        return Answer(page_by_id(request, rows, _row))


class DeliveryView(ApiView):
    def delivery(self, delivery_id: int) -> Delivery:
        rows = self.caller().visible(Delivery.objects.select_related("event", "endpoint"), "endpoint__source_id")
        found = rows.filter(pk=delivery_id).first() if delivery_id < 2**63 else None
        if found is None:
            raise NotFound("There is no such delivery.")
        return found


class DeliveryOne(DeliveryView):
    roles = {"GET": SENDERS}

    @described("One delivery with its attempts", {200: DeliveryOut}, tag="webhooks", name="deliveries_get", problems=[404])
    def get(self, request: Request, delivery_id: int) -> HttpResponse:
        return Answer(_with_attempts(self.delivery(delivery_id)))


class DeliveryReplay(DeliveryView):
    roles = {"POST": SENDERS}

    @described(
        "Send it again, with the same id", {200: DeliveryOut}, tag="webhooks", name="deliveries_replay", problems=[404, 409], post=True
    )
    @idempotent
    def post(self, request: Request, delivery_id: int) -> HttpResponse:
        delivery = delivery_replay(delivery=self.delivery(delivery_id), actor=self.caller().actor)
        return Answer(_with_attempts(delivery))
