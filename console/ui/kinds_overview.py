"""Where each kind stands, for the first page of the models and for the part of a kind's page that tells of its runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from console.common.clock import db_now
from console.common.errors import Invalid
from console.training.fresh import Fresh, labels_since
from console.training.limits import limits_of
from console.training.models import ModelVersion, RunLimits, TrainingRun, Trigger
from console.training.runs import CALLED, State
from console.training.schedules import schedule_times
from console.training.selectors import champion, training_runs
from scoring.kind import Kind
from scoring.registry import KINDS

RECENT = 6
WATCHED = {"labels": "new labels", "drift": "drift", "band": "lost automation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    kind: Kind
    serving: ModelVersion | None
    candidates: int
    last: TrainingRun | None
    now: TrainingRun | None
    queued: int
    next_time: datetime | None
    watches: list[str]  # causes besides time
    fresh: Fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    now: TrainingRun | None
    queued: list[TrainingRun]
    recent: list[TrainingRun]
    limits: RunLimits
    next_time: datetime | None
    fresh: Fresh
    searches: dict[str, bool] = field(default_factory=dict)  # which trainers have settings to search


def kinds_overview() -> list[KindRow]:
    return [_row(kind) for kind in KINDS.values()]


def _row(kind: Kind) -> KindRow:
    runs = training_runs(kind.name).defer("log", "trials", "marks")
    active = Trigger.objects.filter(kind=kind.name, is_active=True).exclude(cause=Trigger.Cause.TIME)
    return KindRow(
        kind=kind, serving=champion(kind.name), last=runs.exclude(state__in=[State.QUEUED, *CALLED]).first(),
        candidates=ModelVersion.objects.filter(kind=kind.name, state=ModelVersion.State.CANDIDATE).count(),
        now=runs.filter(state__in=CALLED).first(), queued=runs.filter(state=State.QUEUED).count(), next_time=next_time(kind.name),
        watches=[WATCHED[cause] for cause in active.values_list("cause", flat=True).distinct().order_by("cause")],
        fresh=labels_since(kind.name),
    )  # fmt: skip


def runs_of(kind: Kind) -> Runs:
    runs = training_runs(kind.name).defer("trials")
    return Runs(
        now=runs.filter(state__in=CALLED).first(), queued=list(runs.filter(state=State.QUEUED).order_by("place", "pk")),
        recent=list(runs.defer("log").exclude(state__in=[State.QUEUED, *CALLED])[:RECENT]), limits=limits_of(kind.name),
        next_time=next_time(kind.name), fresh=labels_since(kind.name), searches={name: name in kind.spaces for name in kind.trainers},
    )  # fmt: skip


def next_time(kind: str) -> datetime | None:
    """The soonest time of its schedules that are not paused."""
    now, found = db_now(), []
    for trigger in Trigger.objects.filter(kind=kind, is_active=True, cause=Trigger.Cause.TIME):
        try:
            found += schedule_times(trigger.cron, trigger.time_zone, after=now, count=1)
        except Invalid:
            continue  # its zone left the system's list: the page of schedules says so
    return min(found, default=None)
