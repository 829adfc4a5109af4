"""Schedules: cron in a time zone, shown before it is saved; each slot fires once, whoever sweeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from console.accounts.models import User
from console.audit.models import AuditRow
from console.common.errors import Conflict, Invalid, NotFound
from console.training import schedules
from console.training.models import Schedule, ScheduleSlot, TrainingRun
from console.training.runs import run_request
from console.training.schedules import schedule_create, schedule_remove, schedule_switch, schedule_times, schedule_words, schedules_fire

pytestmark = pytest.mark.django_db
SATURDAY = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(schedules, "db_now", lambda: moment)


@pytest.fixture
def nightly(petra: User) -> Schedule:
    schedule = schedule_create(kind="contact", cron=" 30  2 * * * ", time_zone="UTC", user=petra)
    Schedule.objects.update(created_at=SATURDAY - timedelta(days=3))
    schedule.refresh_from_db()
    return schedule


def test_it_names_the_next_five_times_in_the_zone_of_the_schedule() -> None:
    times = schedule_times("0 3 * * 1", "Europe/Vienna", after=SATURDAY)
    assert [t.isoformat() for t in times[:2]] == ["2026-10-26T03:00:00+01:00", "2026-11-02T03:00:00+01:00"]
    assert len(times) == 5


def test_it_keeps_the_local_hour_when_the_clocks_change() -> None:
    times = schedule_times("0 12 * * *", "Europe/Vienna", after=SATURDAY - timedelta(days=1))
    assert [t.astimezone(UTC).hour for t in times[:3]] == [10, 11, 11]


def test_it_says_a_schedule_in_words() -> None:
    assert schedule_words("0 3 * * 1") == "At 03:00, only on Monday"


@pytest.mark.parametrize(
    ("cron", "zone", "field"),
    [
        ("", "UTC", "cron"),
        ("0 3 * *", "UTC", "cron"),
        ("61 3 * * *", "UTC", "cron"),
        ("* * * * *", "UTC", "cron"),
        ("0 0 31 2 *", "UTC", "cron"),
        ("0 3 * * 1", "Mars/Base", "time_zone"),
        ("0 3 * * 1", "../etc/passwd", "time_zone"),
    ],
)
def test_it_refuses_with_the_field_that_is_wrong(cron: str, zone: str, field: str) -> None:
    with pytest.raises(Invalid) as error:
        schedule_create(kind="contact", cron=cron, time_zone=zone)
    assert list(error.value.fields) == [field]
    assert all(text.endswith(".") for text in error.value.fields[field])
    assert not Schedule.objects.exists()


def test_it_names_every_field_at_once() -> None:
    with pytest.raises(Invalid) as error:
        schedule_create(kind="poem", cron="x", time_zone="nowhere")
    assert set(error.value.fields) == {"kind", "cron", "time_zone"}


def test_a_slot_fires_once(nightly: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    assert nightly.cron == "30 2 * * *"
    at(monkeypatch, SATURDAY.replace(hour=2, minute=29))
    assert schedules_fire() == 0
    at(monkeypatch, SATURDAY.replace(hour=2, minute=30, second=4))
    assert schedules_fire() == 1
    assert schedules_fire() == 0
    slot = ScheduleSlot.objects.get()
    assert slot.slot == SATURDAY.replace(hour=2, minute=30)
    assert slot.run is not None
    assert (slot.run.trigger, slot.run.kind) == ("schedule", "contact")


def test_a_slot_that_was_missed_by_more_than_an_hour_is_left_out(nightly: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, SATURDAY.replace(hour=3, minute=31))
    assert schedules_fire() == 0
    at(monkeypatch, SATURDAY.replace(hour=3, minute=29))
    assert schedules_fire() == 1


def test_a_slot_during_a_run_is_passed_over(nightly: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    run_request(kind="contact")
    at(monkeypatch, SATURDAY.replace(hour=2, minute=31))
    assert schedules_fire() == 0
    assert ScheduleSlot.objects.get().run is None
    assert TrainingRun.objects.count() == 1
    assert "under way" in AuditRow.objects.get(verb="schedule.skipped").data["reason"]


def test_a_paused_or_broken_schedule_does_not_fire(nightly: Schedule, petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Schedule.objects.create(kind="contact", cron="30 2 * * *", time_zone="Gone/Zone")
    at(monkeypatch, SATURDAY.replace(hour=2, minute=31))
    schedule_switch(schedule_id=nightly.pk, is_active=False, user=petra)
    with pytest.raises(Conflict):
        schedule_switch(schedule_id=nightly.pk, is_active=False, user=petra)
    assert schedules_fire() == 0
    schedule_switch(schedule_id=nightly.pk, is_active=True, user=petra)
    assert schedules_fire() == 1


def test_it_removes_a_schedule(nightly: Schedule, petra: User) -> None:
    schedule_remove(schedule_id=nightly.pk, user=petra)
    with pytest.raises(NotFound):
        schedule_remove(schedule_id=nightly.pk, user=petra)


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_the_same_moment_fire_a_slot_once(petra: User, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule_create(kind="contact", cron="30 2 * * *", user=petra)
    Schedule.objects.update(created_at=SATURDAY - timedelta(days=3))
    at(monkeypatch, SATURDAY.replace(hour=2, minute=30))

    def sweep(_: int) -> int:
        try:
            return schedules_fire()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 1
    assert TrainingRun.objects.count() == 1
