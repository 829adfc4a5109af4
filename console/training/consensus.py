"""The label events of items and what they add up to: what training reads, and the page of labels shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.quality.selectors import gold_item_ids, reviewer_weights
from console.verdicts.models import Label
from scoring.consensus import Consensus, Voice, consensus

EVENT = (
    "item_id", "name", "value", "source", "model_visible", "weight", "spans", "reviewer_id", "propensity", "created_at",
    "reviewer__username",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A label of an item: its events, the oldest first, and their consensus."""

    item_id: UUID
    name: str
    events: list[dict[str, Any]]
    agreed: Consensus


def events_standing() -> QuerySet[Label]:
    """That were not withdrawn and cannot be undone any more."""
    return Label.objects.filter(withdrawn=False).filter(Q(verdict=None) | Q(verdict__undo_until__lte=Now()))


def events_to_learn(kind: str) -> QuerySet[Label]:
    """Items whose answer is known are left out: who is measured by them must not be measured by a model that learnt them."""
    known = gold_item_ids(kind) | set(Label.objects.filter(source=Label.Source.GOLD, item__kind=kind).values_list("item_id", flat=True))
    return events_standing().filter(item__kind=kind).exclude(item_id__in=known)


def labels_agreed(events: QuerySet[Label], kind: str) -> Iterator[Labelled]:
    """In the order of items and names. `events` of one kind."""
    weights = reviewer_weights(kind)
    rows = events.order_by("item_id", "name", "id").values(*EVENT).iterator(chunk_size=5000)
    for (item_id, name), group in groupby(rows, key=lambda row: (row["item_id"], row["name"])):
        found = list(group)
        voices = [voice_of(row, weights.get(row["reviewer_id"], 1.0)) for row in found]
        yield Labelled(item_id=item_id, name=name, events=found, agreed=consensus(voices))


def labels_of_items(items: Collection[UUID], kind: str) -> dict[UUID, list[Labelled]]:
    found: dict[UUID, list[Labelled]] = {}
    for label in labels_agreed(events_standing().filter(item_id__in=items), kind):
        found.setdefault(label.item_id, []).append(label)
    return found


def voice_of(row: dict[str, Any], reliability: float) -> Voice:
    """A person speaks once, whatever they were asked for; a source without a person (a file, the world) likewise."""
    who = f"user:{row['reviewer_id']}" if row["reviewer_id"] else row["source"]
    return Voice(
        value=row["value"], source=row["source"], who=who, weight=row["weight"] * reliability, model_visible=row["model_visible"]
    )
