"""Labels from a file that a worker reads: in batches, each with how far it is, so that whoever takes it over goes on from there."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

from django.conf import settings
from django.db import transaction

from console.accounts.models import User
from console.accounts.services import source_ensure
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid
from console.training.imports import labels_import
from console.training.label_work import WorkLog, actor_name, work_start
from console.training.mapping import Row
from console.training.models import LabelWork
from console.training.reading import Plan, plan_of, rows_of
from console.training.selectors import home_path
from scoring.kind import Kind
from scoring.registry import KINDS

BATCH = 500
LARGEST = 100 * 1024 * 1024  # bytes of an upload
PREVIEW = 5
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet knows one
REJECTED = ".rejected.csv"


class Upload(Protocol):
    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]: ...


def open_text(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def import_draft(*, kind: Kind, upload: Upload, file_name: str, user: User) -> LabelWork:
    """Keep an upload and guess its columns; nothing is imported yet. Raises Invalid for a file that cannot be read."""
    suffix = Path(file_name).suffix.lower()
    if suffix not in SUFFIXES:
        raise Invalid({"file": [f"Bring a file that ends in {', '.join(SUFFIXES)}."]})
    work = LabelWork(
        purpose=LabelWork.Purpose.IMPORT, kind=kind.name, state=LabelWork.State.DRAFT, requested_by=user,
        file_name=Path(file_name.replace("\x00", "")).name[:200],
    )  # fmt: skip
    folder = Path(settings.HOME) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{work.pk}{suffix}"
    try:
        _receive(upload, path)
        with open_text(path) as handle:
            plan = _planned(handle, path, kind)
    except UnicodeDecodeError as error:
        path.unlink(missing_ok=True)
        raise Invalid({"file": ["It is not UTF-8 text. Save it as UTF-8 and bring it again."]}) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    work.file = str(path.relative_to(settings.HOME))
    work.asked = {"map": dict(plan.mapping), "columns": list(plan.columns), "rows": plan.rows}
    with transaction.atomic():
        work.save(force_insert=True)
        facts = {"kind": kind.name, "rows": plan.rows}
        audit_append(actor=actor_name(user), verb="labels.uploaded", subject=f"labels:{work.pk}", data=facts)
    return work


def _planned(handle: IO[str], path: Path, kind: Kind) -> Plan:
    """A guess that finds no label is not wrong yet: the form asks for it."""
    try:
        return plan_of(handle, path, kind)
    except Invalid as error:
        if set(error.fields) - {"label"}:
            raise
        plan = plan_of(handle, path, kind, {"label.?": '"0"'})
        return Plan(mapping={t: c for t, c in plan.mapping.items() if t != "label.?"}, columns=plan.columns, rows=plan.rows)


def _receive(upload: Upload, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in upload.chunks():
            size += len(chunk)
            if size > LARGEST:
                raise Invalid({"file": [f"It is larger than {LARGEST // 1024**2} MB; split it, or use manage.py import_labels."]})
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def import_preview(work: LabelWork, mapping: dict[str, str]) -> tuple[list[tuple[int, Row | str]], dict[str, list[str]]]:
    """The first rows as they would be read, and what is wrong with the mapping by target."""
    kind, path = KINDS[work.kind], home_path(work.file)
    with open_text(path) as handle:
        try:
            plan = plan_of(handle, path, kind, mapping, guess=not work.asked.get("map"))
        except Invalid as error:
            return [], error.fields
        return list(islice(rows_of(handle, path, kind, plan), PREVIEW)), {}


def import_start(*, work: LabelWork, mapping: dict[str, str], source: str, gold: bool, user: User) -> None:
    """Raises Invalid when the columns do not fit, Conflict when it was begun or another is under way."""
    if work.state != LabelWork.State.DRAFT:
        raise Conflict("This file was begun already.", code="work_begun")
    _, errors = import_preview(work, mapping)
    if errors:
        raise Invalid(errors, "The columns do not fit the file.")
    source = source.strip() or "import"
    if len(source) > 64 or "\x00" in source:
        raise Invalid({"source": ["A source has a name of 1 to 64 characters."]})
    work.asked = {**work.asked, "map": mapping, "source": source, "gold": gold}
    work_start(work=work, user=user)


def import_run(log: WorkLog) -> None:
    """The work itself. Rows that cannot be used are kept with their line and reason beside the file."""
    work = log.work
    kind, path, asked = KINDS[work.kind], home_path(work.file), work.asked
    state: dict[str, Any] = {"read": 0, "counts": {}, "rejected": 0, **work.result}
    source = source_ensure(name=asked.get("source") or "import", actor=actor_name(work.requested_by))
    with open_text(path) as handle:
        plan = plan_of(handle, path, kind, asked.get("map"), guess=False)
        rows = islice(rows_of(handle, path, kind, plan), state["read"], None)
        with _rejects(path, fresh=state["read"] == 0) as reject:
            while batch := list(islice(rows, BATCH)):
                good, bad = sorted_out(batch)
                with transaction.atomic():
                    counts, wrong = labels_import(
                        kind=kind, source=source, rows=good, gold=bool(asked.get("gold")), user=work.requested_by
                    )
                    state["read"] += len(batch)
                    state["counts"] = dict(Counter(state["counts"]) + counts)
                    state["rejected"] += len(bad) + len(wrong)
                    log.keep(result=state, progress=round(state["read"] / max(1, plan.rows), 4))
                reject([*bad, *wrong])
                log.say(state["read"] / max(1, plan.rows), f"{state['read']:,} of {plan.rows:,} rows read")
    log.done(told(state["counts"], state["rejected"]), **state)
    path.unlink(missing_ok=True)  # what people wrote is in the items now; nobody needs it twice


def sorted_out(batch: Sequence[tuple[int, Row | str]]) -> tuple[list[tuple[int, Row]], list[tuple[int, str]]]:
    good = [(number, row) for number, row in batch if not isinstance(row, str)]
    return good, [(number, row) for number, row in batch if isinstance(row, str)]


def told(counts: dict[str, int], rejected: int) -> str:
    parts = [f"{count:,} {name}" for name, count in counts.items()]
    return ", ".join([*parts, *([f"{rejected:,} rows left out"] if rejected else [])]) or "The file holds no labelled rows"


def rejected_path(work: LabelWork) -> Path:
    path = home_path(work.file)
    return path.with_name(path.name + REJECTED)


class _rejects:
    def __init__(self, path: Path, *, fresh: bool) -> None:
        self._path, self._fresh = path.with_name(path.name + REJECTED), fresh

    def __enter__(self) -> Callable[[Sequence[tuple[int, str]]], None]:
        self._file = self._path.open("w" if self._fresh else "a", encoding="utf-8", errors="backslashreplace", newline="")
        writer = csv.writer(self._file)
        if self._fresh:
            writer.writerow(["line", "reason"])

        def write(rows: Sequence[tuple[int, str]]) -> None:
            writer.writerows([number, f"'{reason}" if reason.startswith(FORMULA) else reason] for number, reason in rows)
            self._file.flush()

        return write

    def __exit__(self, *_: object) -> None:
        self._file.close()


