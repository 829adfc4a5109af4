"""Freeze the labels of a kind into a file: one JSON line an item, sorted, named by the hash of its bytes.

The order in which the database returns rows does not matter, and `sha256sum` proves a file. The past of an item is
frozen with it, so that training sees the same point in time as serving did.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from console.intake.history import scoring_items
from console.intake.models import Item
from console.quality.selectors import gold_item_ids, reviewer_weights
from console.training.groups import group_names
from console.training.models import Snapshot
from console.training.selectors import home_path
from console.verdicts.models import Label
from scoring.kind import Kind
from scoring.types import Item as ScoringItem
from scoring.types import Json, as_json

CHUNK = 500
Line = dict[str, Json]
LabelRow = dict[str, Any]


def snapshot_freeze(kind: Kind) -> tuple[Snapshot, list[Line]]:
    """The labels as they are now. The same labels give the same row and file, whenever this runs."""
    labels = _labels(kind.name)
    lines = sorted(_lines(kind, labels), key=lambda line: str(line["id"]))
    for line, group in zip(lines, group_names(kind, lines), strict=True):
        line["group"] = group
    body = "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines).encode()
    digest = hashlib.sha256(body).hexdigest()
    path = Path(settings.SNAPSHOTS_ROOT) / kind.name / f"{digest}.jsonl"
    write_atomically(path, body)
    snapshot, _ = Snapshot.objects.get_or_create(
        kind=kind.name, content_hash=digest,
        defaults={"path": str(path.relative_to(settings.HOME)), "counts": _counts(lines)},
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


def _labels(kind: str) -> dict[UUID, list[LabelRow]]:
    """By item, the newest label of each name that was not withdrawn; verdicts that can still be undone are left out, and so are
    items whose answer is known: who is measured by them must not be measured by a model that learned them."""
    rows = Label.objects.filter(item__kind=kind, withdrawn=False).filter(Q(verdict=None) | Q(verdict__undo_until__lte=Now()))
    rows = rows.exclude(item_id__in=gold_item_ids(kind))
    weights = reviewer_weights(kind)
    newest = rows.order_by("item_id", "name", "-id").distinct("item_id", "name")
    found: dict[UUID, list[LabelRow]] = {}
    for row in newest.values("item_id", "name", "value", "source", "model_visible", "weight", "spans", "verdict__reviewer_id"):
        weight = row["weight"] * weights.get(row["verdict__reviewer_id"], 1.0)
        found.setdefault(row["item_id"], []).append({**row, "weight": weight})
    return found


def _lines(kind: Kind, labels: dict[UUID, list[LabelRow]]) -> Iterator[Line]:
    ids = list(labels)
    for start in range(0, len(ids), CHUNK):
        for item in scoring_items(list(Item.objects.filter(pk__in=ids[start : start + CHUNK]))):
            yield _line(item, labels[UUID(item.id)])


def _line(item: ScoringItem, rows: Sequence[LabelRow]) -> Line:
    """`exam` tells whether the item may be in the test or the calibration part: nobody saw a model's opinion of it first."""
    return {
        "id": item.id, "payload": as_json(item.payload), "actor": as_json(item.actor), "conversation": item.conversation,
        "created_at": item.created_at.isoformat() if item.created_at else None, "past": as_json(item.past),
        "labels": {row["name"]: row["value"] for row in rows}, "weight": round(sum(row["weight"] for row in rows) / len(rows), 4),
        "spans": sorted({pair for row in rows if row["value"] for pair in _pairs(row["spans"])}),
        "sources": sorted({row["source"] for row in rows}),
        "exam": not any(row["model_visible"] or row["source"] == "gold" for row in rows),
    }  # fmt: skip


def _pairs(spans: Any) -> Iterator[tuple[int, int]]:
    """Marks in the main text; those in other fields or in a film have no place in it."""
    for span in spans or ():
        if not isinstance(span, dict) or span.get("field", "text") != "text":
            continue
        if isinstance(span.get("start"), int) and isinstance(span.get("end"), int):
            yield span["start"], span["end"]


def _counts(lines: Sequence[Line]) -> dict[str, Json]:
    by_label = Counter(name for line in lines for name, value in line["labels"].items() if value)
    by_source = Counter(source for line in lines for source in line["sources"])
    return {"items": len(lines), "exam": sum(line["exam"] for line in lines), "labels": dict(by_label), "sources": dict(by_source)}
