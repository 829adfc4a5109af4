"""Deliver events: every attempt is kept, failures come back for a day and more, then a person can send it again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import orjson
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from console.audit.services import audit_append
from console.common.clock import db_now
from console.common.errors import Conflict
from console.common.jobs import Claimed, job_done, job_fail
from console.common.models import OutboxEvent
from console.enforcement.models import Delivery, DeliveryAttempt, WebhookEndpoint
from console.enforcement.relay import deliveries_put
from console.enforcement.sending import Answered, post, signed_headers

# Seconds after the first, second ... failure: nine retries over about three days, then the dead letter.
RETRIES = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
GONE = 410
JITTER = 0.1


def message_of(event: OutboxEvent) -> str:
    """The body, the same bytes at every attempt."""
    body = {"type": event.topic, "timestamp": event.created_at, "data": event.data}
    return orjson.dumps(body, option=orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS).decode()


def deliveries_attempt(*, jobs: Sequence[Claimed]) -> None:
    """Worker entry: one attempt for each job."""
    for job in jobs:
        delivery_attempt(job)


def delivery_attempt(job: Claimed) -> str:
    """Send once and record it. Returns delivered, retry, dead, skipped (nothing to send) or lost (the lease went)."""
    delivery = Delivery.objects.select_related("event", "endpoint").filter(pk=int(job.subject), state=Delivery.State.PENDING).first()
    if delivery is None:
        job_done(job_id=job.id, token=job.token)
        return "skipped"
    answered = _send(delivery) if delivery.endpoint.is_active else Answered(status=None, error="the endpoint is switched off")
    return _record(delivery, answered, job)


def _send(delivery: Delivery) -> Answered:
    body = message_of(delivery.event)
    headers = signed_headers(secret=delivery.endpoint.secret, message_id=str(delivery.event_id), at=db_now(), body=body)
    return post(delivery.endpoint.url, body, headers)


@transaction.atomic
def _record(delivery: Delivery, answered: Answered, job: Claimed) -> str:
    """The attempt is kept in any case; what follows from it only when the job is still ours."""
    DeliveryAttempt.objects.create(
        delivery=delivery, status=answered.status, error=answered.error, body=answered.body, took_ms=answered.took_ms
    )
    Delivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1)
    if answered.delivered:
        Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DELIVERED, delivered_at=Now())
        return "delivered" if job_done(job_id=job.id, token=job.token) else "lost"
    gone = answered.status == GONE
    if gone:
        _switch_off(delivery.endpoint)
    pause = None if gone or not delivery.endpoint.is_active else _pause(delivery.attempts)
    state = job_fail(job_id=job.id, token=job.token, error=answered.error or f"HTTP {answered.status}", retry_in=pause)
    if state == "ready" and pause is not None:
        Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=Now() + timedelta(seconds=pause))
        return "retry"
    if state == "failed":
        Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DEAD)
        audit_append(actor="system", verb="delivery.dead", subject=f"delivery:{delivery.pk}", data={"attempts": delivery.attempts + 1})
        return "dead"
    return "lost"


def _pause(failures_before: int) -> float | None:
    """Seconds until the next attempt, a little spread so that a recovered receiver is not hit all at once; None at the end."""
    if failures_before >= len(RETRIES):
        return None
    return RETRIES[failures_before] * (1 + JITTER * random.random())


def _switch_off(endpoint: WebhookEndpoint) -> None:
    """410 Gone: the receiver does not want to be called any more."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(is_active=False):
        audit_append(actor="system", verb="webhook.gone", subject=f"webhook:{endpoint.pk}")


@transaction.atomic
def delivery_replay(*, delivery: Delivery, actor: str) -> Delivery:
    """Send a delivered or dead message again, with the same id, from the start of the schedule."""
    if not delivery.endpoint.is_active:
        raise Conflict("This webhook is switched off; switch it on first.", code="webhook_off")
    changed = (
        Delivery.objects.filter(pk=delivery.pk)
        .exclude(state=Delivery.State.PENDING)
        .update(state=Delivery.State.PENDING, attempts=0, next_attempt_at=Now(), delivered_at=None)
    )
    if not changed:
        raise Conflict("This delivery is on its way already.", code="pending")
    tried = DeliveryAttempt.objects.filter(delivery=delivery).count()
    deliveries_put([delivery.pk], again=f"replay:{tried}")
    audit_append(actor=actor, verb="delivery.replayed", subject=f"delivery:{delivery.pk}")
    delivery.refresh_from_db()
    return delivery
