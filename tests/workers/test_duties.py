"""The other tasks: leases kept alive, ticks that may run twice, a canary that proves life."""

from __future__ import annotations

import threading
from datetime import timedelta
from inspect import signature
from uuid import uuid4

import pytest
from celery import Celery
from django.conf import LazySettings
from django.db import connection

from console.automation.models import AuditPlan
from console.common.heartbeats import busy_lanes, heartbeat_ages
from console.common.jobs import job_claim, job_put_many
from console.common.models import IdempotencyKey, Job
from console.common.tidy import tidy_old_rows
from scoring.registry import KINDS
from workers.app import app
from workers.certify import audits, certificates
from workers.hold import holding
from workers.queues import measure_queues, queues
from workers.schedule import BEAT_SCHEDULE
from workers.sweep import canary, seal, sweep, tidy


@pytest.mark.django_db(transaction=True)
def test_it_keeps_a_lease_alive_for_as_long_as_the_work_takes(settings: LazySettings) -> None:
    settings.LEASE_SECONDS = 0.3
    ids = job_put_many(task="train", lane="train", subjects=[str(uuid4())])
    jobs = job_claim(task="train", owner="one", ids=ids, lease_seconds=0.3)
    first = Job.objects.get().lease_until
    prolonged = threading.Event()
    with holding(jobs):
        for _ in range(100):
            if Job.objects.get().lease_until > first + timedelta(seconds=0.3):
                prolonged.set()
                break
            prolonged.wait(0.05)
        assert job_claim(task="train", owner="two", ids=ids) == []
    assert prolonged.is_set()


@pytest.mark.django_db
def test_certificates_and_audits_are_looked_after_twice_without_harm() -> None:
    for _ in range(2):
        certificates()
        audits()
    assert set(AuditPlan.objects.values_list("kind", flat=True)) == set(KINDS)


@pytest.mark.django_db
def test_a_canary_proves_that_a_lane_is_alive() -> None:
    canary("light")
    canary("light")
    assert set(heartbeat_ages()) == {"lane:light"}
    assert heartbeat_ages()["lane:light"] < 60


@pytest.mark.django_db
def test_a_lane_with_a_live_lease_is_busy() -> None:
    ids = job_put_many(task="train", lane="train", subjects=["a", "b"])
    job_claim(task="train", owner="alive", ids=ids[:1])
    job_put_many(task="score_item", lane="light", subjects=["c"])
    job_claim(task="score_item", owner="dead", lease_seconds=-1)
    assert busy_lanes() == {"train"}


@pytest.mark.django_db
def test_the_ticks_may_run_on_an_empty_database_and_twice() -> None:
    for tick in (sweep, seal, tidy, sweep, seal, tidy, queues, measure_queues, queues, measure_queues):
        tick()


@pytest.mark.django_db
def test_it_removes_only_what_is_old_and_finished() -> None:
    old, young = job_put_many(task="score_item", lane="light", subjects=["old", "young"])
    IdempotencyKey.objects.create(caller="shop", key="1", request_hash="x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_job SET state = 'done', finished_at = clock_timestamp()")
        cursor.execute("UPDATE common_job SET finished_at = clock_timestamp() - interval '30 days' WHERE id = %s", [old])
    assert tidy_old_rows() == 1
    assert list(Job.objects.values_list("pk", flat=True)) == [young]
    assert IdempotencyKey.objects.count() == 1


def test_every_tick_of_the_schedule_is_a_task_that_exists() -> None:
    assert isinstance(app, Celery)
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= set(app.tasks)
    for entry in BEAT_SCHEDULE.values():  # two tasks of one name: the later import would get what is meant for the other
        signature(app.tasks[entry["task"]].run).bind(*entry.get("args", ()))
    assert all(entry["options"]["expires"] for entry in BEAT_SCHEDULE.values())


def test_it_speaks_json_and_never_puts_a_message_back_without_limit() -> None:
    conf = app.conf
    assert (conf.task_serializer, conf.accept_content) == ("json", ["json"])
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, False, 1)
