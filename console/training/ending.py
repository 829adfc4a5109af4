"""How a run ends: its row, the audit trail, the alert, what it left behind, and the next in the queue."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from console.alerts.services import alert_clear, alert_raise
from console.audit.services import audit_append
from console.training.failures import ADVICE, as_sentence
from console.training.models import TrainingRun
from console.training.runs import ATTEMPTS, CALLED, queue_move_on, run_one
from scoring.registry import KINDS

ALERT = "run_failed"


def run_fail(rows: QuerySet[TrainingRun], run: TrainingRun, *, code: str, reason: str, stage: str = "") -> bool:
    """`rows` holds the run as long as it is still the caller's to end. The alert stays until a run of the kind goes well."""
    sentence = as_sentence(reason)
    with transaction.atomic():
        if not rows.update(state=TrainingRun.State.FAILED, finished_at=Now(), error=sentence, failure=code):
            return False
        audit_append(actor="system", verb="run.failed", subject=f"run:{run.pk}", data={"stage": stage, "code": code, "error": sentence})
        many = KINDS[run.kind].words.many
        alert_raise(
            code=ALERT, kind=run.kind, sentence=f"Training a model for {many} failed. {sentence} {ADVICE[code].do}",
            data={"run": str(run.pk), "failure": code},
        )  # fmt: skip
        queue_move_on(run.kind)
    return True


def run_went_well(run: TrainingRun) -> None:
    """In the transaction that registers what came of it."""
    alert_clear(code=ALERT, kind=run.kind, why="A run went well.")
    queue_move_on(run.kind)


def run_gave_up(*, run_id: UUID | str, error: str) -> None:
    """The job's attempts are used up: the worker died each time. Frees the kind for the next run."""
    run = run_one(run_id)
    rows = TrainingRun.objects.filter(pk=run_id, state__in=CALLED)
    where = f", the last time at “{run.stage}”" if run.stage else ""
    reason = f"It was started {ATTEMPTS} times and stopped each time before it was done{where}: {error or 'no reason is known'}"
    run_fail(rows, run, code="killed", reason=reason, stage=run.stage)
