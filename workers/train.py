"""Training runs: one at a time in a lane of their own, for hours if need be. The lease is kept alive meanwhile."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from console.common.jobs import Claimed, job_claim, job_done, job_fail
from console.training import child
from console.training.services import run_gave_up
from workers.app import app
from workers.hold import holding, owner

TASK = "train"


@app.task(name=TASK)  # the train worker has no time limits
def train(ids: list[int]) -> None:
    while jobs := job_claim(task=TASK, owner=owner(), ids=ids, limit=1, lease_seconds=settings.LEASE_SECONDS):
        with holding(jobs):
            died = child.run_in_child(jobs[0].subject)  # a run records its own failure; only a death is left to say
            if died:
                _again(jobs[0], died)
            else:
                job_done(job_id=jobs[0].id, token=jobs[0].token)


def _again(job: Claimed, error: str) -> None:
    with transaction.atomic():
        if job_fail(job_id=job.id, token=job.token, error=error, retry_in=0) == "failed":
            run_gave_up(run_id=job.subject, error=error)
