"""What makes a kind be retrained by itself: times, new labels, drift, automation that was lost; with what comes of it shown first."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.alerts.selectors import alerts_open
from console.common.clock import db_now
from console.common.errors import DomainError, Invalid
from console.training.firing import BAND_CODES, DRIFT_CODES
from console.training.fresh import labels_since
from console.training.models import Firing, Trigger
from console.training.schedules import schedule_times, schedule_words
from console.training.services import trigger_change, trigger_create, trigger_remove, trigger_switch
from console.training.triggers import TriggerForm
from console.ui.access import page_for, person
from console.ui.models_pages import OWNERS, READERS, frame, kind_or_404
from console.ui.problems import sentence_of

EXAMPLES = (("0 3 * * 1", "Mondays at 03:00"), ("30 2 * * *", "every night at 02:30"), ("0 4 1 * *", "the first of each month at 04:00"))
CAUSES = (
    ("time", "At a time"), ("labels", "When so many new labels came"), ("drift", "When something drifts"),
    ("band", "When automation was lost"),
)  # fmt: skip
BLANK = {"cause": "time", "cron": "0 3 * * 1", "time_zone": "UTC", "trainer": "", "labels": "500", "rest_hours": "24"}
FIRED = 12


@cache
def zones() -> list[str]:
    """To choose from while writing: places, without the old names by offset."""
    return ["UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/")))]


def preview_of(values: dict[str, str], kind: str) -> dict[str, Any]:
    """In words, with its next five times or how near it is; or what is wrong with each field."""
    cause = values["cause"]
    if cause == "time":
        return _times(values["cron"], values["time_zone"])
    if cause == "labels":
        now = labels_since(kind).count
        return {"words": f"{now:,} new labels now.", "times": [], "errors": {}}
    codes = DRIFT_CODES if cause == "drift" else BAND_CODES
    open_ones = alerts_open(kind=kind).filter(code__in=codes).count()
    return {"words": f"{open_ones} such alert{'s are' if open_ones != 1 else ' is'} open now.", "times": [], "errors": {}}


def _times(cron: str, time_zone: str) -> dict[str, Any]:
    try:
        times = schedule_times(cron, time_zone, after=db_now())
        # Formatted here: a template would turn them into the time zone of the installation.
        return {"words": schedule_words(cron), "times": [f"{t:%a} {t.day} {t:%b %Y, %H:%M} {t.tzname()}" for t in times], "errors": {}}
    except Invalid as error:
        return {"words": "", "times": [], "errors": error.fields}


def _form(values: dict[str, str]) -> TriggerForm:
    numbers = {name: int(values[name]) if values[name].isdecimal() and len(values[name]) < 9 else -1 for name in ("labels", "rest_hours")}
    return TriggerForm(
        cause=values["cause"], trainer=values["trainer"], cron=values["cron"], time_zone=values["time_zone"], **numbers
    )  # fmt: skip


def _given(request: HttpRequest) -> dict[str, str]:
    return {field: request.POST.get(field, "").strip()[:100] for field in BLANK}


def _as_values(trigger: Trigger) -> dict[str, str]:
    kept = {"cause": trigger.cause, "cron": trigger.cron, "time_zone": trigger.time_zone, "trainer": trigger.trainer}
    kept |= {"labels": str(trigger.labels or ""), "rest_hours": str(trigger.rest_hours or "")}
    return {field: kept[field] or BLANK[field] for field in BLANK}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*READERS)
def triggers(request: HttpRequest, name: str) -> HttpResponse:
    """The list, and a form for a new one."""
    return _page(request, name, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*OWNERS)
def edit(request: HttpRequest, name: str, trigger_id: int) -> HttpResponse:
    """The same page with one of them in the form."""
    trigger = Trigger.objects.filter(kind=kind_or_404(name).name, pk=trigger_id).first()
    if trigger is None:
        raise Http404("This is not there any more.")
    return _page(request, name, trigger)


def _page(request: HttpRequest, name: str, edited: Trigger | None) -> HttpResponse:
    kind = kind_or_404(name)
    values, errors = _as_values(edited) if edited else dict(BLANK), {}
    if request.method == "POST":
        if not frame(request, kind)["may_change"]:
            return render(request, "403.html", {"exception": "Schedules are for policy and admin."}, status=403)
        values = _given(request)
        try:
            if edited is None:
                trigger_create(kind=name, form=_form(values), user=person(request))
            else:
                trigger_change(trigger_id=edited.pk, form=_form(values), user=person(request))
        except Invalid as error:
            errors = error.fields
        except DomainError as error:
            messages.error(request, sentence_of(error))
            return redirect("models:schedules", name)
        else:
            messages.success(request, "Saved. It counts from now on.")
            return redirect("models:schedules", name)
    shown = preview_of(values, name)
    context = {
        **frame(request, kind), "rows": _rows(name), "values": values, "errors": errors, "edited": edited,
        "preview": {**shown, "errors": {}} if errors else shown, "examples": EXAMPLES, "causes": CAUSES, "zones": zones(),
        "fired": Firing.objects.filter(trigger__kind=name).select_related("run", "trigger").order_by("-at", "-pk")[:FIRED],
    }  # fmt: skip
    return render(request, "models/triggers.html", context, status=422 if errors else 200)


def _rows(kind: str) -> list[dict[str, Any]]:
    found = Trigger.objects.filter(kind=kind).select_related("created_by").order_by("pk")
    return [
        {"trigger": t, **preview_of(_as_values(t), kind), "last": t.firings.select_related("run").order_by("-at", "-pk").first()}
        for t in found
    ]


@require_safe
@never_cache
@page_for(*READERS)
def preview(request: HttpRequest, name: str) -> HttpResponse:
    kind_or_404(name)
    values = {field: request.GET.get(field, blank)[:100] for field, blank in BLANK.items()}
    return render(request, "models/parts/runs_preview.html", {"preview": preview_of(values, name)})


@require_POST
@page_for(*OWNERS)
def change(request: HttpRequest, name: str, trigger_id: int) -> HttpResponse:
    """Pause, resume or remove."""
    kind_or_404(name)
    what = request.POST.get("what", "")
    try:
        if what == "remove":
            trigger_remove(trigger_id=trigger_id, user=person(request))
        else:
            trigger_switch(trigger_id=trigger_id, is_active=what == "resume", user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        done = {"remove": "It is removed.", "resume": "It watches again."}
        messages.success(request, done.get(what, "It is paused."))
    return redirect("models:schedules", name)
