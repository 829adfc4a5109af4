"""Webhook deliveries: one attempt for each job. When to try again, and when to stop, is written in the delivery."""

from __future__ import annotations

from django.conf import settings

from console.common.jobs import job_claim
from console.enforcement.webhooks import delivery_attempt
from workers.app import app
from workers.hold import holding, owner

TASK = "deliver"


@app.task(name=TASK)
def deliver(ids: list[int]) -> None:
    """One at a time, so that a slow receiver does not hold the leases of others."""
    rest = set(ids)
    while rest and (jobs := job_claim(task=TASK, owner=owner(), ids=sorted(rest), limit=1, lease_seconds=settings.LEASE_SECONDS)):
        rest.discard(jobs[0].id)
        with holding(jobs):
            delivery_attempt(jobs[0])
