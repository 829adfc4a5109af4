"""Labels from a file: rows as the shell's labelled lines, or a CSV. They become items with labels, or base data."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from django.db import transaction
from pydantic import ValidationError

from console.accounts.models import Source
from console.common.errors import Invalid
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.intake.services import items_insert
from console.verdicts.models import Label
from scoring.kind import Kind
from scoring.training.dataset import DatasetError, example_from_line

META = ("id", "created_at", "group", "conversation", "actor", "weight")
Row = dict[str, Any]


def label_rows(handle: IO[str], path: Path, kind: Kind) -> Iterator[tuple[int, Row | str]]:
    """(line number, labelled line or what is wrong with it). Validated as training will read it.

    CSV: id, created_at, group, conversation, actor and weight are taken as such; a column `label.<name>` holds 0 or 1, a
    column `label` the name of the one label that is 1 (of all that the file names); every other column is a payload field.
    """
    raw = _from_csv(handle) if path.suffix.lower() == ".csv" else _from_lines(handle)
    for number, row in raw:
        if isinstance(row, str):
            yield number, row
            continue
        try:
            example_from_line(kind, row)
            yield number, row
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            yield number, f"payload.{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except (DatasetError, ValueError, TypeError, AttributeError) as error:
            yield number, str(error)


def _from_lines(handle: IO[str]) -> Iterator[tuple[int, Row | str]]:
    for number, text in enumerate(handle, 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "a line must be a JSON object"


def _from_csv(handle: IO[str]) -> Iterator[tuple[int, Row | str]]:
    rows = list(csv.DictReader(handle))
    every = sorted({row["label"] for row in rows if row.get("label")})
    for number, row in enumerate(rows, 2):
        line: Row = {name: row[name] for name in META if row.get(name)}
        try:
            labels = {name[6:]: int(value) for name, value in row.items() if name and name.startswith("label.") and value not in ("", None)}
            if "weight" in line:
                line["weight"] = float(line["weight"])
        except ValueError as error:
            yield number, f"labels and weight must be numbers: {error}"
            continue
        if row.get("label"):
            labels |= {name: int(name == row["label"]) for name in every}
        own = {*META, "label"}
        fields = {n: v for n, v in row.items() if n and n not in own and not n.startswith("label.") and v not in ("", None)}
        line |= {"id": line.get("id") or str(number), "labels": labels, "payload": fields}
        if actor := line.pop("actor", None):
            line["actor"] = {"id": actor}
        yield number, line


@transaction.atomic
def labels_import(*, kind: Kind, source: Source, rows: Sequence[tuple[int, Row]]) -> tuple[Counter[str], list[str]]:
    """One batch: items that are new, and their labels with source "import". Returns counts and what went wrong.

    The item counts as decided: its label came with it, so no person is asked. An item that is known with the same body
    keeps its state and only gets the labels; the same labels again change nothing.
    """
    counts: Counter[str] = Counter()
    problems: list[str] = []
    parsed = []
    for number, row in rows:
        try:
            parsed.append((number, row, parse_item(_body(kind, row))))
        except Invalid as error:
            problems.append(f"line {number}: {'; '.join(f'{path}: {texts[0]}' for path, texts in error.fields.items())}")
    wanted: dict[str, Mapping[str, Any]] = {}
    fresh = []
    for (number, row, new), answer in zip(parsed, items_insert(source=source, rows=[new for _, _, new in parsed]), strict=True):
        if answer.result == "conflict":
            problems.append(f"line {number}: item {new.external_id!r} is known with another body")
            continue
        counts["new items" if answer.result == "created" else "known items"] += 1
        fresh += [answer.id] if answer.result == "created" else []
        wanted[str(answer.id)] = row
    Item.objects.filter(pk__in=fresh, status=Item.Status.RECEIVED).update(status=Item.Status.DECIDED)
    counts["labels"] += _labels_put(wanted)
    return counts, problems


def _body(kind: Kind, row: Row) -> Row:
    body = {name: row[name] for name in ("created_at", "conversation") if row.get(name)}
    actor = row.get("actor") or ({"id": row["group"]} if row.get("group") else None)
    return {"kind": kind.name, "external_id": str(row["id"]), "payload": row["payload"], **body, **({"actor": actor} if actor else {})}


def _labels_put(wanted: Mapping[str, Mapping[str, Any]]) -> int:
    rows = Label.objects.filter(item_id__in=list(wanted), withdrawn=False).order_by("item_id", "name", "-id").distinct("item_id", "name")
    newest = {(str(row.item_id), row.name): row.value for row in rows}
    spans = {item_id: [{"start": s, "end": e} for s, e in row.get("spans") or ()] for item_id, row in wanted.items()}
    labels = [
        Label(
            item_id=item_id,
            name=str(name)[:64],
            value=int(value),
            source=Label.Source.IMPORT,
            weight=float(row.get("weight", 1.0)),
            spans=spans[item_id],
        )
        for item_id, row in wanted.items()
        for name, value in row["labels"].items()
        if newest.get((item_id, str(name)[:64])) != int(value)
    ]
    return len(Label.objects.bulk_create(labels, batch_size=2000))
