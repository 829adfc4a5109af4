"""Remove what killed processes left in the folders of models, snapshots and imports. Only what nobody can want: hidden work of runs
that have ended, bundles and lists of parts without a version, frozen files and rows that no run and no model names, files of labels
that nothing will read any more."""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from console.common.clock import db_now
from console.training.import_work import REJECTED
from console.training.label_work import work_cancel
from console.training.models import LabelWork, ModelVersion, Snapshot, TrainingRun
from console.training.runs import OPEN
from console.training.selectors import home_path
from console.training.workshop import PREFIX
from scoring.registry import KINDS

log = logging.getLogger(__name__)
OLD_SECONDS = 3600.0  # younger work may be somebody's who is not a run: an import, a command
OLD_SNAPSHOT = timedelta(days=1)
OLD_DRAFT = timedelta(days=7)
MADE_HERE = re.compile(r"\d{8}-\d+")  # names of versions that runs give


def leftovers_tidy(*, old_seconds: float = OLD_SECONDS) -> int:
    """Returns how many went. Leaves a kind alone while one of its runs has its turn. What lies there is listed first and asked about
    afterwards: a run that begins meanwhile is either known of by then, or made what it made after the list."""
    gone = 0
    for kind in KINDS:
        folders, files = _entries(Path(settings.MODELS_ROOT) / kind), _entries(Path(settings.SNAPSHOTS_ROOT) / kind)
        if TrainingRun.objects.filter(kind=kind, state__in=OPEN).exists():
            continue
        for path in (*_folders(kind, folders), *_files(kind, files)):
            if time.time() - path.lstat().st_mtime < old_seconds and not path.name.startswith(PREFIX):
                continue
            log.info("removing %s, which a process left behind", path)
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            gone += 1
        gone += _rows(kind)
    return gone + _uploads(old_seconds)


def _uploads(old_seconds: float) -> int:
    """What people wrote does not lie about: files of imports that have ended, and of those that nobody went on with."""
    State, gone = LabelWork.State, 0
    for pk in LabelWork.objects.filter(state=State.DRAFT, created_at__lt=db_now() - OLD_DRAFT).values_list("pk", flat=True):
        work_cancel(work_id=pk, user=None, why="Nobody went on with it for a week.")
    wanted = set(LabelWork.objects.filter(state__in=[State.DRAFT, State.WAITING, State.RUNNING]).values_list("file", flat=True))
    for path in _entries(Path(settings.HOME) / "imports"):
        kept = path.name.endswith(REJECTED) or str(path.relative_to(settings.HOME)) in wanted
        if not kept and time.time() - path.lstat().st_mtime >= old_seconds:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _folders(kind: str, paths: Sequence[Path]) -> Iterator[Path]:
    versions = set(ModelVersion.objects.filter(kind=kind).values_list("version", flat=True))
    for path in paths:
        if path.name.startswith(".") or (MADE_HERE.fullmatch(path.name) and path.name not in versions):
            yield path


def _files(kind: str, paths: Sequence[Path]) -> Iterator[Path]:
    versions = set(ModelVersion.objects.filter(kind=kind).values_list("version", flat=True))
    hashes = set(Snapshot.objects.filter(kind=kind).values_list("content_hash", flat=True))
    for path in paths:
        parts = path.name.removesuffix(".parts.json")
        frozen = path.name.removesuffix(".jsonl")
        of_a_version = parts != path.name and MADE_HERE.fullmatch(parts) and parts not in versions
        of_a_snapshot = re.fullmatch(r"[0-9a-f]{64}", frozen) and frozen not in hashes
        if path.name.startswith(".") or of_a_version or of_a_snapshot:
            yield path


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _rows(kind: str) -> int:
    """Snapshots that a run froze and could not name before it died."""
    unnamed = Snapshot.objects.filter(kind=kind, created_at__lt=db_now() - OLD_SNAPSHOT).filter(Q(runs=None) & Q(models=None))
    paths = [home_path(snapshot.path) for snapshot in unnamed]
    removed, _ = Snapshot.objects.filter(pk__in=[s.pk for s in unnamed]).delete()
    for path in paths:
        path.unlink(missing_ok=True)
    return removed
