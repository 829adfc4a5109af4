"""What the checks of people add up to, when a lead asks for it now. By schedule the sweep does the same."""

from __future__ import annotations

from django.conf import settings

from console.common.jobs import job_claim, job_done
from console.quality.measuring import TASK, measure_all
from workers.app import app
from workers.hold import holding, owner


@app.task(name=TASK)
def measure(ids: list[int]) -> None:
    while jobs := job_claim(task=TASK, owner=owner(), ids=ids, limit=1, lease_seconds=settings.LEASE_SECONDS):
        with holding(jobs):
            measure_all()
            job_done(job_id=jobs[0].id, token=jobs[0].token)
