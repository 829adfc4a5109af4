"""Schedules: retrain a kind by cron, with the next times shown before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.common.clock import db_now
from console.common.errors import DomainError, Invalid
from console.training.models import Schedule
from console.training.schedules import (
    schedule_create,
    schedule_remove,
    schedule_switch,
    schedule_times,
    schedule_words,
)
from console.ui.access import page_for, person
from console.ui.models_pages import OWNERS, READERS, frame, kind_or_404
from console.ui.problems import sentence_of

EXAMPLES = (("0 3 * * 1", "Mondays at 03:00"), ("30 2 * * *", "every night at 02:30"), ("0 4 1 * *", "the first of each month at 04:00"))
BLANK = {"cron": "0 3 * * 1", "time_zone": "UTC", "trainer": ""}


def preview_of(cron: str, time_zone: str) -> dict[str, Any]:
    """The schedule in words and its next five times, or what is wrong with each field."""
    try:
        times = schedule_times(cron, time_zone, after=db_now())
        # Formatted here: a template would turn them into the time zone of the installation.
        return {"words": schedule_words(cron), "times": [f"{t:%a} {t.day} {t:%b %Y, %H:%M} {t.tzname()}" for t in times], "errors": {}}
    except Invalid as error:
        return {"words": "", "times": [], "errors": error.fields}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*READERS)
def schedules(request: HttpRequest, name: str) -> HttpResponse:
    kind = kind_or_404(name)
    values, errors = dict(BLANK), {}
    if request.method == "POST":
        context = frame(request, kind)
        if not context["may_change"]:
            return render(request, "403.html", {"exception": "Schedules are for policy and admin."}, status=403)
        values = {field: request.POST.get(field, "").strip()[:100] for field in BLANK}
        try:
            schedule_create(kind=name, user=person(request), **values)
        except Invalid as error:
            errors = error.fields
        else:
            messages.success(request, "The schedule is saved.")
            return redirect("models:schedules", name)
    rows = [
        {"schedule": s, **preview_of(s.cron, s.time_zone), "last": s.slots.select_related("run").order_by("-slot").first()}
        for s in Schedule.objects.filter(kind=name).order_by("pk")
    ]
    shown = preview_of(values["cron"], values["time_zone"])
    context = {
        **frame(request, kind), "rows": rows, "values": values, "errors": errors, "preview": {**shown, "errors": {}} if errors else shown,
        "examples": EXAMPLES,
    }  # fmt: skip
    return render(request, "models/schedules.html", context, status=422 if errors else 200)


@require_safe
@never_cache
@page_for(*READERS)
def preview(request: HttpRequest, name: str) -> HttpResponse:
    kind_or_404(name)
    shown = preview_of(request.GET.get("cron", "")[:100], request.GET.get("time_zone", "UTC")[:64])
    return render(request, "models/preview.html", {"preview": shown})


@require_POST
@page_for(*OWNERS)
def change(request: HttpRequest, name: str, schedule_id: int) -> HttpResponse:
    """Pause, resume or remove."""
    kind_or_404(name)
    what = request.POST.get("what", "")
    try:
        if what == "remove":
            schedule_remove(schedule_id=schedule_id, user=person(request))
        else:
            schedule_switch(schedule_id=schedule_id, is_active=what == "resume", user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    else:
        done = {"remove": "The schedule is removed.", "resume": "The schedule runs again."}
        messages.success(request, done.get(what, "The schedule is paused."))
    return redirect("models:schedules", name)
