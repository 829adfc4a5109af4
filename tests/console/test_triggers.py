"""Triggers: a time, new labels, drift, automation that was lost. Each cause fires once, whoever sweeps, and says itself on the run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now
from pytest_django import Settings

from console.accounts.models import User
from console.alerts.models import Alert
from console.alerts.services import alert_clear, alert_raise
from console.audit.models import AuditRow
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid, NotFound
from console.training import firing
from console.training.firing import triggers_fire
from console.training.models import Firing, Snapshot, TrainingRun, Trigger
from console.training.runs import run_cancel, run_request
from console.training.snapshot import snapshot_freeze
from console.training.triggers import TriggerForm, trigger_change, trigger_create, trigger_remove, trigger_switch
from console.verdicts.models import Label
from tests.console.training_data import CONTACT, import_contacts

pytestmark = pytest.mark.django_db
SATURDAY = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
At = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    return lambda moment: monkeypatch.setattr(firing, "db_now", lambda: moment)


@pytest.fixture
def nightly(petra: User) -> Trigger:
    trigger = trigger_create(kind="contact", form=TriggerForm(cron=" 30  2 * * * "), user=petra)
    Trigger.objects.update(since=SATURDAY - timedelta(days=3))
    trigger.refresh_from_db()
    return trigger


def by_labels(number: int, rest_hours: int = 24) -> Trigger:
    return trigger_create(kind="contact", form=TriggerForm(cause="labels", labels=number, rest_hours=rest_hours))


def by_alert(cause: str) -> Trigger:
    return trigger_create(kind="contact", form=TriggerForm(cause=cause, rest_hours=24))


def later(at: At, hours: int) -> None:
    at(db_now() + timedelta(hours=hours))


def test_a_time_fires_once_and_is_the_reason_of_its_run(nightly: Trigger, at: At) -> None:
    assert nightly.cron == "30 2 * * *"
    at(SATURDAY.replace(hour=2, minute=29))
    assert triggers_fire() == 0
    at(SATURDAY.replace(hour=2, minute=30, second=4))
    assert triggers_fire() == 1
    assert triggers_fire() == 0
    fired = Firing.objects.get()
    assert fired.at == SATURDAY.replace(hour=2, minute=30)
    assert fired.run is not None
    assert (fired.run.trigger, fired.run.kind) == ("time", "contact")
    assert fired.run.reason == fired.reason == "by its schedule, Saturday 24 October, 02:30 UTC"


def test_a_time_that_was_missed_by_more_than_an_hour_is_left_out(nightly: Trigger, at: At) -> None:
    at(SATURDAY.replace(hour=3, minute=31))
    assert triggers_fire() == 0
    at(SATURDAY.replace(hour=3, minute=29))
    assert triggers_fire() == 1


def test_a_run_that_has_not_begun_takes_the_labels_of_the_next_cause_in(nightly: Trigger, at: At) -> None:
    waits = run_request(kind="contact")
    at(SATURDAY.replace(hour=2, minute=31))
    assert triggers_fire() == 1
    fired = Firing.objects.get()
    assert (fired.run, fired.note) == (waits, "A run that had not begun takes the same labels in.")
    assert TrainingRun.objects.count() == 1


def test_a_cause_during_a_run_waits_in_the_queue(nightly: Trigger, at: At) -> None:
    run = run_request(kind="contact")
    frozen = Snapshot.objects.create(kind="contact", content_hash="0" * 64, path="x")
    TrainingRun.objects.filter(pk=run.pk).update(state="running", started_at=Now(), snapshot=frozen)
    at(SATURDAY.replace(hour=2, minute=31))
    assert triggers_fire() == 1
    fired = Firing.objects.get()
    assert fired.run is not None
    assert fired.run.state == "queued"


def test_it_says_why_no_run_came_of_a_cause(nightly: Trigger, at: At) -> None:
    for seed in range(11):
        run_request(kind="contact", seed=seed + 1)
    at(SATURDAY.replace(hour=2, minute=31))
    assert triggers_fire() == 1
    assert Firing.objects.get().run is None
    assert "wait already" in Firing.objects.get().note
    assert "wait already" in AuditRow.objects.get(verb="trigger.fired").data["note"]


def test_what_is_paused_or_cannot_be_read_does_not_fire(nightly: Trigger, petra: User, at: At) -> None:
    Trigger.objects.create(kind="contact", cron="30 2 * * *", time_zone="Gone/Zone")
    at(SATURDAY.replace(hour=2, minute=31))
    trigger_switch(trigger_id=nightly.pk, is_active=False, user=petra)
    with pytest.raises(Conflict):
        trigger_switch(trigger_id=nightly.pk, is_active=False, user=petra)
    assert triggers_fire() == 0
    trigger_switch(trigger_id=nightly.pk, is_active=True, user=petra)
    assert triggers_fire() == 1


def test_a_time_before_the_change_does_not_fire(nightly: Trigger, petra: User, at: At) -> None:
    changed = trigger_change(trigger_id=nightly.pk, form=TriggerForm(cron="40 2 * * *"), user=petra)
    assert (changed.cron, changed.created_by) == ("40 2 * * *", petra)
    at(SATURDAY.replace(hour=2, minute=41))  # long before now, when it was changed
    assert triggers_fire() == 0


def test_it_removes_one_once(nightly: Trigger, petra: User) -> None:
    trigger_remove(trigger_id=nightly.pk, user=petra)
    for again in (
        lambda: trigger_remove(trigger_id=nightly.pk, user=petra),
        lambda: trigger_change(trigger_id=nightly.pk, form=TriggerForm(cron="40 2 * * *"), user=petra),
    ):
        with pytest.raises(NotFound):
            again()


def test_new_labels_fire_at_their_number_and_say_how_many() -> None:
    import_contacts(30)
    by_labels(1000)
    assert triggers_fire() == 0
    few = by_labels(20)
    count = Label.objects.count()
    assert triggers_fire() == 1
    run = TrainingRun.objects.get()
    assert (run.trigger, run.reason) == ("labels", f"because {count:,} new labels came so far")
    assert few.firings.get().run == run


def test_labels_count_from_the_last_snapshot(at: At) -> None:
    import_contacts(30)
    by_labels(20, rest_hours=1)
    snapshot_freeze(CONTACT)
    Label.objects.update(created_at=db_now() - timedelta(days=1))
    assert triggers_fire() == 0
    Snapshot.objects.update(created_at=db_now() - timedelta(days=6))
    assert triggers_fire() == 1
    since = Snapshot.objects.get().created_at
    assert TrainingRun.objects.get().reason.endswith(f"since {since.day} {since:%B}")


def test_the_same_labels_fire_once_even_when_their_run_is_cancelled(at: At, ada: User) -> None:
    import_contacts(30)
    by_labels(Label.objects.count(), rest_hours=1)
    assert triggers_fire() == 1
    run_cancel(run_id=TrainingRun.objects.get().pk, user=ada)
    later(at, 2)
    assert triggers_fire() == 0
    import_contacts(30, seed=2, prefix="d")  # as many more
    assert triggers_fire() == 1


def test_a_trigger_rests_between_two_firings(at: At) -> None:
    import_contacts(30)
    by_labels(20, rest_hours=48)
    assert triggers_fire() == 1
    import_contacts(60, seed=2, prefix="d")
    later(at, 47)
    assert triggers_fire() == 0
    later(at, 49)
    assert triggers_fire() == 1


@pytest.mark.parametrize(("cause", "code"), [("drift", "score_drift"), ("drift", "label_shift"), ("band", "band_lost")])
def test_an_alert_fires_once_while_it_lasts(cause: str, code: str, at: At) -> None:
    by_alert(cause)
    alert_raise(code=code, kind="order", sentence="Of another kind.")
    alert_raise(code="language_mix", kind="contact", sentence="Of another sort.")
    assert triggers_fire() == 0
    alert_raise(code=code, kind="contact", sentence="The scores are not what they were.")
    assert triggers_fire() == 1
    run = TrainingRun.objects.get()
    assert (run.trigger, run.reason) == (cause, "because of an alert: The scores are not what they were.")
    alert_raise(code=code, kind="contact", sentence="The scores are not what they were.")  # it goes on
    later(at, 25)
    assert triggers_fire() == 0
    alert_clear(code=code, kind="contact")
    alert_raise(code=code, kind="contact", sentence="Again.")
    assert triggers_fire() == 1
    assert Firing.objects.count() == Alert.objects.filter(code=code, kind="contact").count() == 2


def test_many_alerts_at_once_make_one_run(at: At) -> None:
    """A storm: the first fires, the trigger rests, and what is still open then fires one by one."""
    by_alert("drift")
    for number in range(5):
        alert_raise(code="feature_drift", kind="contact", subject=f"feature:{number}", sentence=f"Feature {number} drifts.")
    assert [triggers_fire(), triggers_fire()] == [1, 0]
    later(at, 25)
    assert triggers_fire() == 1
    assert TrainingRun.objects.count() == 1  # the first has not begun: it takes the labels in


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"cause": "moon"}, {"cause", "rest_hours"}),
        ({"cron": "0 3 * * 9"}, {"cron"}),
        ({"cron": "0 3 * * 1", "time_zone": "Mars/Base"}, {"time_zone"}),
        ({"cron": "0 3 * * 1", "trainer": "magic"}, {"trainer"}),
        ({"cause": "labels"}, {"labels", "rest_hours"}),
        ({"cause": "labels", "labels": 19, "rest_hours": 24}, {"labels"}),
        ({"cause": "drift", "rest_hours": 0}, {"rest_hours"}),
        ({"cause": "band", "rest_hours": 9999}, {"rest_hours"}),
    ],
)
def test_it_refuses_with_every_field_that_is_wrong(form: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Invalid) as error:
        trigger_create(kind="contact", form=TriggerForm(**{"rest_hours": -1, **form}))
    assert set(error.value.fields) == fields
    assert not Trigger.objects.exists()


def test_it_keeps_only_what_belongs_to_the_cause() -> None:
    trigger = trigger_create(kind="contact", form=TriggerForm(cause="labels", cron="0 3 * * 1", labels=500, rest_hours=12))
    assert (trigger.cron, trigger.labels, trigger.rest_hours) == ("", 500, 12)
    changed = trigger_change(trigger_id=trigger.pk, form=TriggerForm(cron="0 3 * * 1", labels=500), user=None)
    assert (changed.cause, changed.cron, changed.labels, changed.rest_hours) == ("time", "0 3 * * 1", None, 0)


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_fire_a_cause_once(petra: User, at: At) -> None:
    trigger_create(kind="contact", form=TriggerForm(cron="30 2 * * *"), user=petra)
    Trigger.objects.update(since=SATURDAY - timedelta(days=3))
    at(SATURDAY.replace(hour=2, minute=30))

    def sweep(_: int) -> int:
        try:
            return triggers_fire()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 1
    assert TrainingRun.objects.count() == 1
