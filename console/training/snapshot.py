"""Freeze the labels of a kind into a file: one JSON line an item, sorted, named by the hash of its bytes.

The order in which the database returns rows does not matter, and `sha256sum` proves a file. The past of an item is
frozen with it, so that training sees the same point in time as serving did.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from console.intake.history import scoring_items
from console.intake.models import Item
from console.training.consensus import Labelled, events_to_learn, labels_agreed
from console.training.counts import counts_of
from console.training.groups import group_names
from console.training.models import Snapshot
from console.training.prints import prints_of
from console.training.selectors import home_path
from console.verdicts.models import Label
from scoring.consensus import together
from scoring.kind import Kind
from scoring.types import Item as ScoringItem
from scoring.types import Json, as_json

CHUNK = 500
Line = dict[str, Json]


def snapshot_freeze(kind: Kind) -> tuple[Snapshot, list[Line]]:
    """The labels as they are now. The same labels give the same row and file, whenever this runs."""
    labels: dict[UUID, list[Labelled]] = {}
    for label in labels_agreed(events_to_learn(kind.name), kind.name):
        labels.setdefault(label.item_id, []).append(label)
    prints = prints_of(kind, list(labels))
    lines = sorted(_lines(labels), key=lambda line: str(line["id"]))
    for line, group in zip(lines, group_names(kind, lines, prints), strict=True):
        line["group"] = group
    body = "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines).encode()
    digest = hashlib.sha256(body).hexdigest()
    path = Path(settings.SNAPSHOTS_ROOT) / kind.name / f"{digest}.jsonl"
    write_atomically(path, body)
    snapshot, _ = Snapshot.objects.get_or_create(
        kind=kind.name, content_hash=digest,
        defaults={"path": str(path.relative_to(settings.HOME)), "counts": counts_of(kind, lines)},
    )  # fmt: skip
    return snapshot, lines


def snapshot_lines(snapshot: Snapshot) -> list[Line]:
    """Read a frozen file back. Raises ValueError when its bytes are not what was frozen."""
    body = home_path(snapshot.path).read_bytes()
    if hashlib.sha256(body).hexdigest() != snapshot.content_hash:
        raise ValueError(f"{snapshot.path} does not have the content that was frozen")
    return [json.loads(line) for line in body.splitlines()]


def write_atomically(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:20]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _lines(labels: dict[UUID, list[Labelled]]) -> Iterator[Line]:
    ids = list(labels)
    for start in range(0, len(ids), CHUNK):
        rows = list(Item.objects.filter(pk__in=ids[start : start + CHUNK]).select_related("source"))
        for row, item in zip(rows, scoring_items(rows), strict=True):
            yield _line(item, row.source.slug, labels[row.pk])


def _line(item: ScoringItem, platform: str, labels: Sequence[Labelled]) -> Line:
    """`exam` tells whether the item may be in the test or the calibration part: nobody saw a model's opinion of it first.
    `propensity` is the chance with which it was drawn to be labelled, where it was drawn."""
    events = [event for label in labels for event in label.events]
    drawn = [event["propensity"] for event in events if event["propensity"] is not None]
    return {
        "id": item.id, "payload": as_json(item.payload), "actor": as_json(item.actor), "conversation": item.conversation,
        "created_at": item.created_at.isoformat() if item.created_at else None, "past": as_json(item.past), "platform": platform,
        "labels": {label.name: label.agreed.value for label in labels}, "weight": round(together(one.agreed for one in labels), 4),
        "spans": sorted({pair for label in labels for pair in _marks(label)}),
        "sources": sorted({event["source"] for event in events}), "propensity": drawn[-1] if drawn else None,
        "labelled_at": max(event["created_at"] for event in events).isoformat(),
        "exam": not any(event["model_visible"] or event["source"] == Label.Source.GOLD for event in events),
    }  # fmt: skip


def _marks(label: Labelled) -> Iterator[tuple[int, int]]:
    """Where a label that holds was marked, by whoever said the same."""
    for event in label.events if label.agreed.value else ():
        if event["value"]:
            yield from _pairs(event["spans"])


def _pairs(spans: Any) -> Iterator[tuple[int, int]]:
    """Marks in the main text; those in other fields or in a film have no place in it."""
    for span in spans or ():
        if not isinstance(span, dict) or span.get("field", "text") != "text":
            continue
        if isinstance(span.get("start"), int) and isinstance(span.get("end"), int):
            yield span["start"], span["end"]
