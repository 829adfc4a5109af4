"""The queue of runs, their limits, their search for settings, and how each failure explains itself."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from console.accounts.models import User
from console.alerts.selectors import alerts_open
from console.common.errors import Conflict, Invalid, NotFound
from console.common.ids import uuid7
from console.common.models import Job
from console.training import caps, execute, progress
from console.training.base_data import base_path
from console.training.failures import ADVICE
from console.training.limits import limits_change, limits_of
from console.training.models import ModelVersion, Snapshot, TrainingRun
from console.training.runs import queues_move_on, run_ask
from console.training.services import (
    model_ensure_starters,
    run_cancel,
    run_execute,
    run_first,
    run_gave_up,
    run_request,
    run_retry,
)
from console.training.snapshot import snapshot_freeze
from console.verdicts.models import Label
from scoring.training.fit import train_kind
from tests.console.training_data import import_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def states(kind: str = "contact") -> list[tuple[int, str]]:
    return list(TrainingRun.objects.filter(kind=kind).order_by("seed").values_list("seed", "state"))


def asked(*seeds: int) -> list[TrainingRun]:
    return [run_request(kind="contact", seed=seed) for seed in seeds]


def executed(**options: Any) -> TrainingRun:
    return run_execute(run_request(kind="contact", **options).pk)


# The queue


def test_runs_of_a_kind_wait_in_order_and_only_the_one_whose_turn_it_is_has_a_job(ada: User) -> None:
    first, second, third = asked(1, 2, 3)
    assert states() == [(1, "waiting"), (2, "queued"), (3, "queued")]
    assert [job.subject for job in Job.objects.filter(task="train")] == [str(first.pk)]
    run_cancel(run_id=second.pk, user=ada)
    assert states() == [(1, "waiting"), (2, "cancelled"), (3, "queued")]
    run_execute(first.pk)  # fails for want of labels: that ends its turn as well
    assert states() == [(1, "failed"), (2, "cancelled"), (3, "waiting")]
    assert Job.objects.filter(task="train", subject=str(third.pk)).exists()


def test_a_run_that_went_well_calls_the_next() -> None:
    import_contacts(300)
    first, _ = asked(1, 2)
    assert run_execute(first.pk).state == "done"
    assert states() == [(1, "done"), (2, "waiting")]


def test_a_run_whose_worker_always_dies_calls_the_next() -> None:
    first, _ = asked(1, 2)
    TrainingRun.objects.filter(pk=first.pk).update(state="running", started_at=Now(), stage="train")
    run_gave_up(run_id=first.pk, error="its process was ended by SIGKILL")
    assert states() == [(1, "failed"), (2, "waiting")]
    first.refresh_from_db()
    assert first.failure == "killed"
    assert first.error.startswith("It was started 3 times and stopped each time before it was done, the last time at “train”: its process")


def test_a_run_is_done_next_when_somebody_says_so(petra: User) -> None:
    first, _, third = asked(1, 2, 3)
    run_first(run_id=third.pk, user=petra)
    run_cancel(run_id=first.pk, user=petra)
    assert states() == [(1, "cancelled"), (2, "queued"), (3, "waiting")]
    with pytest.raises(Conflict, match="waits no longer"):
        run_first(run_id=third.pk, user=petra)
    with pytest.raises(NotFound):
        run_first(run_id=uuid7(), user=petra)


def test_the_same_run_is_asked_for_again_only_once_it_has_begun() -> None:
    run = run_request(kind="contact")
    assert run_ask(kind="contact") == (run, False)
    frozen = Snapshot.objects.create(kind="contact", content_hash="0" * 64, path="x")
    TrainingRun.objects.filter(pk=run.pk).update(state="running", started_at=Now(), snapshot=frozen)
    again, new = run_ask(kind="contact")
    assert (new, again.state) == (True, "queued")


def test_the_queue_of_a_kind_has_an_end() -> None:
    asked(*range(11))
    with pytest.raises(Conflict, match="10 runs for contacts wait already"):
        run_request(kind="contact", seed=99)
    assert run_request(kind="order").state == "waiting"


def test_the_sweep_calls_who_was_forgotten() -> None:
    first, _ = asked(1, 2)
    TrainingRun.objects.filter(pk=first.pk).delete()
    queues_move_on()
    assert states() == [(2, "waiting")]


@pytest.mark.parametrize(("options", "field"), [({"seed": -1}, "seed"), ({"search_minutes": 601}, "search_minutes")])
def test_it_refuses_numbers_that_make_no_sense(options: dict[str, int], field: str) -> None:
    with pytest.raises(Invalid) as error:
        run_request(kind="contact", **options)
    assert set(error.value.fields) == {field}


def test_a_retry_keeps_trainer_seed_and_search(petra: User) -> None:
    run = executed(trainer="boosted", seed=7, search_minutes=3)
    assert run.state == "failed"
    again = run_retry(run_id=run.pk, user=petra)
    assert (again.trainer, again.seed, again.search, again.retry_of, again.requested_by) == ("boosted", 7, {"minutes": 3}, run, petra)
    assert (again.trigger, again.reason) == ("retry", f"again, after the run of {run.created_at.day} {run.created_at:%B}")
    with pytest.raises(Conflict, match="failed or was cancelled"):
        run_retry(run_id=again.pk, user=petra)


# Failures explain themselves


def broken(error: BaseException) -> Callable[..., None]:
    def stage(*args: Any, **options: Any) -> None:
        raise error

    return stage


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), "memory", "There was not enough memory for this much data."),
        (OSError(errno.ENOSPC, "No space left on device"), "disk", "The disk is full: the model could not be written."),
        (PermissionError(errno.EACCES, "denied"), "other", "PermissionError: [Errno 13] denied."),
    ],
)
def test_what_the_machine_lacks_is_named(error: OSError, code: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import_contacts(300)
    monkeypatch.setattr(execute, "train_kind", broken(error))
    run = executed()
    assert (run.state, run.failure, run.error, run.stage) == ("failed", code, said, "train")


def test_too_few_labels_and_one_class_are_told_apart() -> None:
    import_contacts(60)
    assert executed().failure == "too_few_labels"
    import_contacts(200, seed=2, prefix="d")
    Label.objects.update(value=0)
    run = executed(seed=1)
    assert run.failure == "one_class"
    assert run.error.startswith("Labels of one class only")


def test_damaged_base_data_is_named(folder: Path) -> None:
    import_contacts(200)
    path = base_path("contact")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"id": "b1", "payload": {}')
    run = executed()
    assert run.failure == "damaged_base"
    assert "The base data of contacts cannot be read: line 1" in run.error


def test_an_item_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import_contacts(200)

    def with_a_bad_line(kind: Any) -> Any:
        snapshot, lines = snapshot_freeze(kind)
        lines[3]["payload"] = {"email": 7}
        return snapshot, lines

    monkeypatch.setattr(execute, "snapshot_freeze", with_a_bad_line)
    run = executed()
    assert run.failure == "data"
    assert run.error.startswith("Item ")
    assert "cannot be read" in run.error


def test_a_champion_that_is_damaged_is_named(folder: Path) -> None:
    model_ensure_starters()
    import_contacts(200)
    (folder / ModelVersion.objects.get(kind="contact").path / "heads.json").write_text("{}")
    assert executed().failure == "damaged_model"


def test_every_failure_says_what_to_do() -> None:
    assert set(ADVICE) == {
        "too_few_labels", "one_class", "data", "damaged_base", "damaged_model", "disk", "memory", "time", "killed", "other",
    }  # fmt: skip
    assert all(advice.do.endswith(".") and advice.link for advice in ADVICE.values())


def test_a_failure_raises_an_alert_until_a_run_goes_well() -> None:
    executed()
    executed(seed=1)
    alert = alerts_open(kind="contact", code="run_failed").get()
    assert alert.sentence.startswith("Training a model for contacts failed. Too few labels to test a new model")
    import_contacts(300)
    executed()
    assert not alerts_open(kind="contact", code="run_failed").exists()


# Limits


def test_a_run_needs_free_disk(ada: User) -> None:
    limits_change(kind="contact", user=ada, disk_mb=1_000_000)
    run = executed()
    assert (run.failure, run.stage) == ("disk", "snapshot")
    assert "runs of this kind ask for 1,000,000 MB before they write" in run.error
    assert not Snapshot.objects.exists()


def test_a_run_is_stopped_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    import_contacts(300)
    clock = iter(range(0, 10_000_000, 3600))  # each look at it is an hour later
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    run = executed()
    assert (run.state, run.failure) == ("failed", "time")
    assert run.error == "It was stopped after 240 minutes, the limit for runs of this kind."
    assert not list((folder / "models").rglob("manifest.json"))


def test_memory_is_capped_above_what_the_process_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(caps.resource, "setrlimit", lambda what, pair: asked_for.append((what, pair)))
    caps.cap_memory(limits_of("contact"))
    [(what, (soft, _))] = asked_for
    assert what == caps.resource.RLIMIT_DATA
    assert soft > 4000 * 1024 * 1024


def test_limits_have_bounds_and_remember_who_set_them(ada: User) -> None:
    with pytest.raises(Invalid) as error:
        limits_change(kind="contact", user=ada, minutes=0, threads=65, memory_mb=1000)
    assert set(error.value.fields) == {"minutes", "threads"}
    assert limits_change(kind="contact", user=ada, minutes=30).changed_by == ada
    assert (limits_of("contact").minutes, limits_of("order").minutes) == (30, 240)


# The search for settings


def test_a_search_keeps_its_trials_and_uses_what_won(ada: User) -> None:
    import_contacts(400)
    limits_change(kind="contact", user=ada, search_minutes=10)
    run = executed()
    assert (run.state, run.error) == ("done", "")
    assert run.trials[0]["parameters"] == {}
    assert len({trial["number"] for trial in run.trials}) == 6  # the trainer's own and all five of the space
    assert run.search["complete"]
    assert run.search["sentence"] in run.log
    assert run.model is not None
    assert run.search["sentence"] in run.model.card
    assert f"`strength` {run.search['chosen']['strength']}" in run.model.card
    assert [mark["stage"] for mark in run.marks] == [
        "snapshot", "split", "search", "train", "calibrate", "evaluate", "compare", "register",
    ]  # fmt: skip
    assert executed(search_minutes=0, seed=1).search == {}


def test_it_trains_twice_to_the_same_checksum_with_a_search_too() -> None:
    import_contacts(300)
    first, second = executed(seed=3, search_minutes=10), executed(seed=3, search_minutes=10)
    assert first.model is not None
    assert second.model is not None
    assert first.model.checksum == second.model.checksum
    without_time = [[{**trial, "seconds": 0} for trial in run.trials] for run in (first, second)]
    assert without_time[0] == without_time[1]


def test_a_kind_without_a_space_is_not_searched() -> None:
    assert run_request(kind="video", search_minutes=5).search == {}


# What is safe is used again


def test_a_run_that_is_resumed_uses_its_snapshot_its_settings_and_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after kill -9 while the test part is scored: the row says running, and the folders are as they were."""
    import_contacts(300)
    run = run_request(kind="contact", search_minutes=5)

    class Killed(BaseException):
        """Not an error that the run could tell of."""

    monkeypatch.setattr(execute, "clear_up", lambda *args: None)
    monkeypatch.setattr(execute, "_scores", broken(Killed()))
    with pytest.raises(Killed):
        run_execute(run.pk)
    monkeypatch.undo()
    import_contacts(100, seed=2, prefix="d")  # what came meanwhile waits for the next run
    again: list[str] = []
    monkeypatch.setattr(execute, "train_kind", lambda *args: again.append("trained"))
    ended = run_execute(run.pk)
    assert (ended.state, ended.error, again) == ("done", "", [])
    assert [mark["stage"] for mark in ended.marks if mark.get("reused")] == ["snapshot", "train"]
    assert ended.snapshot is not None
    assert ended.snapshot.counts["items"] == 300
    assert Snapshot.objects.count() == ModelVersion.objects.count() == 1


def test_a_model_trained_from_other_parts_is_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The champion changed while the run was down, so that other items test now: what was trained may have learned from them."""
    import_contacts(300)
    run = run_request(kind="contact")
    run_execute(run.pk)
    kept = TrainingRun.objects.get(pk=run.pk).trained
    TrainingRun.objects.filter(pk=run.pk).update(
        state="running", model=None, finished_at=None, trained={**kept, "parts": "of another division"}
    )  # fmt: skip
    ModelVersion.objects.all().delete()
    trained: list[int] = []

    def again(*args: Any, **options: Any) -> Any:
        trained.append(1)
        return train_kind(*args, **options)

    monkeypatch.setattr(execute, "train_kind", again)
    assert run_execute(run.pk).state == "done"
    assert trained == [1]
