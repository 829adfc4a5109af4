"""manage.py import_items FILE: post items from a CSV or JSONL file, as the API would take them."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.accounts.models import Source
from console.accounts.services import source_ensure
from console.common.errors import Invalid
from console.flow import items_receive
from console.intake.parsing import NewItem, parse_item
from console.intake.services import quarantine_put

BATCH = 500


class Command(BaseCommand):
    help = (
        "Post items from FILE. JSONL: one body of POST items a line. CSV: with --kind; the columns external_id, created_at, "
        "actor and conversation are taken as such, every other column is a field of the payload. Rows that are not valid are "
        "set aside with the reasons."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="import", help="the source that the items belong to (default: import)")
        parser.add_argument("--kind", default="", help="for lines that do not name one")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file")
        source = source_ensure(name=options["source"])
        counts: Counter[str] = Counter()
        size = path.stat().st_size or 1
        with path.open("rb") as raw, open(raw.fileno(), encoding="utf-8-sig", newline="", closefd=False) as handle:
            for batch in _batches(_rows(handle, path, options["kind"])):
                counts.update(_post(source, batch))
                self._show(counts, raw.tell() / size)
        self.stderr.write("")
        self.stdout.write(", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "the file is empty")
        if counts["set aside"]:
            raise CommandError(f"{counts['set aside']} rows were set aside; the reasons are on the queue page under 'Needs a hand'")

    def _show(self, counts: Counter[str], share: float) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{sum(counts.values())} rows, {min(share, 1):.0%}", ending="")


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(handle: IO[str], path: Path, kind: str) -> Iterator[Any]:
    """Bodies as the API takes them; a line that is no JSON comes out as it is, and is set aside later."""
    if path.suffix.lower() == ".csv":
        if not kind:
            raise CommandError("a CSV file needs --kind")
        own = ("external_id", "created_at", "conversation")
        for row in csv.DictReader(handle):
            body: dict[str, Any] = {"kind": kind, **{name: row.pop(name) for name in own if row.get(name)}}
            if actor := row.pop("actor", ""):
                body["actor"] = {"id": actor}
            yield {**body, "payload": {name: value for name, value in row.items() if name and value not in (None, "")}}
        return
    for line in handle:
        if line.strip():
            try:
                parsed: Any = json.loads(line)
            except ValueError:
                parsed = line.rstrip("\n")
            yield {"kind": kind, **parsed} if isinstance(parsed, dict) and kind else parsed


def _post(source: Source, batch: Sequence[Any]) -> Counter[str]:
    good: list[NewItem] = []
    bad: list[tuple[Any, dict[str, list[str]]]] = []
    for body in batch:
        try:
            good.append(parse_item(body))
        except Invalid as error:
            bad.append((body, error.fields))
    counts = Counter({"set aside": len(bad)}) if bad else Counter()
    quarantine_put(source=source, rows=bad)
    names = {"created": "new", "same": "known", "conflict": "in conflict with a known item"}
    counts.update(names[answer.result] for answer in items_receive(source=source, rows=good, actor="system"))
    return counts
