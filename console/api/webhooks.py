"""Webhook endpoints of a source."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from console.accounts.roles import Role
from console.api.base import SENDERS, Answer, ApiView, idempotent, read_body
from console.api.docs import described
from console.api.forms import WebhookChange, WebhookIn
from console.api.schemas import WebhookList, WebhookMade, WebhookOut
from console.common.errors import NotFound
from console.enforcement.endpoints import Change, endpoint_change, endpoint_create, endpoint_remove
from console.enforcement.models import WebhookEndpoint


def _row(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.pk, "url": endpoint.url, "topics": endpoint.topics, "is_active": endpoint.is_active,
        "created_at": endpoint.created_at,
    }  # fmt: skip


class Webhooks(ApiView):
    roles = {"GET": SENDERS, "POST": SENDERS}

    @described("Your webhooks", {200: WebhookList}, tag="webhooks", name="webhooks_list")
    def get(self, request: Request) -> HttpResponse:
        rows = self.caller().visible(WebhookEndpoint.objects.order_by("pk"))
        return Answer({"results": [_row(row) for row in rows]})

    @described("Add a webhook; its secret is shown once", {201: WebhookMade}, tag="webhooks", name="webhooks_post", body=WebhookIn,
               problems=[400], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        caller, form = self.caller(), read_body(request, WebhookIn)
        endpoint = endpoint_create(
            source=caller.own_source(), url=form.url, topics=form.topics, may_hear_system=Role.ADMIN in caller.roles, actor=caller.actor
        )
        endpoint.refresh_from_db()
        return Answer({**_row(endpoint), "secret": endpoint.secret}, 201)


class WebhookOne(ApiView):
    roles = {"GET": SENDERS, "PATCH": SENDERS, "DELETE": SENDERS}

    def endpoint(self, webhook_id: UUID) -> WebhookEndpoint:
        rows = self.caller().visible(WebhookEndpoint.objects.select_related("source"))
        found = rows.filter(pk=webhook_id).first()
        if found is None:
            raise NotFound("There is no such webhook.")
        return found

    @described("One webhook", {200: WebhookOut}, tag="webhooks", name="webhooks_get", problems=[404])
    def get(self, request: Request, webhook_id: UUID) -> HttpResponse:
        return Answer(_row(self.endpoint(webhook_id)))

    @described("Change a webhook", {200: WebhookOut}, tag="webhooks", name="webhooks_change", body=WebhookChange, problems=[400, 404])
    def patch(self, request: Request, webhook_id: UUID) -> HttpResponse:
        caller, form, endpoint = self.caller(), read_body(request, WebhookChange), self.endpoint(webhook_id)
        change = Change(url=form.url, topics=form.topics, is_active=form.is_active)
        return Answer(
            _row(endpoint_change(endpoint=endpoint, change=change, may_hear_system=Role.ADMIN in caller.roles, actor=caller.actor))
        )

    @described("Remove a webhook", {204: None}, tag="webhooks", name="webhooks_remove", problems=[404])
    def delete(self, request: Request, webhook_id: UUID) -> HttpResponse:
        endpoint_remove(endpoint=self.endpoint(webhook_id), actor=self.caller().actor)
        return Answer(status=204)
