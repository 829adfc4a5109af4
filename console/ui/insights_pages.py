"""Overview: how much was decided, by whom, and how often people changed the machine's mind."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role
from console.insights.selectors import Day, overview
from console.ui.access import page_for
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
HEIGHT, STEP, BAR = 120.0, 40, 26


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    name = request.GET.get("kind", "")
    kind = name if name in KINDS else ""
    found = overview(kind=kind)
    return render(request, "insights/overview.html", {"kind": kind, "kinds": KINDS.values(), "found": found, "chart": _chart(found.days)})


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
