"""manage.py import_labels FILE --kind KIND: labelled rows become items with labels, or base data."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.accounts.services import source_ensure
from console.insights.search.rows import search_fill
from console.training.base_data import base_store
from console.training.imports import Row, label_rows, labels_import
from scoring.kind import Kind
from scoring.registry import KINDS

BATCH = 500
SHOWN = 10  # bad rows that are shown in full


class Command(BaseCommand):
    help = (
        "Import labelled rows from FILE (.jsonl: {id, payload, labels, ...} a line; .csv: payload columns, and label.<name> columns or one "
        "label column). With --base they are kept as base data that every retraining of the kind learns from, but is never tested on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, choices=list(KINDS))
        parser.add_argument("--source", default="import", help="the source that new items belong to (default: import)")
        parser.add_argument("--base", action="store_true", help="keep as base data instead of items with labels")
        parser.add_argument("--replace", action="store_true", help="with --base: throw away the base data there is")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = KINDS[options["kind"]]
        if not path.is_file():
            raise CommandError(f"{path} is not a file")
        problems: list[str] = []
        try:
            with path.open(encoding="utf-8-sig", newline="") as handle:
                good = self._good(label_rows(handle, path, kind), problems)
                done = (
                    self._base(kind, good, options["replace"]) if options["base"] else self._items(kind, good, options["source"], problems)
                )
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text: {error}") from error
        for problem in problems[:SHOWN]:
            self.stderr.write(problem)
        self.stdout.write(done)
        if problems:
            raise CommandError(
                f"{len(problems)} rows could not be used" + (f"; the first {SHOWN} are shown" if len(problems) > SHOWN else "")
            )

    def _good(self, rows: Iterator[tuple[int, Row | str]], problems: list[str]) -> Iterator[tuple[int, Row]]:
        for count, (number, row) in enumerate(rows, 1):
            if count % BATCH == 0 and sys.stderr.isatty():
                self.stderr.write(f"\r{count} rows read", ending="")
            if isinstance(row, str):
                problems.append(f"line {number}: {row}")
            else:
                yield number, row

    def _base(self, kind: Kind, good: Iterator[tuple[int, Row]], replace: bool) -> str:
        total = base_store(kind, (row for _, row in good), replace_all=replace)
        return f"{total} lines of base data for {kind.words.many}"

    def _items(self, kind: Kind, good: Iterator[tuple[int, Row]], source_name: str, problems: list[str]) -> str:
        source = source_ensure(name=source_name)
        counts: Counter[str] = Counter()
        while batch := list(islice(good, BATCH)):
            more, wrong = labels_import(kind=kind, source=source, rows=batch)
            counts.update(more)
            problems += wrong
        search_fill()  # they come with their decision, so nothing will score them
        return ", ".join(f"{count} {name}" for name, count in counts.items()) or "the file holds no labelled rows"
