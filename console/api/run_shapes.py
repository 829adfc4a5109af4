"""What the API takes and gives about training runs, what begins them, and their limits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from console.api.auth import Caller
from console.api.forms import Form
from console.api.schemas import PageOut
from console.training.firing import DRIFT_CODES
from console.training.models import Firing, RunLimits, TrainingRun, Trigger
from console.training.outside import run_outside
from console.training.triggers import TriggerForm

Json = dict[str, Any]
Cause = Literal["time", "labels", "drift", "band"]


class RunIn(Form):
    kind: str
    trainer: Annotated[str, Field(max_length=32)] = ""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    search_minutes: Annotated[int | None, Field(ge=0, le=600, description="For settings; null = as the kind's limits say.")] = None


class RunOut(BaseModel):
    id: UUID
    kind: str
    trainer: str
    seed: int
    trigger: str
    reason: str = Field(description="Why it was asked for, in words; empty when a person asked.")
    state: str = Field(description="queued, waiting (for a worker), running, done, failed, cancelled")
    stage: str
    progress: float
    error: str = Field(description="To a token of a source what the failure is called and what to do, not what it quotes.")
    failure: str = Field(description="A code for why it failed: too_few_labels, one_class, data, disk, memory, time, killed, ...")
    search: dict[str, Any] = Field(description="Minutes asked for, and the settings that won.")
    log: str | None = Field(None, description="Of a single run; never to a token of a source.")
    trials: list[Any] | None = Field(None, description="What the search tried.")
    stages: list[Any] | None = Field(None, description="When each stage of this execution began.")
    snapshot: str | None
    model: str | None
    retry_of: UUID | None
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RunPage(PageOut):
    results: list[RunOut]


class TriggerIn(Form):
    kind: str
    cause: Cause = "time"
    trainer: Annotated[str, Field(max_length=32)] = ""
    cron: Annotated[str, Field(max_length=100, description="Minute, hour, day, month, weekday; of a time.")] = ""
    time_zone: Annotated[str, Field(max_length=64)] = "UTC"
    labels: Annotated[int | None, Field(ge=0, le=1_000_000, description="So many new ones; of labels.")] = None
    rest_hours: Annotated[int, Field(ge=0, le=1440, description="Between two firings; of all but a time.")] = 24


class TriggerChange(Form):
    cause: Cause | None = None
    trainer: Annotated[str | None, Field(max_length=32)] = None
    cron: Annotated[str | None, Field(max_length=100)] = None
    time_zone: Annotated[str | None, Field(max_length=64)] = None
    labels: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    rest_hours: Annotated[int | None, Field(ge=0, le=1440)] = None
    is_active: bool | None = Field(None, description="false pauses it.")


class FiringOut(BaseModel):
    at: datetime
    reason: str
    note: str
    run: UUID | None


class TriggerOut(BaseModel):
    id: int
    kind: str
    cause: Cause = Field(description=f"time; labels; drift = an open alert of {', '.join(DRIFT_CODES)}; band = automation was lost.")
    trainer: str
    cron: str
    time_zone: str
    labels: int | None
    rest_hours: int
    is_active: bool
    created_by: str | None
    created_at: datetime
    next_times: list[datetime]
    last: FiringOut | None


class TriggerPage(PageOut):
    results: list[TriggerOut]


class LimitsOut(BaseModel):
    kind: str
    threads: int
    memory_mb: int
    minutes: int
    disk_mb: int
    search_minutes: int


class LimitsChange(Form):
    threads: int | None = None
    memory_mb: int | None = None
    minutes: int | None = None
    disk_mb: int | None = None
    search_minutes: int | None = None


def run_row(run: TrainingRun, caller: Caller, *, whole: bool = False) -> Json:
    row: Json = {
        "id": run.pk, "kind": run.kind, "trainer": run.trainer, "seed": run.seed, "trigger": run.trigger, "reason": run.reason,
        "state": run.state, "stage": run.stage, "progress": run.progress, "error": run.error, "failure": run.failure, "search": run.search,
        "snapshot": run.snapshot.content_hash if run.snapshot else None, "model": str(run.model) if run.model else None,
        "retry_of": run.retry_of_id, "requested_by": run.requested_by.get_username() if run.requested_by else None,
        "created_at": run.created_at, "started_at": run.started_at, "finished_at": run.finished_at,
    }  # fmt: skip
    row |= {"log": run.log, "trials": run.trials, "stages": run.marks} if whole else {}
    told = run_outside(run, whole=whole) if caller.source is not None else {}
    return {name: told.get(name, value) for name, value in row.items()}


def trigger_row(trigger: Trigger, next_times: list[datetime], last: Firing | None) -> Json:
    fired = {"at": last.at, "reason": last.reason, "note": last.note, "run": last.run_id} if last else None
    return {
        "id": trigger.pk, "kind": trigger.kind, "cause": trigger.cause, "trainer": trigger.trainer, "cron": trigger.cron,
        "time_zone": trigger.time_zone, "labels": trigger.labels, "rest_hours": trigger.rest_hours, "is_active": trigger.is_active,
        "created_by": trigger.created_by.get_username() if trigger.created_by else None, "created_at": trigger.created_at,
        "next_times": next_times, "last": fired,
    }  # fmt: skip


def limits_row(limits: RunLimits) -> Json:
    return {name: getattr(limits, name) for name in LimitsOut.model_fields}


def changed_form(trigger: Trigger, change: TriggerChange) -> TriggerForm:
    """What it is now, with what was given."""
    given = change.model_dump(exclude_none=True, exclude={"is_active"})
    now = {name: getattr(trigger, name) for name in ("cause", "trainer", "cron", "time_zone", "labels", "rest_hours")}
    return TriggerForm(**{**now, **given})
