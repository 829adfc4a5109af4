"""The team page: backlog, pace and forecast, limits, corrections and time to decide. Nobody is ranked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role, user_has_role
from console.cases.models import Queue
from console.cases.selectors import queue_rows, queues_led_by
from console.insights.flow_history import flow_by_hour, forecast
from console.insights.team import time_to_decide
from console.ui.access import page_for, person
from console.ui.queue_pages import line_of
from console.ui.team_cards import team_cards
from console.ui.team_charts import flow_chart, time_bars
from console.ui.team_quality import quality_context
from scoring.registry import KINDS

PERIODS = {"1": "Today", "7": "7 days", "14": "14 days"}


@require_safe
@never_cache
@page_for(Role.LEAD, Role.POLICY, Role.ADMIN)
def index(request: HttpRequest) -> HttpResponse:
    period = request.GET.get("days", "7")
    days = int(period) if period in PERIODS else 7
    kind = request.GET.get("kind", "")
    queues = _queues(request, kind)
    ids = [queue.pk for queue in queues]
    hours = flow_by_hour(queues, hours=24 * days)
    ahead = forecast(flow_by_hour(queues, hours=24 * 14))
    times = time_to_decide(ids, days=days)
    context: dict[str, Any] = {
        "periods": PERIODS.items(), "days": str(days), "kind": kind if kind in KINDS else "", "kinds": KINDS.values(),
        "cards": team_cards(ids, days=days),
        "hours": hours, "ahead": ahead, "chart": flow_chart(hours, ahead), "flow_sum": _flow_words(hours, ahead),
        "lines": [line_of(row) for row in queue_rows(queues)], "times": times, "bars": time_bars(times),
        "may_check": any(user_has_role(person(request), role) for role in (Role.LEAD, Role.ADMIN)),
        **quality_context(kind if kind in KINDS else ""),
    }  # fmt: skip
    return render(request, "team/index.html", context)


def _queues(request: HttpRequest, kind: str) -> list[Queue]:
    queues = queues_led_by(person(request)).filter(archived_at=None)
    return list(queues.filter(kind=kind) if kind in KINDS else queues)


def _flow_words(hours: Any, ahead: Any) -> str:
    arrived, closed = sum(row.arrived for row in hours), sum(row.closed for row in hours)
    first = f"{arrived:,} came, {closed:,} were closed, {hours[-1].waiting:,} wait now."
    if not ahead:
        return f"{first} A forecast needs two whole days of history."
    last = ahead[-1]
    return f"{first} This time tomorrow about {last.waiting:,.0f} will wait ({last.low:,.0f} to {last.high:,.0f})."
