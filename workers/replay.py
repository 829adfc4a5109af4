"""Replays of labelled files, in the lane of training: each trains many models, one after the other."""

from __future__ import annotations

from django.conf import settings

from console.backtests.replay_run import replay_execute
from console.backtests.replays import TASK
from console.common.jobs import job_claim, job_done
from workers.app import app
from workers.hold import holding, owner


@app.task(name=TASK)  # the train worker has no time limits
def replay(ids: list[int]) -> None:
    while jobs := job_claim(task=TASK, owner=owner(), ids=ids, limit=1, lease_seconds=settings.LEASE_SECONDS):
        with holding(jobs):
            replay_execute(jobs[0].subject)  # records its own failure; a killed worker's replay is taken up again by lease
            job_done(job_id=jobs[0].id, token=jobs[0].token)
