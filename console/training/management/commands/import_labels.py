"""manage.py import_labels FILE --kind KIND: labelled rows become items with labels, known answers, or base data."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.accounts.services import source_ensure
from console.common.errors import Invalid
from console.insights.search.rows import search_fill
from console.training.base_data import base_store
from console.training.import_work import BATCH, FORMULA, open_text, sorted_out, told
from console.training.imports import labels_import
from console.training.mapping import Row, mapping_read
from console.training.reading import Plan, plan_of, rows_of
from scoring.kind import Kind
from scoring.registry import KINDS

SHOWN = 10  # bad rows that are shown in full


class Command(BaseCommand):
    help = (
        "Import labelled rows from FILE (.jsonl: {id, payload, labels, ...} a line, or any objects with --map; .csv). Columns are told by "
        "name where that is plain, else by --map. The same rows again change nothing. With --base they are kept as base data that every "
        "retraining of the kind learns from, but is never tested on; with --gold they become known answers, which measure people."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, choices=list(KINDS))
        parser.add_argument("--map", default="", help='target=column,...: text=comment,label.hate=is_hate,messages.0.sender="them"')
        parser.add_argument("--source", default="import", help="the source that new items belong to (default: import)")
        parser.add_argument("--from", dest="begin", type=int, default=0, metavar="LINE", help="go on after this line")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument("--rejects", type=Path, help="write line and reason of rows that cannot be used to this CSV file")
        parser.add_argument("--gold", action="store_true", help="known answers instead of labels to learn from")
        parser.add_argument("--base", action="store_true", help="keep as base data instead of items with labels")
        parser.add_argument("--replace", action="store_true", help="with --base: throw away the base data there is")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = KINDS[options["kind"]]
        if not path.is_file():
            raise CommandError(f"{path} is not a file")
        if options["base"] and options["gold"]:
            raise CommandError("known answers are never learnt from: choose --base or --gold")
        problems: list[tuple[int, str]] = []
        try:
            with open_text(path) as handle:
                plan = plan_of(handle, path, kind, mapping_read(options["map"]))
                self._tell_plan(plan, options)
                rows = ((number, row) for number, row in rows_of(handle, path, kind, plan) if number > options["begin"])
                done = self._do(kind, plan, rows, problems, options)
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text: {error}") from error
        except Invalid as error:
            raise CommandError("; ".join(f"{name}: {text}" for name, texts in error.fields.items() for text in texts)) from error
        self._tell(done, sorted(problems), options["rejects"])

    def _tell_plan(self, plan: Plan, options: dict[str, Any]) -> None:
        if plan.mapping and (options["dry_run"] or options["verbosity"] > 1):
            self.stdout.write("columns: " + ", ".join(f"{target}={column}" for target, column in plan.mapping.items()))

    def _do(
        self, kind: Kind, plan: Plan, rows: Iterator[tuple[int, Row | str]], problems: list[tuple[int, str]], options: dict[str, Any]
    ) -> str:
        if options["dry_run"]:
            labels: Counter[str] = Counter()
            good = 0
            for _, row in self._good(rows, problems):
                good += 1
                labels.update(name for name, value in row["labels"].items() if value)
            found = ", ".join(f"{name} {count:,}" for name, count in labels.most_common())
            return f"{good:,} rows can be used ({found or 'no label is 1'}); nothing was written"
        if options["base"]:
            total = base_store(kind, (row for _, row in self._good(rows, problems)), replace_all=options["replace"])
            return f"{total} lines of base data for {kind.words.many}"
        return self._items(kind, plan, rows, problems, options)

    def _good(self, rows: Iterator[tuple[int, Row | str]], problems: list[tuple[int, str]]) -> Iterator[tuple[int, Row]]:
        for number, row in rows:
            if isinstance(row, str):
                problems.append((number, row))
            else:
                yield number, row

    def _items(
        self, kind: Kind, plan: Plan, rows: Iterator[tuple[int, Row | str]], problems: list[tuple[int, str]], options: dict[str, Any]
    ) -> str:
        source = source_ensure(name=options["source"])
        counts: Counter[str] = Counter()
        read, last = 0, 0
        try:
            while batch := list(islice(rows, BATCH)):
                good, bad = sorted_out(batch)
                more, wrong = labels_import(kind=kind, source=source, rows=good, gold=options["gold"])
                counts.update(more)
                problems += [*bad, *wrong]
                read, last = read + len(batch), batch[-1][0]
                if sys.stderr.isatty():
                    self.stderr.write(f"\r{read:,} of {plan.rows:,} rows", ending="")
        except KeyboardInterrupt:
            raise CommandError(f"stopped; go on with --from {last}") from None
        search_fill()  # they come with their decision, so nothing will score them
        return told(counts, 0)

    def _tell(self, done: str, problems: list[tuple[int, str]], rejects: Path | None) -> None:
        for number, problem in problems[:SHOWN]:
            self.stderr.write(f"line {number}: {problem}")
        if rejects:
            with rejects.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["line", "reason"])
                writer.writerows((number, f"'{reason}" if reason.startswith(FORMULA) else reason) for number, reason in problems)
        self.stdout.write(done)
        if problems:
            raise CommandError(
                f"{len(problems)} rows could not be used" + (f"; the first {SHOWN} are shown" if len(problems) > SHOWN else "")
            )
