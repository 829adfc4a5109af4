"""F25, the core of it: whatever stage a run is killed in, the old model serves, nothing is half done, and the run goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.training.models import ModelVersion, Promotion, Snapshot, TrainingRun
from console.training.selectors import champion, champion_bundle
from console.training.services import model_ensure_starters, model_rollback, run_request
from tests.console.training_data import import_contacts
from tests.faults.dying import Place, exit_code, nursery, promote_in, train_in

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
STAGES = ("snapshot", "split", "train", "calibrate", "evaluate", "register")


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Place:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return Place(tmp_path, connection.settings_dict["NAME"])


@pytest.fixture
def ada() -> User:
    return user_create(username="ada", role=Role.ADMIN, password="plain-sight-42")


def test_a_run_that_is_killed_in_every_stage_ends_as_if_nothing_had_been(place: Place, ada: User) -> None:
    model_ensure_starters()
    starter = champion("contact")
    assert starter is not None
    import_contacts(300)
    run = run_request(kind="contact", user=ada)
    context = nursery()
    for stage in STAGES:
        assert (stage, exit_code(context, train_in, place, STAGES, str(run.pk))) == (stage, -signal.SIGKILL)
        assert (place.home / f"fault-{run.pk}-{stage}").exists()
        run.refresh_from_db()
        assert (run.state, run.error, run.model) == ("running", "", None)
        assert champion("contact") == starter
        assert champion_bundle("contact").version == starter.version
        assert list(ModelVersion.objects.filter(kind="contact")) == [starter]
    assert exit_code(context, train_in, place, STAGES, str(run.pk)) == 0
    run.refresh_from_db()
    assert (run.state, run.error, run.progress) == ("done", "", 1.0)
    assert run.log.count("Started again") == len(STAGES)
    assert [mark["stage"] for mark in run.marks if mark.get("reused")] == ["snapshot", "train"]
    assert run.model is not None
    assert run.snapshot is not None
    assert Snapshot.objects.count() == 1
    assert names(place.home / "models" / "contact") == {starter.version, run.model.version}
    assert names(place.home / "snapshots" / "contact") == {f"{run.model.version}.parts.json", Path(run.snapshot.path).name}

    assert exit_code(context, promote_in, place, ("promote",), str(run.pk), ada.pk) == -signal.SIGKILL
    assert champion("contact") == starter
    assert not Promotion.objects.exists()
    assert exit_code(context, promote_in, place, ("promote",), str(run.pk), ada.pk) == 0
    assert champion("contact") == run.model
    assert model_rollback(kind="contact", user=ada) == starter
    assert TrainingRun.objects.get().state == "done"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
