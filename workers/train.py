"""Training runs: one at a time in a lane of their own, for hours if need be. The lease is kept alive meanwhile."""

from __future__ import annotations

from django.conf import settings

from console.common.jobs import job_claim, job_done
from console.training.services import run_execute
from workers.app import app
from workers.hold import holding, owner

TASK = "train"


@app.task(name=TASK)  # the train worker has no time limits
def train(ids: list[int]) -> None:
    while jobs := job_claim(task=TASK, owner=owner(), ids=ids, limit=1, lease_seconds=settings.LEASE_SECONDS):
        with holding(jobs):
            run_execute(jobs[0].subject)  # records its own failure; a killed worker's run is taken up again by lease
            job_done(job_id=jobs[0].id, token=jobs[0].token)
