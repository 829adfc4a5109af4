"""Backtests in turns of a few seconds: after each, whatever else waits in the lane gets its turn."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from console.backtests.models import Backtest
from console.backtests.run import Stopped, backtest_turn
from console.backtests.services import TASK, backtest_gave_up, put_turn
from console.common.jobs import Claimed, job_claim, job_done, job_fail
from workers.app import app
from workers.hold import holding, owner

RETRY_SECONDS = 2.0

log = logging.getLogger(__name__)


@app.task(name=TASK)
def backtest(ids: list[int]) -> None:
    while jobs := job_claim(task=TASK, owner=owner(), ids=ids, limit=1, lease_seconds=settings.LEASE_SECONDS):
        with holding(jobs):
            _turn(jobs[0])


def _turn(job: Claimed) -> None:
    try:
        more = backtest_turn(job.subject)
    except Stopped:
        job_done(job_id=job.id, token=job.token)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out and the sweep rings again
    except Exception as error:
        log.exception("a turn of backtest %s failed", job.subject)
        reason = f"{type(error).__name__}: {error}"
        with transaction.atomic():
            if job_fail(job_id=job.id, token=job.token, error=reason, retry_in=RETRY_SECONDS) == "failed":
                backtest_gave_up(backtest_id=job.subject, error=reason)
    else:
        with transaction.atomic():
            if job_done(job_id=job.id, token=job.token) and more:
                put_turn(Backtest.objects.get(pk=job.subject))
