"""How much was labelled since a kind's labels were last frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.training.models import Snapshot
from console.verdicts.models import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    count: int  # labels that were not withdrawn
    since: datetime | None = None  # None: never frozen
    snapshot_id: int | None = None


def labels_since(kind: str) -> Fresh:
    snapshot = Snapshot.objects.filter(kind=kind).order_by("-created_at", "-pk").first()
    labels = Label.objects.filter(item__kind=kind, withdrawn=False)
    if snapshot is None:
        return Fresh(count=labels.count())
    return Fresh(count=labels.filter(created_at__gt=snapshot.created_at).count(), since=snapshot.created_at, snapshot_id=snapshot.pk)
