"""The queue of runs: one of a kind at a time, the others wait in order. A constraint holds the first, a lock the second.

Only the run whose turn it is has a job: when it ends, in whatever way, the next is called in the same transaction.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid, NotFound
from console.common.jobs import job_cancel, job_put_many
from console.dispatch import ring
from console.training.limits import limits_of
from console.training.models import TrainingRun
from scoring.registry import KINDS

TASK = LANE = "train"
ATTEMPTS = 3
MOST_QUEUED = 10  # of one kind
State = TrainingRun.State
CALLED = (State.WAITING, State.RUNNING)  # its turn has come
OPEN = (State.QUEUED, *CALLED)


def actor_name(user: User | None) -> str:
    return f"user:{user.username}" if user else "system"


def run_request(**asked: Any) -> TrainingRun:
    """As run_ask(); raises Conflict when a run that has not begun would do the very same."""
    run, new = run_ask(**asked)
    if not new:
        many = KINDS[run.kind].words.many
        raise Conflict(f"The same run for {many} waits already. It takes in every label that is there when it begins.", code="run_open")
    return run


def run_ask(
    *, kind: str, trainer: str = "", trigger: str = "hand", reason: str = "", user: User | None = None, seed: int = 0,
    search_minutes: int | None = None, retry_of: TrainingRun | None = None,
) -> tuple[TrainingRun, bool]:  # fmt: skip
    """A run and True; or the one that waits already and will do the same, and False. Without a run ahead its job is put at once.

    `search_minutes` None = as the kind's limits say. Raises Invalid, or Conflict when too many wait.
    """
    trainer, search = _checked(kind, trainer, seed, search_minutes)
    with transaction.atomic():
        _lock(kind)
        waits = TrainingRun.objects.filter(kind=kind, state__in=OPEN)
        same = waits.filter(trainer=trainer, seed=seed, search=search, snapshot=None).first()
        if same is not None:
            return same, False
        if waits.filter(state=State.QUEUED).count() >= MOST_QUEUED:
            raise Conflict(f"{MOST_QUEUED} runs for {KINDS[kind].words.many} wait already. Cancel one first.", code="queue_full")
        run = TrainingRun.objects.create(
            kind=kind, trainer=trainer, trigger=trigger, reason=reason, requested_by=user, seed=seed, search=search, retry_of=retry_of,
            state=State.QUEUED,
        )  # fmt: skip
        data = {"kind": kind, "trigger": trigger, "reason": reason, "search": search}
        audit_append(actor=actor_name(user), verb="run.requested", subject=f"run:{run.pk}", data=data)
        queue_move_on(kind)
    run.refresh_from_db()
    return run, True


def _checked(kind: str, trainer: str, seed: int, search_minutes: int | None) -> tuple[str, dict[str, int]]:
    if kind not in KINDS:
        raise Invalid({"kind": [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]})
    found = KINDS[kind]
    trainer = trainer or next(iter(found.trainers))
    errors: dict[str, list[str]] = {}
    if trainer not in found.trainers:
        trainers = ", ".join(found.trainers)
        errors["trainer"] = [f"{found.words.many.capitalize()} have no trainer {trainer!r}; there are {trainers}."]
    if not 0 <= seed < 2**31:
        errors["seed"] = ["Write a whole number from 0 to 2,147,483,647."]
    minutes = limits_of(kind).search_minutes if search_minutes is None else search_minutes
    if not 0 <= minutes <= 600:
        errors["search_minutes"] = ["Write 0 to 600 minutes."]
    if errors:
        raise Invalid(errors)
    return trainer, {"minutes": minutes} if minutes and found.spaces.get(trainer) else {}


def queue_move_on(kind: str) -> TrainingRun | None:
    """Call the next run of a kind unless one has its turn already. Inside the caller's transaction."""
    _lock(kind)
    runs = TrainingRun.objects.filter(kind=kind)
    if runs.filter(state__in=CALLED).exists():
        return None
    run = runs.filter(state=State.QUEUED).order_by("place", "pk").first()
    if run is None or not runs.filter(pk=run.pk, state=State.QUEUED).update(state=State.WAITING):
        return None
    ids = job_put_many(task=TASK, lane=LANE, subjects=[str(run.pk)], max_attempts=ATTEMPTS)
    transaction.on_commit(partial(ring, TASK, LANE, ids))
    return run


def queues_move_on() -> None:
    """For what ended without a word, as a row that somebody removed by hand. Called by the sweep."""
    for kind in TrainingRun.objects.filter(state=State.QUEUED).values_list("kind", flat=True).distinct():
        with transaction.atomic():
            queue_move_on(kind)


def run_first(*, run_id: UUID | str, user: User | None) -> TrainingRun:
    """Let a run that waits be the next. Raises NotFound, Conflict."""
    run = run_one(run_id)
    with transaction.atomic():
        _lock(run.kind)
        queued = TrainingRun.objects.filter(kind=run.kind, state=State.QUEUED)
        least = queued.aggregate(least=Min("place"))["least"] or 0
        if not queued.filter(pk=run.pk).update(place=least - 1):
            raise Conflict("This run waits no longer.", code="run_not_queued")
        audit_append(actor=actor_name(user), verb="run.moved_first", subject=f"run:{run.pk}")
    return run_one(run_id)


def run_cancel(*, run_id: UUID | str, user: User | None) -> TrainingRun:
    """Stop a run. A worker that is in the middle of it is stopped and leaves nothing behind."""
    with transaction.atomic():
        rows = TrainingRun.objects.filter(pk=run_id, state__in=OPEN)
        if not rows.update(state=State.CANCELLED, finished_at=Now(), error="Cancelled by hand."):
            raise Conflict(f"This run is {run_one(run_id).state} already.", code="run_ended")
        job_cancel(task=TASK, subject=str(run_id))
        audit_append(actor=actor_name(user), verb="run.cancelled", subject=f"run:{run_id}")
        run = run_one(run_id)
        queue_move_on(run.kind)
    return run


def run_retry(*, run_id: UUID | str, user: User | None) -> TrainingRun:
    """Ask for a run that failed or was cancelled again, with its trainer, seed and search. Raises NotFound, Conflict."""
    run = run_one(run_id)
    if run.state not in (State.FAILED, State.CANCELLED):
        raise Conflict("Only a run that failed or was cancelled can be tried again.", code="run_not_ended")
    return run_request(
        kind=run.kind, trainer=run.trainer, trigger="retry", reason=f"again, after the run of {run.created_at.day} {run.created_at:%B}",
        user=user, seed=run.seed, search_minutes=run.search.get("minutes", 0), retry_of=run,
    )  # fmt: skip


def run_one(run_id: UUID | str) -> TrainingRun:
    """Raises NotFound."""
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def _lock(kind: str) -> None:
    """One at a time may change the queue of a kind, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"runs:{kind}"])
