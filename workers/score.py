"""Score items. What was never tried goes in a batch; what was tried before goes alone, so that an item that kills its
worker uses up its own attempts and not those of its neighbours."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from console import flow
from console.common.jobs import Claimed, job_claim, job_fail
from workers.app import app
from workers.hold import holding, owner

TASK = "score_item"
RETRY_SECONDS = (1.0, 10.0)

log = logging.getLogger(__name__)


@app.task(name=TASK)
def score_item(ids: list[int]) -> None:
    batch = job_claim(task=TASK, owner=owner(), ids=ids, limit=len(ids), lease_seconds=settings.LEASE_SECONDS, fresh_only=True)
    if batch:
        _score(batch)
    rest = sorted(set(ids) - {job.id for job in batch})
    while rest and (alone := job_claim(task=TASK, owner=owner(), ids=rest, limit=1, lease_seconds=settings.LEASE_SECONDS)):
        rest.remove(alone[0].id)
        _score(alone)


def _score(jobs: Sequence[Claimed]) -> None:
    with holding(jobs):
        try:
            flow.items_score(jobs=jobs)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the leases run out and the sweep rings again
        except SoftTimeLimitExceeded as error:
            for job in jobs:
                _give_back(job, error)
        except Exception as error:
            if len(jobs) == 1:
                _give_back(jobs[0], error)
                return
            log.exception("a batch of %d could not be scored; trying one by one", len(jobs))
            for job in jobs:
                _score([job])


def _give_back(job: Claimed, error: Exception) -> None:
    """Later again, or to a person with the reason when the attempts are used up."""
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    log.error("job %d could not be scored on attempt %d: %s", job.id, job.attempt, type(error).__name__, exc_info=error)
    wait = RETRY_SECONDS[min(job.attempt, len(RETRY_SECONDS)) - 1]
    with transaction.atomic():
        if job_fail(job_id=job.id, token=job.token, error=reason, retry_in=wait) == "failed":
            flow.scoring_gave_up(item_id=UUID(job.subject), error=reason)
