"""From pending events to deliveries, one for each endpoint that hears the topic. Relays may run side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from console import dispatch
from console.common.jobs import job_put_many
from console.common.models import OutboxEvent
from console.enforcement.models import Delivery, WebhookEndpoint

TASK, LANE = "deliver", "deliver"
JOB_ATTEMPTS = 1000  # the schedule of a delivery decides when it ends; killed workers must not use it up


@transaction.atomic
def relay_outbox(*, limit: int = 500) -> int:
    """Turn events whose time has come into deliveries and their jobs, in one transaction; returns how many events."""
    due = OutboxEvent.objects.select_for_update(skip_locked=True).filter(state=OutboxEvent.State.PENDING, not_before__lte=Now())
    events = list(due.order_by("not_before")[:limit])
    if not events:
        return 0
    near = _listeners(events)
    wanted = [Delivery(event=event, endpoint=to) for event in events for to in near.get(event.source_id, ()) if _hears(to, event)]
    Delivery.objects.bulk_create(wanted, ignore_conflicts=True)
    made = Delivery.objects.filter(event__in=events).values_list("pk", flat=True)
    deliveries_put(sorted(made))
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(state=OutboxEvent.State.RELAYED, relayed_at=Now())
    return len(events)


def _listeners(events: Sequence[OutboxEvent]) -> dict[int | None, list[WebhookEndpoint]]:
    """Active endpoints that may hear the events, by source and in one query; under None those that name topics of no source."""
    sources = {event.source_id for event in events}
    asked = Q(source_id__in=sources - {None})
    for topic in {event.topic for event in events if event.source_id is None}:
        asked |= Q(topics__contains=[topic])
    found: dict[int | None, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in WebhookEndpoint.objects.filter(asked, is_active=True).order_by("pk"):
        found[endpoint.source_id].append(endpoint)
        found[None].append(endpoint)
    return found


def _hears(endpoint: WebhookEndpoint, event: OutboxEvent) -> bool:
    """Topics of the event's own source are heard by name or all; what has no source is heard by name only."""
    return event.topic in endpoint.topics or (event.source_id is not None and not endpoint.topics)


def deliveries_put(ids: Sequence[int], *, again: str = "") -> None:
    jobs = job_put_many(task=TASK, lane=LANE, subjects=[str(pk) for pk in ids], max_attempts=JOB_ATTEMPTS, again=again)
    transaction.on_commit(lambda: dispatch.ring(TASK, LANE, jobs))
