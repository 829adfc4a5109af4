"""What begins runs by itself, and what runs may take."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from console.api.base import OWNERS, TRAINERS, Answer, ApiView, idempotent, read_body
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.api.run_shapes import (
    LimitsChange,
    LimitsOut,
    TriggerChange,
    TriggerIn,
    TriggerOut,
    TriggerPage,
    changed_form,
    limits_row,
    trigger_row,
)
from console.api.training import KIND, kind_of
from console.common.clock import db_now
from console.common.errors import Invalid, NotFound
from console.training.limits import limits_of
from console.training.models import Trigger
from console.training.schedules import schedule_times
from console.training.services import limits_change, trigger_change, trigger_create, trigger_remove, trigger_switch
from console.training.triggers import TriggerForm, trigger_one
from scoring.registry import KINDS


def _drawn(trigger: Trigger) -> dict[str, Any]:
    try:
        times = schedule_times(trigger.cron, trigger.time_zone, after=db_now()) if trigger.cron else []
    except Invalid:  # its zone left the system's list
        times = []
    return trigger_row(trigger, times, trigger.firings.order_by("-at", "-pk").first())


class Triggers(ApiView):
    roles = {"GET": OWNERS, "POST": TRAINERS}

    @described("What begins runs by itself", {200: TriggerPage}, tag="training", name="triggers_list", problems=[400],
               parameters=[KIND, *CURSOR])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        found = Trigger.objects.select_related("created_by").filter(**kind_of(request))
        return Answer(page_by_id(request, found, _drawn))

    @described("Retrain a kind at a time, by new labels, by drift or when automation is lost", {201: TriggerOut}, tag="training",
               name="triggers_create", body=TriggerIn, problems=[400, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        form = read_body(request, TriggerIn)
        asked = TriggerForm(**form.model_dump(exclude={"kind"}))
        return Answer(_drawn(trigger_create(kind=form.kind, form=asked, user=self.caller().user)), 201)


class TriggerOne(ApiView):
    roles = {"GET": OWNERS, "PATCH": TRAINERS, "DELETE": TRAINERS}

    @described("One of them", {200: TriggerOut}, tag="training", name="triggers_get", problems=[404])
    def get(self, request: Request, trigger_id: int) -> HttpResponse:
        return Answer(_drawn(trigger_one(trigger_id)))

    @described("Change, pause or resume it; it counts from now on", {200: TriggerOut}, tag="training", name="triggers_change",
               body=TriggerChange, problems=[400, 404, 422])  # fmt: skip
    def patch(self, request: Request, trigger_id: int) -> HttpResponse:
        change, user = read_body(request, TriggerChange), self.caller().user
        trigger = trigger_one(trigger_id)
        with transaction.atomic():
            if change.model_fields_set - {"is_active"}:
                trigger_change(trigger_id=trigger_id, form=changed_form(trigger, change), user=user)
            if change.is_active is not None and change.is_active != trigger.is_active:
                trigger_switch(trigger_id=trigger_id, is_active=change.is_active, user=user)
        return Answer(_drawn(trigger_one(trigger_id)))

    @described("Remove it", {204: None}, tag="training", name="triggers_remove", problems=[404])
    def delete(self, request: Request, trigger_id: int) -> HttpResponse:
        trigger_remove(trigger_id=trigger_id, user=self.caller().user)
        return Answer(status=204)


class Limits(ApiView):
    roles = {"GET": OWNERS, "PATCH": TRAINERS}

    @described("What the runs of a kind may take", {200: LimitsOut}, tag="training", name="run_limits_get", problems=[404])
    def get(self, request: Request, kind: str) -> HttpResponse:
        return Answer(limits_row(limits_of(_kind(kind))))

    @described("Change it, from the next run on", {200: LimitsOut}, tag="training", name="run_limits_change", body=LimitsChange,
               problems=[400, 404, 422])  # fmt: skip
    def patch(self, request: Request, kind: str) -> HttpResponse:
        given = read_body(request, LimitsChange).model_dump(exclude_none=True)
        if not given:
            raise Invalid({"": [f"Name at least one of {', '.join(LimitsChange.model_fields)}."]})
        return Answer(limits_row(limits_change(kind=_kind(kind), user=self.caller().user, **given)))


def _kind(name: str) -> str:
    if name not in KINDS:
        raise NotFound(f"There is no kind {name!r}.")
    return name
