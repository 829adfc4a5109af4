"""Insights: what an admin asks of the machine, one question after the other, a kind at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role
from console.insights.answers import answers_of
from console.insights.selectors import Day
from console.ui.access import page_for
from console.ui.insights_parts import parts_of
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
HEIGHT, STEP, BAR = 120.0, 40, 26


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    name = request.GET.get("kind", "")
    kind = KINDS[name if name in KINDS else next(iter(KINDS))]
    answers = answers_of(kind)
    context = {"kind": kind, "kinds": KINDS.values(), "answers": answers, "found": answers.days, "chart": _chart(answers.days.days)}
    return render(request, "insights/index.html", context | parts_of(answers))


@require_safe
@page_for(*READERS)
def moved(request: HttpRequest) -> HttpResponse:
    """The page was called the overview once."""
    asked = request.GET.urlencode()
    return redirect(f"{reverse('ui:insights')}{'?' if asked else ''}{asked}", permanent=True)


def _chart(days: list[Day]) -> dict[str, Any]:
    """Stacked bars in SVG units: kept at the foot, sent to people above it, enforced on top."""
    most = max([day.allowed + day.reviewed + day.enforced for day in days] + [1])
    bars = []
    for index, day in enumerate(days):
        top = HEIGHT
        parts = []
        for name, count in (("band-allow", day.allowed), ("band-human", day.reviewed), ("band-reject", day.enforced)):
            height = HEIGHT * count / most
            top -= height
            if count:
                parts.append({"class": name, "y": f"{top:.1f}", "height": f"{height:.1f}"})
        bars.append({"x": index * STEP + (STEP - BAR) // 2, "middle": index * STEP + STEP // 2, "day": day, "parts": parts})
    return {"bars": bars, "width": STEP * len(days), "bar": BAR, "most": most}
