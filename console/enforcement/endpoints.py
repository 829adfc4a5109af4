"""Webhook endpoints: where a source hears of its decisions."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from console.accounts.models import Source
from console.audit.services import audit_append
from console.common.errors import Invalid
from console.enforcement.addresses import RefusedAddress, url_check
from console.enforcement.models import WebhookEndpoint

SOURCE_TOPICS = ("item.decided", "item.enforced", "item.restored", "appeal.decided")
SYSTEM_TOPICS = ("model.promoted", "alert.raised")  # of no source: only who asks for them by name hears them
MOST_ENDPOINTS = 20


def secret_new() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


@transaction.atomic
def endpoint_create(*, source: Source, url: str, topics: Sequence[str], may_hear_system: bool, actor: str) -> WebhookEndpoint:
    """The row holds the secret, which is shown to the maker once. Raises Invalid for an address that is not public."""
    _check(url=url, topics=topics, may_hear_system=may_hear_system)
    Source.objects.select_for_update().get(pk=source.pk)
    if source.endpoints.count() >= MOST_ENDPOINTS:
        raise Invalid({"url": [f"A source has {MOST_ENDPOINTS} webhooks at most; remove one first."]})
    endpoint = WebhookEndpoint.objects.create(source=source, url=url, topics=list(topics), secret=secret_new())
    audit_append(
        actor=actor, verb="webhook.created", subject=f"webhook:{endpoint.pk}", data={"source": source.slug, "topics": list(topics)}
    )
    return endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """None leaves a field as it is."""

    url: str | None = None
    topics: Sequence[str] | None = None
    is_active: bool | None = None


@transaction.atomic
def endpoint_change(*, endpoint: WebhookEndpoint, change: Change, may_hear_system: bool, actor: str) -> WebhookEndpoint:
    _check(url=change.url, topics=change.topics, may_hear_system=may_hear_system)
    changed = {name: value for name in ("url", "topics", "is_active") if (value := getattr(change, name)) is not None}
    for name, value in changed.items():
        setattr(endpoint, name, list(value) if name == "topics" else value)
    if changed:
        endpoint.save(update_fields=list(changed))
        audit_append(actor=actor, verb="webhook.changed", subject=f"webhook:{endpoint.pk}", data={"fields": sorted(changed)})
    return endpoint


@transaction.atomic
def endpoint_remove(*, endpoint: WebhookEndpoint, actor: str) -> None:
    """Its deliveries go with it."""
    audit_append(actor=actor, verb="webhook.removed", subject=f"webhook:{endpoint.pk}", data={"source": endpoint.source.slug})
    endpoint.delete()


def _check(*, url: str | None, topics: Sequence[str] | None, may_hear_system: bool) -> None:
    allowed = SOURCE_TOPICS + (SYSTEM_TOPICS if may_hear_system else ())
    if unknown := [topic for topic in topics or () if topic not in allowed]:
        raise Invalid({"topics": [f"{', '.join(unknown)} cannot be heard here; there are {', '.join(allowed)}."]})
    if url is not None:
        try:
            url_check(url)
        except RefusedAddress as error:
            raise Invalid({"url": [str(error)]}) from error
