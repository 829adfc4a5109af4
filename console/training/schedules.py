"""Retrain by cron, in a time zone of the schedule's own. Each slot fires once, however many sweeps look at it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cron_descriptor import Options, get_description  # type: ignore[import-untyped]
from cronsim import CronSim, CronSimError
from django.db import transaction
from django.db.models import Max

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid, NotFound
from console.training.models import Schedule, ScheduleSlot
from console.training.runs import actor_name, run_request
from scoring.registry import KINDS

log = logging.getLogger(__name__)
LATE = timedelta(hours=1)  # a slot missed by more (the machine was off) is not made up for
LEAST_GAP = timedelta(minutes=10)
_WORDS = Options()
_WORDS.use_24hour_time_format = True


def schedule_times(cron: str, time_zone: str, *, after: datetime, count: int = 5) -> list[datetime]:
    """The next times, aware, in the zone given. Raises Invalid with a sentence for `cron` or `time_zone`."""
    return list(islice(_slots(cron, time_zone, after), count))


def schedule_words(cron: str) -> str:
    """ "At 03:00, only on Monday". Raises Invalid."""
    _check_fields(cron)
    try:
        return str(get_description(cron, _WORDS))
    except Exception as error:  # the library's own exceptions share no base
        raise Invalid({"cron": [f"This cannot be put in words: {error}"]}) from error


def _slots(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    errors: dict[str, list[str]] = {}
    zone = ZoneInfo("UTC")
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["time_zone"] = [f"There is no time zone {time_zone!r}; write it as Europe/Vienna or UTC."]
    try:
        _check_fields(cron)
        times = CronSim(cron, after.astimezone(zone))
    except Invalid as error:
        errors |= error.fields
    except CronSimError as error:
        errors["cron"] = [f"{error}. Write minute, hour, day, month, weekday, such as 0 3 * * 1."]
    if errors:
        raise Invalid(errors, "The schedule cannot be saved.")
    return times


def _check_fields(cron: str) -> None:
    if len(cron.split()) != 5:
        raise Invalid({"cron": ["Write five fields: minute, hour, day, month, weekday, such as 0 3 * * 1."]})


def schedule_create(*, kind: str, cron: str, time_zone: str = "UTC", trainer: str = "", user: User | None = None) -> Schedule:
    """Raises Invalid with every field that is not right."""
    errors: dict[str, list[str]] = {}
    cron = " ".join(cron.split())
    if kind not in KINDS:
        errors["kind"] = [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]
    elif trainer and trainer not in KINDS[kind].trainers:
        errors["trainer"] = [f"There is no trainer {trainer!r}; there are {', '.join(KINDS[kind].trainers)}."]
    try:
        times = schedule_times(cron, time_zone, after=db_now(), count=50)
        if not times:
            errors["cron"] = ["This time never comes."]
        elif any(later - sooner < LEAST_GAP for sooner, later in pairwise(times)):
            errors["cron"] = ["Retraining more often than every 10 minutes is not allowed."]
    except Invalid as error:
        errors |= error.fields
    if errors:
        raise Invalid(errors, "The schedule cannot be saved.")
    with transaction.atomic():
        schedule = Schedule.objects.create(kind=kind, trainer=trainer, cron=cron, time_zone=time_zone, created_by=user)
        data = {"kind": kind, "cron": cron, "time_zone": time_zone}
        audit_append(actor=actor_name(user), verb="schedule.created", subject=f"schedule:{schedule.pk}", data=data)
    return schedule


def schedule_remove(*, schedule_id: int, user: User | None) -> None:
    with transaction.atomic():
        if not Schedule.objects.filter(pk=schedule_id).delete()[0]:
            raise NotFound("This schedule is not there any more.")
        audit_append(actor=actor_name(user), verb="schedule.removed", subject=f"schedule:{schedule_id}")


def schedule_switch(*, schedule_id: int, is_active: bool, user: User | None) -> None:
    with transaction.atomic():
        if not Schedule.objects.filter(pk=schedule_id, is_active=not is_active).update(is_active=is_active):
            raise Conflict("This schedule was changed already, or is not there any more.")
        audit_append(actor=actor_name(user), verb="schedule.switched", subject=f"schedule:{schedule_id}", data={"is_active": is_active})


def schedules_fire() -> int:
    """Ask for the runs whose slot has come; returns how many were asked for. Called by the sweep, as often as it likes."""
    now, fired = db_now(), 0
    for schedule in Schedule.objects.filter(is_active=True):
        try:
            slot = _due(schedule, now)
        except Invalid as error:  # the time zone left the system's list, say: the other schedules go on
            log.error("schedule %s cannot be read: %s", schedule.pk, error.fields)
            continue
        if slot is not None:
            fired += _fire(schedule, slot)
    return fired


def _due(schedule: Schedule, now: datetime) -> datetime | None:
    """The newest slot that has come and was not fired; older ones that were missed are passed over."""
    last = schedule.slots.aggregate(last=Max("slot"))["last"]
    after = max(filter(None, (last, schedule.created_at, now - LATE)))
    due = None
    for slot in _slots(schedule.cron, schedule.time_zone, after):
        if slot > now:
            break
        due = slot
    return due


def _fire(schedule: Schedule, slot: datetime) -> int:
    with transaction.atomic():
        row, created = ScheduleSlot.objects.get_or_create(schedule=schedule, slot=slot)
        if not created:
            return 0
        try:
            run = run_request(kind=schedule.kind, trainer=schedule.trainer, trigger="schedule", user=None)
        except (Conflict, Invalid) as error:
            audit_append(actor="system", verb="schedule.skipped", subject=f"schedule:{schedule.pk}", data={"reason": str(error)})
            return 0
        ScheduleSlot.objects.filter(pk=row.pk).update(run=run)
    return 1
