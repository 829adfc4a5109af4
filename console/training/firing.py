"""Find what has come to pass and ask for the run, once for each cause, however many sweeps look at it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from console.alerts.outside import told_outside
from console.alerts.selectors import alerts_open
from console.audit.services import audit_append
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid
from console.training.fresh import labels_since
from console.training.models import Firing, Trigger
from console.training.runs import run_ask
from console.training.schedules import schedule_slots

log = logging.getLogger(__name__)
LATE = timedelta(hours=1)  # a time missed by more (the machine was off) is not made up for
DRIFT_CODES = ("score_drift", "feature_drift", "label_shift")
BAND_CODES = ("band_lost",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    key: str
    at: datetime
    reason: str  # continues "It was trained ..."


def triggers_fire() -> int:
    """Ask for the runs whose cause has come; returns how many causes there were. Called by the sweep, as often as it likes."""
    now, fired = db_now(), 0
    for trigger in Trigger.objects.filter(is_active=True).order_by("pk"):
        try:
            cause = None if _rests(trigger, now) else FINDERS[trigger.cause](trigger, now)
        except Invalid as error:  # the time zone left the system's list, say: the other triggers go on
            log.error("trigger %s cannot be read: %s", trigger.pk, error.fields)
            continue
        if cause is not None:
            fired += _fire(trigger, cause)
    return fired


def _rests(trigger: Trigger, now: datetime) -> bool:
    return bool(trigger.rest_hours) and trigger.firings.filter(at__gt=now - timedelta(hours=trigger.rest_hours)).exists()


def _by_time(trigger: Trigger, now: datetime) -> Cause | None:
    """The newest time that has come and was not fired; older ones that were missed are passed over."""
    last = trigger.firings.order_by("-at").values_list("at", flat=True).first()
    after = max(filter(None, (last, trigger.since, now - LATE)))
    due = None
    for slot in schedule_slots(trigger.cron, trigger.time_zone, after):
        if slot > now:
            break
        due = slot
    if due is None:
        return None
    reason = f"by its schedule, {due:%A} {due.day} {due:%B}, {due:%H:%M} {due.tzname()}"
    return Cause(key=f"{due.astimezone(UTC):%Y-%m-%dT%H:%MZ}", at=due, reason=reason)


def _by_labels(trigger: Trigger, now: datetime) -> Cause | None:
    """So many since the last snapshot. A run that ended before it took them in is asked for again after as many more."""
    fresh = labels_since(trigger.kind)
    if not trigger.labels or fresh.count < trigger.labels:
        return None
    since = f"since {fresh.since.day} {fresh.since:%B}" if fresh.since else "so far"
    key = f"{fresh.snapshot_id or 0}:{fresh.count // trigger.labels}"
    return Cause(key=key, at=now, reason=f"because {fresh.count:,} new labels came {since}")


def _by_alert(codes: tuple[str, ...]) -> Callable[[Trigger, datetime], Cause | None]:
    def find(trigger: Trigger, now: datetime) -> Cause | None:
        """The oldest open alert of these that has not fired yet."""
        done = trigger.firings.values("key")
        for alert in alerts_open(kind=trigger.kind).filter(code__in=codes).order_by("raised_at"):
            if not done.filter(key=str(alert.pk)).exists():
                return Cause(key=str(alert.pk), at=now, reason=f"because of an alert: {told_outside(alert)['sentence']}")
        return None

    return find


FINDERS: Mapping[str, Callable[[Trigger, datetime], Cause | None]] = {
    Trigger.Cause.TIME: _by_time, Trigger.Cause.LABELS: _by_labels, Trigger.Cause.DRIFT: _by_alert(DRIFT_CODES),
    Trigger.Cause.BAND: _by_alert(BAND_CODES),
}  # fmt: skip


def _fire(trigger: Trigger, cause: Cause) -> int:
    reason = cause.reason[:300]
    with transaction.atomic():
        firing, new = Firing.objects.get_or_create(trigger=trigger, key=cause.key, defaults={"at": cause.at, "reason": reason})
        if not new:
            return 0
        try:
            with transaction.atomic():
                run, asked = run_ask(kind=trigger.kind, trainer=trigger.trainer, trigger=trigger.cause, reason=reason)
        except (Conflict, Invalid) as error:
            run, asked, note = None, False, str(error)[:300]
        else:
            note = "" if asked else "A run that had not begun takes the same labels in."
        Firing.objects.filter(pk=firing.pk).update(run=run, note=note)
        data = {"kind": trigger.kind, "cause": trigger.cause, "reason": reason, "run": str(run.pk) if run else None, "note": note}
        audit_append(actor="system", verb="trigger.fired", subject=f"trigger:{trigger.pk}", data=data)
    return 1
