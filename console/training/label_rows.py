"""Reads for the page of labels: items with labels, newest first, by keyset; counts; what is chosen and doubted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from console.common.errors import Invalid
from console.intake.models import Item
from console.training.consensus import Labelled, labels_of_items
from console.training.models import Doubt, LabelWork
from console.verdicts.models import Label

PAGE = 50
COUNTED = 100_000  # newest labels of a kind that are counted: what it takes has a bound
_COUNTS = """
SELECT source, name, count(*), sum(value), count(DISTINCT item_id) FROM (
    SELECT l.source, l.name, l.value, l.item_id FROM verdicts_label l JOIN intake_item i ON i.id = l.item_id
    WHERE NOT l.withdrawn AND i.kind = %s ORDER BY l.id DESC LIMIT %s
) newest GROUP BY GROUPING SETS ((source, name), (source))
"""
FILTERS = ("label", "source", "disputed", "blind")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFilter:
    """Empty asks nothing. `disputed`: two events of a label say different things; `blind`: without a model's opinion in sight."""

    kind: str
    label: str = ""
    source: str = ""
    disputed: bool = False
    blind: bool = False

    @classmethod
    def read(cls, kind: str, given: Mapping[str, str]) -> LabelFilter:
        """Raises Invalid by field."""
        source, label = given.get("source", ""), given.get("label", "")
        errors: dict[str, list[str]] = {}
        if source and source not in Label.Source.values:
            errors["source"] = [f"Use one of {', '.join(Label.Source.values)}."]
        if len(label) > 64 or "\x00" in label:
            errors["label"] = ["A label has a name of 1 to 64 characters."]
        if errors:
            raise Invalid(errors, "Some filters cannot be used.")
        flags = {name: given.get(name, "") not in ("", "0", "false") for name in ("disputed", "blind")}
        return cls(kind=kind, label=label, source=source, **flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPage:
    rows: Sequence[tuple[Item, Sequence[Labelled]]]
    next_after: UUID | None


def label_page(asked: LabelFilter, *, after: UUID | None = None, limit: int = PAGE) -> LabelPage:
    events = _events(asked)
    if after is not None:
        events = events.filter(item_id__lt=after)
    ids = list(events.order_by("-item_id").values_list("item_id", flat=True).distinct()[: limit + 1])
    shown = ids[:limit]
    items = Item.objects.select_related("source").in_bulk(shown)
    labels = labels_of_items(shown, asked.kind)
    rows = [(items[pk], _of(labels.get(pk, ()), asked)) for pk in shown if pk in items and pk in labels]
    return LabelPage(rows=rows, next_after=shown[-1] if len(ids) > limit else None)


def _events(asked: LabelFilter) -> QuerySet[Label]:
    events = Label.objects.filter(withdrawn=False, item__kind=asked.kind)
    if asked.label:
        events = events.filter(name=asked.label)
    if asked.source:
        events = events.filter(source=asked.source)
    if asked.blind:
        events = events.filter(model_visible=False)
    if asked.disputed:
        same = Label.objects.filter(item=OuterRef("item"), name=OuterRef("name"), withdrawn=False)
        events = events.filter(value=1).filter(Exists(same.filter(value=0)))
    return events


def _of(labels: Sequence[Labelled], asked: LabelFilter) -> Sequence[Labelled]:
    """What was asked for first."""
    return sorted(labels, key=lambda one: (one.name != asked.label, not one.agreed.disputed, not one.agreed.value, one.name))


def label_counts(kind: str) -> list[dict[str, Any]]:
    """[{"source", "names": {name: [of, ones]}, "items", "labels"}] of the newest COUNTED labels, the largest source first."""
    found: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [kind, COUNTED])
        for source, name, labels, ones, items in cursor.fetchall():
            row = found.setdefault(source, {"source": source, "names": {}, "items": 0, "labels": 0})
            if name is None:
                row |= {"items": items, "labels": labels}
            else:
                row["names"][name] = [labels, ones]
    return sorted(found.values(), key=lambda row: -row["items"])


def doubts_page(work: LabelWork, *, after: tuple[float, int] | None = None, limit: int = PAGE) -> tuple[list[Doubt], bool]:
    """The least likely first; and whether there are more."""
    rows = Doubt.objects.filter(work=work).select_related("item__source", "case").order_by("chance", "pk")
    if after is not None:
        rows = rows.filter(chance__gte=after[0]).exclude(chance=after[0], pk__lte=after[1])
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit


def doubts_open(ids: Collection[int], kind: str) -> list[Doubt]:
    return list(Doubt.objects.filter(pk__in=ids, case=None, work__kind=kind).select_related("item__source").order_by("pk"))
