"""Retraining, whole: labels -> snapshot -> parts -> train -> compare -> candidate or refused, with everything that may go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from pytest_django import Settings

from console.accounts.models import User
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid
from console.common.jobs import job_claim, job_done
from console.common.models import Job
from console.intake.models import Item
from console.training import execute, parts
from console.training.base_data import base_store
from console.training.dataset_card import snapshot_divide
from console.training.models import ModelVersion, Snapshot, TrainingRun
from console.training.parts import make_parts, seen_by
from console.training.selectors import champion, champion_bundle, version_bundle
from console.training.services import (
    model_ensure_starters,
    model_promote,
    model_rollback,
    run_cancel,
    run_execute,
    run_gave_up,
    run_request,
)
from console.training.snapshot import snapshot_freeze, snapshot_lines
from console.verdicts.models import Label
from scoring.artifacts import write_bundle
from scoring.kind import Split
from scoring.training.dataset import DatasetError
from scoring.training.seen import fingerprint, read_seen, write_seen
from tests.console.training_data import CONTACT, contact_rows, import_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def finished(**options: Any) -> TrainingRun:
    run = run_request(kind="contact", **options)
    run = run_execute(run.pk)
    Job.objects.filter(task="train").update(state="done")
    return run


def test_it_goes_from_labels_to_a_served_model_and_back(ada: User, folder: Path) -> None:
    model_ensure_starters()
    starter = champion("contact")
    assert starter is not None
    import_contacts(400)
    run = finished(user=ada)
    assert (run.state, run.error, run.progress) == ("done", "", 1.0)
    assert run.model is not None
    version = run.model
    assert version.state in ("candidate", "refused")
    assert version.parent == starter.version
    assert version.snapshot is not None
    assert version.snapshot.counts["items"] == 400
    assert version.metrics["risk"]["n"] == version.comparison["n"]
    assert version.comparison["metrics"]["ap"]["low"] is not None
    assert version.reasons
    assert version.version in version.card
    assert "| test |" in version.card
    assert version_bundle(version).labels
    stages = [line.split(" ", 1)[1] for line in run.log.splitlines()]
    assert stages[0] == "Collecting the labels of contacts."
    assert any("to calibrate" in line for line in stages)
    model_promote(version=version, user=ada, reason="It was trained on our own records.", override=True)
    assert champion_bundle("contact").version == version.version
    assert model_rollback(kind="contact", user=ada).version == starter.version


def test_the_first_model_of_a_kind_needs_no_champion() -> None:
    import_contacts(400)
    run = finished()
    assert run.model is not None
    assert (run.model.state, run.model.parent) == ("candidate", "")
    assert "No model serves yet" in run.model.reasons[0]


def test_the_same_labels_give_the_same_snapshot_and_model(folder: Path) -> None:
    import_contacts(300)
    first = finished(seed=3)
    Item.objects.update(reports=F("reports") + 1)  # what may change without the labels
    second = finished(seed=3)
    assert first.snapshot == second.snapshot
    assert first.model is not None
    assert second.model is not None
    assert first.model.checksum == second.model.checksum
    assert first.model.version != second.model.version
    assert first.snapshot is not None
    assert len(snapshot_lines(first.snapshot)) == 300
    (folder / first.snapshot.path).write_text("{}")
    with pytest.raises(ValueError, match="does not have the content"):
        snapshot_lines(first.snapshot)


def test_a_label_is_the_newest_that_was_not_withdrawn() -> None:
    import_contacts(3)
    item = Item.objects.get(external_id="c0")
    Label.objects.filter(item=item).update(value=0)
    Label.objects.create(item=item, name="company", value=1, source="audit")
    Label.objects.create(item=item, name="company", value=0, source="verdict", withdrawn=True)
    lines = {line["id"]: line for line in snapshot_freeze(CONTACT)[1]}
    assert lines[str(item.pk)]["labels"]["company"] == 1
    assert Snapshot.objects.count() == 1


def test_what_the_model_was_seen_with_is_never_tested_or_calibrated_on() -> None:
    import_contacts(400)
    shown = set(Item.objects.order_by("external_id").values_list("pk", flat=True)[:100])
    gold = set(Item.objects.order_by("-external_id").values_list("pk", flat=True)[:20])
    Label.objects.filter(item_id__in=shown).update(model_visible=True)
    Label.objects.filter(item_id__in=gold).update(source="gold")
    run = finished()
    assert run.model is not None
    ids = json.loads((Path(_home()) / run.model.comparison["parts_file"]).read_text())
    barred = {str(pk) for pk in shown}
    assert barred.isdisjoint([*ids["test"], *ids["tune"]])
    assert barred <= set(ids["train"])
    assert {str(pk) for pk in gold}.isdisjoint([*ids["train"], *ids["test"], *ids["tune"]])  # a known answer measures people
    assert not set(ids["train"]) & set(ids["test"])


def _home() -> str:
    from django.conf import settings

    return str(settings.HOME)


def test_what_the_champion_learnt_from_does_not_test_its_successor(ada: User) -> None:
    import_contacts(400)
    first = finished().model
    assert first is not None
    model_promote(version=first, user=ada, override=True, reason="For the test of its successor.")
    learnt = seen_by(first).ids
    assert len(learnt) > 200
    again = finished()
    assert again.state == "failed"
    assert "Too few labels to test a new model" in again.error
    import_contacts(300, seed=2, prefix="d")
    second = finished().model
    assert second is not None
    ids = json.loads((Path(_home()) / second.comparison["parts_file"]).read_text())
    assert learnt.isdisjoint(ids["test"])


def test_the_same_record_under_another_id_is_still_seen(ada: User) -> None:
    import_contacts(400)
    first = finished().model
    assert first is not None
    model_promote(version=first, user=ada, override=True, reason="For the test of its successor.")
    import_contacts(400, prefix="copy")
    learnt, again = seen_by(first), finished()
    assert again.model is not None
    tested = set(json.loads((Path(_home()) / again.model.comparison["parts_file"]).read_text())["test"])
    assert len(tested) > 50
    items = [parts.line_example(CONTACT, line).item for line in snapshot_freeze(CONTACT)[1] if line["id"] in tested]
    assert learnt.prints.isdisjoint(fingerprint(CONTACT, item) for item in items)


def test_a_champion_damaged_since_it_was_first_read_is_not_compared_with(folder: Path) -> None:
    model_ensure_starters()
    import_contacts(200)
    serving = champion("contact")
    assert serving is not None
    (folder / version_bundle(serving).path / "heads.json").write_text("{}")
    run = finished()
    assert run.state == "failed"
    assert "heads.json does not have the checksum" in run.error


def test_what_a_starter_was_made_from_does_not_test_its_successor(folder: Path) -> None:
    import_contacts(400)
    items = [parts.line_example(CONTACT, line).item for line in snapshot_freeze(CONTACT)[1]]
    bundle = write_bundle(
        folder / "models" / "contact" / "7", kind="contact", version="7", trainer="quick", labels=("email",),
        fill=lambda out: write_seen(out, CONTACT, items[:300]),
    )  # fmt: skip
    assert len(read_seen(bundle)) == len({fingerprint(CONTACT, item) for item in items[:300]})
    ModelVersion.objects.create(
        kind="contact", version="7", state="champion", path="models/contact/7", checksum=bundle.checksum, trainer="quick"
    )
    run = finished()
    assert run.state == "failed"
    assert "100 of 400 labelled contacts" in run.error


def test_a_planted_leak_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import_contacts(300)

    def leaky(*args: Any, **options: Any) -> Split:
        made = snapshot_divide(*args, **options)
        return Split(train=[*made.train, made.test[0]], tune=made.tune, test=made.test)

    monkeypatch.setattr(execute, "snapshot_divide", leaky)
    run = finished()
    assert run.state == "failed"
    assert "stands in both" in run.error
    assert not ModelVersion.objects.exists()


def test_base_data_helps_to_train_and_never_tests(folder: Path) -> None:
    import_contacts(200)
    assert base_store(CONTACT, contact_rows(150, seed=9, prefix="b"), replace_all=False) == 150
    assert base_store(CONTACT, contact_rows(10, seed=9, prefix="b"), replace_all=False) == 150
    run = finished()
    assert run.model is not None
    ids = json.loads((folder / run.model.comparison["parts_file"]).read_text())
    assert sum(name.startswith("base:") for name in ids["train"]) == 150
    assert not any(name.startswith("base:") for name in [*ids["test"], *ids["tune"]])
    assert "150 of the items to train on are base data" in run.model.card


@pytest.mark.parametrize("count", [0, 30])
def test_it_says_how_many_labels_are_missing(count: int) -> None:
    import_contacts(count)
    run = finished()
    assert run.state == "failed"
    assert f"{125 - count} more items" in run.error
    assert run.finished_at is not None
    assert "Too few labels" in run.log


def test_it_says_that_one_class_is_missing() -> None:
    import_contacts(200)
    Label.objects.update(value=0)
    run = finished()
    assert run.state == "failed"
    assert "25 more that break policy" in run.error


def test_a_trainer_that_breaks_fails_the_run_with_a_sentence(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    import_contacts(300)

    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("the booster ran out of trees")

    monkeypatch.setattr(execute, "train_kind", broken)
    run = finished()
    assert (run.state, run.failure, run.error) == ("failed", "other", "RuntimeError: the booster ran out of trees.")
    assert run.stage == "train"
    assert run_request(kind="contact").state == "waiting"


def test_one_run_per_kind_has_its_turn() -> None:
    run = run_request(kind="contact")
    assert Job.objects.get(task="train", subject=str(run.pk)).lane == "train"
    with pytest.raises(Conflict, match="waits already"):
        run_request(kind="contact")
    assert run_request(kind="order").state == "waiting"
    assert run_request(kind="contact", seed=1).state == "queued"
    run_cancel(run_id=run.pk, user=None)
    assert TrainingRun.objects.get(kind="contact", seed=1).state == "waiting"


@pytest.mark.parametrize(("options", "field"), [({"kind": "poem"}, "kind"), ({"kind": "contact", "trainer": "magic"}, "trainer")])
def test_it_refuses_what_does_not_exist(options: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as error:
        run_request(**options)  # type: ignore[arg-type]
    assert field in error.value.fields


def test_a_cancelled_run_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, folder: Path, ada: User) -> None:
    import_contacts(300)
    run = run_request(kind="contact")
    from scoring.training.fit import train_kind as train

    def cancelled_midway(*args: Any, **options: Any) -> Any:
        run_cancel(run_id=run.pk, user=ada)
        return train(*args, **options)

    monkeypatch.setattr(execute, "train_kind", cancelled_midway)
    ended = run_execute(run.pk)
    assert (ended.state, ended.error) == ("cancelled", "Cancelled by hand.")
    assert not ModelVersion.objects.exists()
    assert not list((folder / "models").rglob("manifest.json"))
    assert run_execute(run.pk).state == "cancelled"
    with pytest.raises(Conflict, match="is cancelled already"):
        run_cancel(run_id=run.pk, user=ada)


def test_a_killed_run_starts_again_and_the_old_worker_is_fenced_off(monkeypatch: pytest.MonkeyPatch) -> None:
    import_contacts(300)
    run = run_request(kind="contact")
    from scoring.training.fit import train_kind as train

    taken_over: list[TrainingRun] = []

    def slow(*args: Any, **options: Any) -> Any:
        """While the first worker is thought dead, a second takes the run and finishes it."""
        monkeypatch.setattr(execute, "train_kind", train)
        taken_over.append(run_execute(run.pk))
        return train(*args, **options)

    monkeypatch.setattr(execute, "train_kind", slow)
    ended = run_execute(run.pk)
    assert taken_over[0].state == ended.state == "done"
    assert ended.log.count("Started again") == 1
    assert ModelVersion.objects.count() == 1
    assert version_bundle(ModelVersion.objects.get()).version == ModelVersion.objects.get().version


def test_a_run_of_a_killed_worker_is_taken_up_through_its_lease() -> None:
    """As after kill -9 in the middle of the training stage: the row says running, the lease runs out, the next worker does it."""
    import_contacts(300)
    run = run_request(kind="contact")
    dead = job_claim(task="train", lane="train", owner="dead", lease_seconds=0)[0]
    TrainingRun.objects.filter(pk=run.pk).update(
        state="running", started_at=db_now(), stage="train", progress=0.4, log="10:00:00 Training.\n"
    )
    alive = job_claim(task="train", lane="train", owner="alive")[0]
    assert (alive.subject, alive.attempt) == (str(run.pk), 2)
    ended = run_execute(alive.subject)
    assert ended.state == "done"
    assert ended.log.startswith("10:00:00 Training.\nStarted again")
    assert not job_done(job_id=dead.id, token=dead.token)
    assert job_done(job_id=alive.id, token=alive.token)


def test_a_run_whose_worker_always_dies_frees_the_kind() -> None:
    run = run_request(kind="contact")
    run_gave_up(run_id=run.pk, error="the worker stopped before it was done, 3 times")
    run.refresh_from_db()
    assert run.state == "failed"
    assert "3 times" in run.error
    assert run_request(kind="contact").state == "waiting"


def test_too_little_honest_data_is_named(folder: Path) -> None:
    import_contacts(200)
    Label.objects.update(model_visible=True)
    _, lines = snapshot_freeze(CONTACT)
    with pytest.raises(DatasetError, match="0 of 200 labelled contacts were judged without"):
        make_parts(CONTACT, lines, [], seed=0)
