"""Work on labels: one at a time, in the lane of the training runs, for as long as it takes."""

from __future__ import annotations

from django.conf import settings

from console.common.jobs import job_claim, job_done
from console.flow.label_work import label_work_do
from console.insights.search.rows import search_fill
from console.training.label_work import TASK
from workers.app import app
from workers.hold import holding, owner


@app.task(name=TASK)  # the train worker has no time limits
def label_work(ids: list[int]) -> None:
    while jobs := job_claim(task=TASK, owner=owner(), ids=ids, limit=1, lease_seconds=settings.LEASE_SECONDS):
        with holding(jobs):
            label_work_do(jobs[0].subject)
            search_fill()  # items that came with their labels are never scored, and are found all the same
            job_done(job_id=jobs[0].id, token=jobs[0].token)
