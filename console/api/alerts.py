"""Alerts, and the readings that they come from. A token bound to a source is told of no other by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel, Field
from rest_framework.request import Request

from console.alerts.models import Alert
from console.alerts.outside import told_outside
from console.api.base import OWNERS, Answer, ApiView
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.api.schemas import PageOut
from console.api.training import KIND, kind_of
from console.common.errors import Invalid
from console.watch.models import DriftReading, SliceReading

STATES = ("open", "over")


class AlertOut(BaseModel):
    id: UUID
    code: str
    kind: str
    subject: str
    level: Literal["notice", "warning", "critical"]
    sentence: str = Field(description="To a token of a source without what it quotes of items, accounts, paths or people.")
    data: dict[str, Any]
    raised_at: datetime
    seen_at: datetime
    cleared_at: datetime | None
    why_cleared: str


class AlertPage(PageOut):
    results: list[AlertOut]


class DriftOut(BaseModel):
    id: int
    kind: str
    model: str
    what: str
    since: datetime
    until: datetime
    reference_items: int
    items: int
    psi: float
    psi_by_chance: float
    ks: float | None
    p: float
    level: Literal["low", "near", "high"]
    alarmed: bool
    bars: list[tuple[str, float, float]]


class DriftPage(PageOut):
    results: list[DriftOut]


class SliceOut(BaseModel):
    id: int
    kind: str
    model: str
    cut: str
    name: str
    measure: Literal["false_allow", "false_enforce", "overturn", "review"]
    hits: int
    of: int
    rest_hits: int
    rest_of: int
    share: float = Field(description="Of all that came: each answer stands for 1 / the chance with which it was asked for")
    worth: float = Field(description="So many equally likely answers would say as much: what its range rests on")
    rest_share: float
    rest_worth: float
    apart: bool
    alarmed: bool
    since: datetime
    until: datetime


class SlicePage(PageOut):
    results: list[SliceOut]


def _row(row: Any, fields: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields.model_fields}


class Alerts(ApiView):
    roles = {"GET": OWNERS}

    @described(
        "Alerts, newest first", {200: AlertPage}, tag="watch", name="alerts_list", problems=[400],
        parameters=[KIND, OpenApiParameter("state", str, enum=STATES, description="Both when it is not said."), *CURSOR],
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        rows: QuerySet[Alert] = Alert.objects.filter(**kind_of(request))
        state = request.query_params.get("state", "")
        if state and state not in STATES:
            raise Invalid({"state": [f"It is one of {', '.join(STATES)}."]})
        rows = rows.filter(cleared_at__isnull=state == "open") if state else rows
        bound = self.caller().source is not None
        return Answer(page_by_id(request, rows, lambda row: {**_row(row, AlertOut), **(told_outside(row) if bound else {})}))


class Drift(ApiView):
    roles = {"GET": OWNERS}

    @described(
        "Readings of drift, newest first", {200: DriftPage}, tag="watch", name="drift_list", problems=[400], parameters=[KIND, *CURSOR]
    )
    def get(self, request: Request) -> HttpResponse:
        rows = DriftReading.objects.select_related("reference").filter(**kind_of(request))
        if self.caller().source is not None:
            rows = rows.exclude(reference__what="source")  # its bars are the sources
        return Answer(page_by_id(request, rows, _drift_row))


def _drift_row(row: DriftReading) -> dict[str, Any]:
    plain = ("id", "kind", "since", "until", "psi", "ks", "p", "level", "alarmed", "bars")
    named = {"model": row.reference.model, "what": row.reference.what, "reference_items": row.reference.n, "items": row.n}
    return {**{name: getattr(row, name) for name in plain}, **named, "psi_by_chance": row.chance}


class Slices(ApiView):
    roles = {"GET": OWNERS}

    @described(
        "How each group of a kind fares, newest first", {200: SlicePage}, tag="watch", name="slices_list", problems=[400],
        parameters=[KIND, *CURSOR],
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        rows, source = SliceReading.objects.filter(**kind_of(request)), self.caller().source
        if source is not None:
            rows = rows.filter(~Q(cut="Source") | Q(name=source.slug))
        return Answer(page_by_id(request, rows, lambda row: _row(row, SliceOut)))
