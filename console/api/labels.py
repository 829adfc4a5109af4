"""Labels and the frozen data sets that models learnt from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel, Field
from rest_framework.request import Request

from console.accounts.models import Source
from console.api.base import OWNERS, Answer, ApiView
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.api.schemas import PageOut
from console.api.shapes import sealed_from
from console.cases.selectors import kinds_closed_to
from console.common.errors import Invalid, NotFound
from console.quality.gold import golds_hidden_from
from console.training.models import Snapshot
from console.verdicts.models import Label
from scoring.registry import KINDS

_KIND = OpenApiParameter("kind", str, enum=list(KINDS))
_SOURCE = OpenApiParameter("source", str, enum=list(Label.Source.values))
_NAME = OpenApiParameter("label", str, description="The name of a label.")


class LabelOut(BaseModel):
    id: int
    item: UUID
    kind: str
    label: str
    value: int = Field(description="1: it holds, 0: it does not")
    source: str
    model_visible: bool = Field(description="Given with a model's opinion in sight: trains, never tests")
    propensity: float | None = Field(description="The chance with which the item was drawn to be labelled; null where nobody drew it")
    weight: float
    created_at: datetime


class LabelPage(PageOut):
    results: list[LabelOut]


class SnapshotOut(BaseModel):
    hash: str = Field(description="SHA-256 of the frozen file")
    kind: str
    counts: dict[str, Any]
    card: dict[str, Any] = Field(description="How it was divided and which checks for leaks held")
    created_at: datetime


class SnapshotPage(PageOut):
    results: list[SnapshotOut]


def _one_of(request: Request, name: str, choices: list[str]) -> str:
    given = request.query_params.get(name, "")
    if given and given not in choices:
        raise Invalid({name: [f"Use one of {', '.join(choices)}."]})
    return given


def label_row(label: Label) -> dict[str, Any]:
    return {
        "id": label.pk, "item": label.item_id, "kind": label.item.kind, "label": label.name, "value": label.value, "source": label.source,
        "model_visible": label.model_visible, "propensity": label.propensity, "weight": label.weight, "created_at": label.created_at,
    }  # fmt: skip


def _unnamed(card: dict[str, Any]) -> dict[str, Any]:
    """What was found of leaks without the accounts, conversations and items in which it was found: they may be another source's."""
    told: dict[str, Any] = {}
    if "checks" in card:
        told["checks"] = [{**check, "found": []} for check in card["checks"]]
    if "refused" in card:
        told["refused"] = "The parts did not hold what they must."
    return told


def snapshot_row(snapshot: Snapshot, source: Source | None) -> dict[str, Any]:
    """Corners of the labels are counted, not named: who gave a label is told on the pages, to whom it is told at all. A token bound to
    a source is told of no other."""
    counts = dict(snapshot.counts)
    if source is not None:
        counts["platforms"] = {name: count for name, count in counts.get("platforms", {}).items() if name == source.slug}
    card = dict(snapshot.card)
    if source is not None:
        card |= _unnamed(card)
    if doubts := card.pop("doubts", None):
        card["doubts"] = {"looked": doubts["looked"], "doubted": doubts["doubted"], "slices": len(doubts["slices"])}
    return {
        "hash": snapshot.content_hash, "kind": snapshot.kind, "counts": counts, "card": card, "created_at": snapshot.created_at
    }  # fmt: skip


class Labels(ApiView):
    roles = {"GET": OWNERS}

    @described("Label events that were not withdrawn, newest first", {200: LabelPage}, tag="labels", name="labels_list", problems=[400],
               parameters=[_KIND, _SOURCE, _NAME, *CURSOR])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        caller = self.caller()
        rows = Label.objects.filter(withdrawn=False).select_related("item").exclude(item__kind__in=kinds_closed_to(caller.user))
        rows = caller.visible(rows, "item__source_id")
        rows = rows.exclude(source=Label.Source.GOLD, item__in=golds_hidden_from(caller.user).values("item"))
        if kind := _one_of(request, "kind", list(KINDS)):
            rows = rows.filter(item__kind=kind)
        if source := _one_of(request, "source", list(Label.Source.values)):
            rows = rows.filter(source=source)
        name = request.query_params.get("label", "")
        if "\x00" in name:
            raise Invalid({"label": ["It must not contain the NUL character."]})
        body = page_by_id(request, rows.filter(name=name) if name else rows, label_row)
        sealed = sealed_from(caller, {row["item"] for row in body["results"]})
        body["results"] = [row for row in body["results"] if row["item"] not in sealed]  # the caller may be asked the same, blind
        return Answer(body)


class Snapshots(ApiView):
    roles = {"GET": OWNERS}

    @described("Frozen data sets, newest first", {200: SnapshotPage}, tag="labels", name="snapshots_list", problems=[400],
               parameters=[_KIND, *CURSOR])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        caller = self.caller()
        rows = Snapshot.objects.exclude(kind__in=kinds_closed_to(caller.user))
        kind = _one_of(request, "kind", list(KINDS))
        return Answer(page_by_id(request, rows.filter(kind=kind) if kind else rows, lambda row: snapshot_row(row, caller.source)))


class SnapshotOne(ApiView):
    roles = {"GET": OWNERS}

    @described("One frozen data set with its card", {200: SnapshotOut}, tag="labels", name="snapshots_get", problems=[404])
    def get(self, request: Request, digest: str) -> HttpResponse:
        caller = self.caller()
        rows = Snapshot.objects.exclude(kind__in=kinds_closed_to(caller.user))
        snapshot = rows.filter(content_hash=digest.replace("\x00", "")).first()
        if snapshot is None:
            raise NotFound("There is no such data set.")
        return Answer(snapshot_row(snapshot, caller.source))
