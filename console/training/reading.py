"""Labelled rows out of a file, CSV or JSON lines, one at a time: what is wrong with a row is said of that row, and the rest goes on."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from console.common.errors import Invalid
from console.training.mapping import Row, mapped, mapping_check, mapping_guess
from scoring.kind import Kind
from scoring.training.dataset import DatasetError, example_from_line

SAMPLE = 50  # rows that a guess looks at
LONGEST_ROW = 1_000_000  # characters
MOST_ROWS = 1_000_000
MOST_CLASSES = 200
TABLES = (".csv", ".tsv")
csv.field_size_limit(LONGEST_ROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a file is read. No mapping: each line is a labelled line already."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] = ()
    classes: Sequence[str] = ()  # what the column `label` names
    rows: int = 0


def plan_of(handle: IO[str], path: Path, kind: Kind, given: Mapping[str, str] | None = None, *, guess: bool = True) -> Plan:
    """Read through the file once. Without `guess`, columns are what was given and nothing else. Raises Invalid when the columns do
    not fit, or the file is too long."""
    sample = [row for _, row in islice(_raw(handle, path), SAMPLE) if isinstance(row, dict)]
    columns = list(dict.fromkeys(name for row in sample for name in row if isinstance(name, str) and _can_be_kept(name)))
    if not given and (not sample or any("payload" in row or "labels" in row for row in sample)):
        return Plan(columns=columns, rows=_count(handle, path, ""))
    mapping = {**(mapping_guess(kind, columns, sample) if guess else {}), **(given or {})}
    for target, column in (given or {}).items():  # a column is one thing: what is said replaces what was guessed
        mapping = {t: c for t, c in mapping.items() if c != column or t == target}
    mapping_check(mapping, columns)
    classes: set[str] = set()
    rows = _count(handle, path, mapping.get("label", ""), classes)
    return Plan(mapping=mapping, columns=columns, classes=sorted(classes), rows=rows)


def _count(handle: IO[str], path: Path, column: str, classes: set[str] | None = None) -> int:
    rows = 0
    for rows, (_, row) in enumerate(_raw(handle, path), 1):
        if rows > MOST_ROWS:
            raise Invalid({"file": [f"A file may hold {MOST_ROWS:,} rows; split this one."]})
        if column and classes is not None and isinstance(row, dict) and row.get(column) not in (None, ""):
            classes.add(str(row[column]).strip())
            if len(classes) > MOST_CLASSES:
                raise Invalid({"label": [f"The column {column!r} names more than {MOST_CLASSES} labels; is it the right one?"]})
    return rows


def rows_of(handle: IO[str], path: Path, kind: Kind, plan: Plan) -> Iterator[tuple[int, Row | str]]:
    """(line number, labelled line or what is wrong with it). Validated as training will read it."""
    for number, row in _raw(handle, path):
        if isinstance(row, str):
            yield number, row
            continue
        try:
            line = mapped(row, plan.mapping, number, plan.classes) if plan.mapping else row
            _check(kind, line)
            yield number, line
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            yield number, f"payload.{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except (DatasetError, ValueError, TypeError, AttributeError, OverflowError) as error:
            yield number, str(error)


def label_rows(handle: IO[str], path: Path, kind: Kind) -> Iterator[tuple[int, Row | str]]:
    """As rows_of(), with the columns of a CSV guessed; one whose columns tell nothing is one line that is not right."""
    try:
        plan = plan_of(handle, path, kind) if path.suffix.lower() in TABLES else Plan()
    except Invalid as error:
        yield 1, " ".join(text for texts in error.fields.values() for text in texts)
        return
    yield from rows_of(handle, path, kind, plan)


def _check(kind: Kind, line: Row) -> None:
    example_from_line(kind, line)
    for name in line["labels"]:
        if not 0 < len(str(name)) <= 64 or not _can_be_kept(str(name)):
            raise DatasetError(f"labels: {str(name)[:40]!r} is not a name of 1 to 64 characters")
    for name in ("clauses", "note"):
        if not _can_be_kept(str(line.get(name) or "")):
            raise DatasetError(f"{name}: must not hold the NUL character or half of one")


def _can_be_kept(text: str) -> bool:
    """By the database: no NUL, and no half of a pair that JSON may write."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _raw(handle: IO[str], path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    handle.seek(0)
    return _from_csv(handle) if path.suffix.lower() in TABLES else _from_lines(handle)


def _from_lines(handle: IO[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    number = 0
    while text := handle.readline(LONGEST_ROW + 1):
        number += 1
        if len(text) > LONGEST_ROW:
            yield number, f"longer than {LONGEST_ROW:,} characters"
            while len(text) > LONGEST_ROW:
                text = handle.readline(LONGEST_ROW + 1)
            continue
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "a line must be a JSON object"


def _from_csv(handle: IO[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    head = handle.readline(LONGEST_ROW)
    delimiter = max(",;\t", key=head.count)  # spreadsheets write all three; the first where none stands there
    handle.seek(0)
    reader = csv.DictReader(handle, delimiter=delimiter)
    number = 1
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"not CSV: {error}"
            continue
        if number == 2:
            _check_columns(reader.fieldnames or ())
        if row.pop(None, None):
            yield number, "more cells than the file has columns"
            continue
        row.pop("", None)  # without a name: the row numbers of a table that was written out
        yield number, row


def _check_columns(names: Sequence[str]) -> None:
    """Raises Invalid for a name that stands twice: a row would hold the last of them only, and nobody would know."""
    if twice := [name for name, count in Counter(names).items() if count > 1 and name]:
        raise Invalid({"file": [f"The file has the column {twice[0][:64]!r} twice. Name each column once."]})
