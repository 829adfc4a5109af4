"""Alerts: what needs attention now, since when and what to do; and what did before."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role
from console.alerts.selectors import alerts_history, alerts_open
from console.ui.access import page_for
from console.ui.alert_words import Told, told
from scoring.registry import KINDS

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
PAGE = 30
LEVELS = ("critical", "warning", "notice")


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    """Open ones all at once, past ones by keyset: there are few of the former."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    past = alerts_history(kind=kind or None).filter(cleared_at__isnull=False).order_by("-pk")
    if before := _id(request.GET.get("before", "")):
        past = past.filter(pk__lt=before)
    found = list(past[: PAGE + 1])
    chosen = f"kind={kind}&" if kind else ""
    context = {
        "kind": kind, "kinds": KINDS.values(), "rows": [] if before else _open(kind or None),
        "past": [told(alert) for alert in found[:PAGE]], "before": before,
        "older": f"{chosen}before={found[PAGE - 1].pk}" if len(found) > PAGE else "", "newer": f"{chosen}before=" if before else "",
    }  # fmt: skip
    return render(request, "alerts/list.html", context)


def _open(kind: str | None) -> list[Told]:
    """What cannot wait first; of one level, the newest."""
    return sorted((told(alert) for alert in alerts_open(kind=kind)), key=lambda row: LEVELS.index(row.alert.level))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
