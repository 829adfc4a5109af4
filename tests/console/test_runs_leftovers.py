"""What killed processes left behind goes, and nothing that anybody could want."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from console.common.clock import db_now
from console.training import leftovers
from console.training.leftovers import leftovers_tidy
from console.training.models import ModelVersion, Snapshot, TrainingRun
from console.training.runs import run_request
from console.training.services import model_ensure_starters, run_cancel, run_execute
from console.training.workshop import workshop
from tests.console.training_data import import_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if "contact" in path.parts and path.is_file()}


@pytest.fixture
def kept(folder: Path) -> set[str]:
    """A starter, a run that went well, base data, and a model that somebody brought by hand."""
    model_ensure_starters()
    import_contacts(300)
    assert run_execute(run_request(kind="contact").pk).model is not None
    for name in ("snapshots/contact/base.jsonl", "models/contact/brought-by-hand/manifest.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    return everything(folder)


def test_nothing_that_is_named_goes(kept: set[str], folder: Path) -> None:
    assert leftovers_tidy(old_seconds=0) == 0
    assert everything(folder) == kept


def test_what_a_killed_process_left_goes(kept: set[str], folder: Path) -> None:
    left = (
        "models/contact/.20261121-9-x7/heads.json", "models/contact/20261121-9/manifest.json", f"snapshots/contact/{'0' * 64}.jsonl",
        "snapshots/contact/20261121-9.parts.json", "snapshots/contact/.0000-x8",
    )  # fmt: skip
    for name in left:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    assert leftovers_tidy() == 0  # younger than an hour: somebody may be at it
    assert leftovers_tidy(old_seconds=-1) == 5
    assert everything(folder) == kept


def test_a_snapshot_goes_when_no_run_and_no_model_names_it(kept: set[str], folder: Path) -> None:
    path = folder / "snapshots" / "contact" / f"{'1' * 64}.jsonl"
    path.write_text("{}")
    orphan = Snapshot.objects.create(kind="contact", content_hash="1" * 64, path=path.relative_to(folder).as_posix())
    assert leftovers_tidy(old_seconds=-1) == 0
    Snapshot.objects.update(created_at=db_now() - timedelta(days=2))
    assert leftovers_tidy(old_seconds=-1) == 1
    assert not Snapshot.objects.filter(pk=orphan.pk).exists()
    assert everything(folder) == kept
    assert ModelVersion.objects.exclude(snapshot=None).count() == 1


def test_a_run_that_begins_while_it_looks_keeps_its_work(kept: set[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []
    listed = leftovers._entries

    def look(place: Path) -> list[Path]:
        if place == folder / "models" / "contact" and not begun:
            half = workshop(run_request(kind="contact", seed=1)) / "token" / "heads.json"
            half.parent.mkdir(parents=True)
            half.write_text("{}")
            begun.append(half)
        return listed(place)

    monkeypatch.setattr(leftovers, "_entries", look)
    assert leftovers_tidy(old_seconds=-1) == 0
    assert begun[0].is_file()


def test_the_work_of_a_run_stays_until_it_has_ended(kept: set[str], folder: Path) -> None:
    run = run_request(kind="contact", seed=1)
    half = workshop(run) / "token" / "heads.json"
    half.parent.mkdir(parents=True)
    half.write_text("{}")
    assert leftovers_tidy(old_seconds=-1) == 0
    run_cancel(run_id=run.pk, user=None)
    assert leftovers_tidy() == 1  # at once: its run has ended
    assert everything(folder) == kept
    assert TrainingRun.objects.count() == 2
