"""What makes a kind be retrained by itself, written in the browser or over the API: made, changed, paused, removed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid, NotFound
from console.training.models import Trigger
from console.training.runs import actor_name
from console.training.schedules import schedule_check
from scoring.registry import KINDS

LEAST_LABELS, MOST_LABELS = 20, 1_000_000
REST_HOURS = range(1, 24 * 60 + 1)  # of what is not a time: a cause that stays must not start a run each minute
MOST = 20  # of one kind


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerForm:
    """What somebody wrote. What does not belong to the cause is left out when it is kept."""

    cause: str = "time"
    trainer: str = ""
    cron: str = ""
    time_zone: str = "UTC"
    labels: int | None = None
    rest_hours: int = 24


def trigger_create(*, kind: str, form: TriggerForm, user: User | None = None) -> Trigger:
    """Raises Invalid with every field that is not right, Conflict when the kind has too many."""
    fields = _checked(kind, form)
    with transaction.atomic():
        if Trigger.objects.filter(kind=kind).count() >= MOST:
            raise Conflict(f"There are {MOST} already. Remove one first.", code="too_many_triggers")
        trigger = Trigger.objects.create(kind=kind, created_by=user, **fields)
        audit_append(actor=actor_name(user), verb="trigger.created", subject=f"trigger:{trigger.pk}", data={"kind": kind, **fields})
    trigger.refresh_from_db()
    return trigger


def trigger_change(*, trigger_id: int, form: TriggerForm, user: User | None) -> Trigger:
    """From now on: a time that came before the change does not fire. Raises NotFound, Invalid."""
    kind = trigger_one(trigger_id).kind
    fields = _checked(kind, form)
    with transaction.atomic():
        if not Trigger.objects.filter(pk=trigger_id).update(since=Now(), **fields):
            raise NotFound("This is not there any more.")
        audit_append(actor=actor_name(user), verb="trigger.changed", subject=f"trigger:{trigger_id}", data={"kind": kind, **fields})
    return trigger_one(trigger_id)


def trigger_remove(*, trigger_id: int, user: User | None) -> None:
    with transaction.atomic():
        if not Trigger.objects.filter(pk=trigger_id).delete()[0]:
            raise NotFound("This is not there any more.")
        audit_append(actor=actor_name(user), verb="trigger.removed", subject=f"trigger:{trigger_id}")


def trigger_switch(*, trigger_id: int, is_active: bool, user: User | None) -> None:
    """Pause it, or let it run again."""
    with transaction.atomic():
        if not Trigger.objects.filter(pk=trigger_id, is_active=not is_active).update(is_active=is_active):
            raise Conflict("This was changed already, or is not there any more.", code="trigger_changed")
        audit_append(actor=actor_name(user), verb="trigger.switched", subject=f"trigger:{trigger_id}", data={"is_active": is_active})


def trigger_one(trigger_id: int) -> Trigger:
    """Raises NotFound."""
    trigger = Trigger.objects.select_related("created_by").filter(pk=trigger_id).first()
    if trigger is None:
        raise NotFound("This is not there any more.")
    return trigger


def _checked(kind: str, form: TriggerForm) -> dict[str, object]:
    errors: dict[str, list[str]] = {}
    if kind not in KINDS:
        errors["kind"] = [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]
    elif form.trainer and form.trainer not in KINDS[kind].trainers:
        errors["trainer"] = [f"There is no trainer {form.trainer!r}; there are {', '.join(KINDS[kind].trainers)}."]
    if form.cause not in Trigger.Cause.values:
        errors["cause"] = [f"There is no cause {form.cause!r}; there are {', '.join(Trigger.Cause.values)}."]
    kept = _of_the_cause(form)
    if form.cause == Trigger.Cause.TIME:
        try:
            schedule_check(kept.cron, kept.time_zone, after=db_now())
        except Invalid as error:
            errors |= error.fields
    elif form.rest_hours not in REST_HOURS:
        errors["rest_hours"] = [f"Write {REST_HOURS[0]} to {REST_HOURS[-1]} hours."]
    if form.cause == Trigger.Cause.LABELS and not LEAST_LABELS <= (form.labels or 0) <= MOST_LABELS:
        errors["labels"] = [f"Write a number from {LEAST_LABELS} to {MOST_LABELS:,}."]
    if errors:
        raise Invalid(errors, "This cannot be saved.")
    return asdict(kept)


def _of_the_cause(form: TriggerForm) -> TriggerForm:
    if form.cause == Trigger.Cause.TIME:
        return replace(form, cron=" ".join(form.cron.split()), labels=None, rest_hours=0)
    return replace(form, cron="", time_zone="UTC", labels=form.labels if form.cause == Trigger.Cause.LABELS else None)
