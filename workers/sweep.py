"""The ticks: ring again for what is due, give up what used up its attempts, let effects leave, seal the audit trail."""

from __future__ import annotations

import os
from uuid import UUID

from django.db import transaction

from console import dispatch, flow
from console.audit.seal import audit_seal
from console.backtests.replays import replay_gave_up
from console.backtests.services import backtest_gave_up
from console.common.heartbeats import heartbeat_write
from console.common.jobs import jobs_due, jobs_give_up
from console.common.tidy import tidy_old_rows
from console.enforcement.relay import relay_outbox
from console.quality.measuring import measure_all
from console.quality.plans import plans_ensure_defaults
from console.training.budgets import choices_ask
from console.training.label_work import work_gave_up
from console.training.leftovers import leftovers_tidy
from console.training.runs import queues_move_on
from console.training.services import run_gave_up, triggers_fire
from workers.app import app

ENOUGH_TRIED = 500
ENOUGH_MESSAGES = 50  # so many waiting in a lane means that its bell still rings


@app.task(name="sweep")
def sweep() -> None:
    """The reconciler: whatever was lost on the way, a job in PostgreSQL is run or given up."""
    _give_up()
    for lane in dispatch.LANES:
        waiting = dispatch.waiting(lane)
        if waiting is None or waiting >= ENOUGH_MESSAGES:
            continue
        due = jobs_due(lane)
        for task in {job.task for job in due}:
            dispatch.ring(task, lane, [job.id for job in due if job.task == task and job.attempt == 0])
        for job in [job for job in due if job.attempt > 0][:ENOUGH_TRIED]:
            dispatch.ring(job.task, lane, [job.id])  # alone: one of them may kill its worker again


def _give_up() -> None:
    """A worker that dies on the last attempt cannot say so itself."""
    with transaction.atomic():
        for job in jobs_give_up(task="score_item"):
            flow.scoring_gave_up(item_id=UUID(job.subject), error=job.error)
    with transaction.atomic():
        for job in jobs_give_up(task="train"):
            run_gave_up(run_id=job.subject, error=job.error)
    with transaction.atomic():
        for job in jobs_give_up(task="backtest"):
            backtest_gave_up(backtest_id=job.subject, error=job.error)
    with transaction.atomic():
        for job in jobs_give_up(task="replay"):
            replay_gave_up(replay_id=job.subject, error=job.error)
    with transaction.atomic():
        for job in jobs_give_up(task="label_work"):
            work_gave_up(work_id=job.subject, error=job.error)


@app.task(name="effects")
def effects() -> None:
    """Decisions whose undo is over take effect, those whose time is over end, and their events go to the deliveries."""
    flow.decisions_release(limit=500)
    flow.checks_settle(limit=500)
    flow.actions_end(limit=500)
    relay_outbox(limit=500)


@app.task(name="seal")
def seal() -> None:
    while audit_seal() == 5000:
        pass


@app.task(name="schedules")
def schedules() -> None:
    triggers_fire()
    queues_move_on()


@app.task(name="measure_checks")
def measure_checks() -> None:
    """Each hour; and queues that were made since get the usual shares."""
    plans_ensure_defaults()
    measure_all()


@app.task(name="choose_labels")
def choose_labels() -> None:
    choices_ask()


@app.task(name="tidy")
def tidy() -> None:
    tidy_old_rows()
    leftovers_tidy()


@app.task(name="canary")
def canary(lane: str) -> None:
    """Proof that this lane's messages are taken and its worker reaches the database."""
    heartbeat_write(f"lane:{lane}", {"pid": os.getpid()})
