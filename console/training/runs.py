"""Ask for a training run, cancel it, give it up. One run per kind at a time: a constraint holds that."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid, NotFound
from console.common.jobs import job_cancel, job_put_many
from console.dispatch import ring
from console.training.models import TrainingRun
from scoring.registry import KINDS

TASK = LANE = "train"
ATTEMPTS = 3
OPEN = (TrainingRun.State.WAITING, TrainingRun.State.RUNNING)


def actor_name(user: User | None) -> str:
    return f"user:{user.username}" if user else "system"


def run_request(
    *, kind: str, trainer: str = "", trigger: str = "hand", user: User | None = None, seed: int = 0
) -> TrainingRun:  # fmt: skip
    """A run, its job and its audit row in one transaction. Raises Invalid, or Conflict when the kind is being trained already."""
    if kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]})
    trainers = KINDS[kind].trainers
    trainer = trainer or next(iter(trainers))
    if trainer not in trainers:
        raise Invalid({"trainer": [f"{KINDS[kind].words.many.capitalize()} have no trainer {trainer!r}; there are {', '.join(trainers)}."]})
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(kind=kind, trainer=trainer, trigger=trigger, requested_by=user, seed=seed)
            ids = job_put_many(task=TASK, lane=LANE, subjects=[str(run.pk)], max_attempts=ATTEMPTS)
            audit_append(actor=actor_name(user), verb="run.requested", subject=f"run:{run.pk}", data={"kind": kind, "trigger": trigger})
            transaction.on_commit(partial(ring, TASK, LANE, ids))
    except IntegrityError as error:
        raise Conflict(f"A run for {KINDS[kind].words.many} is under way already. Cancel it or wait for it.", code="run_open") from error
    run.refresh_from_db()
    return run


def run_cancel(*, run_id: UUID | str, user: User | None) -> TrainingRun:
    """Stop a run. A worker that is in the middle of it notices at its next word of progress and leaves nothing behind."""
    with transaction.atomic():
        rows = TrainingRun.objects.filter(pk=run_id, state__in=OPEN)
        if not rows.update(state=TrainingRun.State.CANCELLED, finished_at=Now(), error="Cancelled by hand."):
            raise Conflict(f"This run is {_run(run_id).state} already.", code="run_ended")
        job_cancel(task=TASK, subject=str(run_id))
        audit_append(actor=actor_name(user), verb="run.cancelled", subject=f"run:{run_id}")
    return _run(run_id)


def run_gave_up(*, run_id: UUID | str, error: str) -> None:
    """The job's attempts are used up: the worker died each time. Frees the kind for another run."""
    sentence = f"The run was started {ATTEMPTS} times and stopped each time before it was done: {error or 'no reason is known'}."
    if TrainingRun.objects.filter(pk=run_id, state__in=OPEN).update(state=TrainingRun.State.FAILED, finished_at=Now(), error=sentence):
        audit_append(actor="system", verb="run.failed", subject=f"run:{run_id}", data={"reason": "gave_up"})


def _run(run_id: UUID | str) -> TrainingRun:
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run
