"""What the runs of a kind may take: threads, memory, time, disk, and the search for settings."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console.common.errors import Invalid
from console.training.limits import BOUNDS, limits_of
from console.training.services import limits_change
from console.ui.access import page_for, person
from console.ui.models_pages import READERS, frame, kind_or_404

FIELDS = (
    ("minutes", "Minutes a run may take", "Counted from each start. A run that is over its time is stopped and says so."),
    ("memory_mb", "Memory, in MB", "More than this and the run fails instead of the machine. Files that are mapped do not count."),
    ("threads", "Threads", "One gives the same model for the same seed everywhere. More may round differently."),
    ("disk_mb", "Free disk, in MB", "Looked at before the run begins and before it writes."),
    ("search_minutes", "Minutes to search for settings", "0 keeps the trainer’s own. Tried on the part to train on, never on the test."),
)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@page_for(*READERS)
def limits(request: HttpRequest, name: str) -> HttpResponse:
    kind = kind_or_404(name)
    around = frame(request, kind)
    now = limits_of(name)
    values = {field: str(getattr(now, field)) for field in BOUNDS}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        if not around["may_change"]:
            return render(request, "403.html", {"exception": "Limits are for policy and admin."}, status=403)
        values = {field: request.POST.get(field, "").strip()[:12] for field in BOUNDS}
        try:
            limits_change(
                kind=name, user=person(request), **{field: int(v) if v.isdecimal() else -1 for field, v in values.items()}
            )  # fmt: skip
        except Invalid as error:
            errors = error.fields
        else:
            messages.success(request, "The limits are saved. They hold from the next run on.")
            return redirect("models:limits", name)
    fields = [{"name": f, "title": t, "help": h, "value": values[f], "errors": errors.get(f, ())} for f, t, h in FIELDS]
    spaces = [(trainer, [(name, ", ".join(f"{v:g}" for v in tried)) for name, tried in kind.spaces.get(trainer, {}).items()])
              for trainer in kind.trainers]  # fmt: skip
    free = shutil.disk_usage(settings.HOME).free // 1024**2
    context = {**around, "fields": fields, "now": now, "free": free, "spaces": spaces}
    return render(request, "models/limits.html", context, status=422 if errors else 200)
