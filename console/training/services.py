"""Writes of the training app: one door to its small rooms."""

from __future__ import annotations

from uuid import UUID

from console.training.models import TrainingRun
from console.training.promotion import (
    model_agree,
    model_confirm,
    model_promote,
    model_propose,
    model_rollback,
    model_send_back,
    model_withdraw,
)
from console.training.runs import run_cancel, run_gave_up, run_request
from console.training.schedules import schedule_create, schedule_remove, schedule_switch, schedules_fire
from console.training.starters import model_ensure_starters
from console.training.trials import canary_pace, canary_step, shadow_start, trial_end
from scoring.kind import load

__all__ = [
    "canary_pace",
    "canary_step",
    "model_agree",
    "model_confirm",
    "model_ensure_starters",
    "model_promote",
    "model_propose",
    "model_rollback",
    "model_send_back",
    "model_withdraw",
    "run_cancel",
    "run_execute",
    "run_gave_up",
    "run_request",
    "schedule_create",
    "schedule_remove",
    "schedule_switch",
    "schedules_fire",
    "shadow_start",
    "trial_end",
]


def run_execute(run_id: UUID | str) -> TrainingRun:
    """Do the work of a run (train lane only). Loaded late: the web process must not import a machine-learning library."""
    run: TrainingRun = load("console.training.execute:run_execute")(run_id)
    return run
