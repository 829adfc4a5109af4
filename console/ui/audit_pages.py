"""The audit trail: who did what, newest first, and how far it is sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import Role
from console.audit.models import AuditRow
from console.ui.access import page_for

READERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
PAGE = 50
FIELDS = ("actor", "verb", "subject", "since", "until")


@require_safe
@never_cache
@page_for(*READERS)
def index(request: HttpRequest) -> HttpResponse:
    values = {name: request.GET.get(name, "").replace("\x00", "").strip()[:150] for name in FIELDS}
    rows = _filtered(AuditRow.objects.order_by("-pk"), values)
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    older, newer = request.GET.copy(), request.GET.copy()
    older["before"] = str(found[PAGE - 1].pk) if len(found) > PAGE else ""
    newer.pop("before", None)
    context = {
        "rows": [{"row": row, "machine": row.actor.split(":")[0] in ("machine", "system"), "item": _item_of(row)} for row in found[:PAGE]],
        "values": values, "filtered": any(values.values()), "older": older.urlencode() if older["before"] else "",
        "newer": (newer.urlencode() or "actor=") if before else "", "unsealed": AuditRow.objects.filter(seal_seq__isnull=True).count(),
        "sealed": AuditRow.objects.aggregate(top=Max("seal_seq"))["top"] or 0,
    }  # fmt: skip
    return render(request, "audit/list.html", context)


def _filtered(rows: QuerySet[AuditRow], values: dict[str, str]) -> QuerySet[AuditRow]:
    """Starts of names, so that "case." finds every change of cases and "user:" every person."""
    if values["actor"]:
        name = values["actor"]
        rows = rows.filter(actor__startswith=name) if ":" in name or name == "system" else rows.filter(actor__endswith=f":{name}")
    if values["verb"]:
        rows = rows.filter(verb__startswith=values["verb"])
    if values["subject"]:
        rows = _about(rows, values["subject"])
    if since := _day(values["since"]):
        rows = rows.filter(at__gte=since)
    if until := _day(values["until"]):
        rows = rows.filter(at__lt=until)
    return rows


def _about(rows: QuerySet[AuditRow], text: str) -> QuerySet[AuditRow]:
    """An item's id finds everything that happened to it."""
    try:
        return rows.filter(item_id=UUID(text.removeprefix("item:")))
    except ValueError:
        return rows.filter(subject__startswith=text)


def _day(text: str) -> datetime | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime(found.year, found.month, found.day)) if found else None  # noqa: DTZ001  (made aware here)


def _item_of(row: AuditRow) -> Any:
    return row.item_id
