"""Writes of the training app: one door to its small rooms."""

from __future__ import annotations

from uuid import UUID

from console.training.ending import run_gave_up
from console.training.firing import triggers_fire
from console.training.limits import limits_change
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
from console.training.runs import run_cancel, run_first, run_request, run_retry
from console.training.starters import model_ensure_starters
from console.training.trials import canary_finish, canary_pace, canary_step, shadow_start, trial_end
from console.training.triggers import trigger_change, trigger_create, trigger_remove, trigger_switch
from console.training.whole import versions_verify
from scoring.kind import load

__all__ = [
    "canary_finish",
    "canary_pace",
    "canary_step",
    "limits_change",
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
    "run_first",
    "run_gave_up",
    "run_request",
    "run_retry",
    "shadow_start",
    "trial_end",
    "trigger_change",
    "trigger_create",
    "trigger_remove",
    "trigger_switch",
    "triggers_fire",
    "versions_verify",
]


def run_execute(run_id: UUID | str) -> TrainingRun:
    """Do the work of a run in this process. Loaded late: the web process must not import a machine-learning library."""
    run: TrainingRun = load("console.training.execute:run_execute")(run_id)
    return run
