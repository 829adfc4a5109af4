"""Runs, triggers and limits over REST."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.training.models import TrainingRun, Trigger
from console.training.runs import run_request
from console.training.services import run_execute
from tests.console.calls import Calls, fields, of, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


@pytest.fixture
def calls(shop: Source, petra: User) -> Calls:
    return of(shop, Role.POLICY, petra)


def test_runs_wait_are_reordered_cancelled_and_tried_again(calls: Calls) -> None:
    first, second, third = (calls.post("training/runs", {"kind": "contact", "seed": seed}).json() for seed in (1, 2, 3))
    assert [first["state"], second["state"], third["state"]] == ["waiting", "queued", "queued"]
    assert calls.post(f"training/runs/{third['id']}/first").json()["state"] == "queued"
    assert calls.post(f"training/runs/{first['id']}/cancel").json()["state"] == "cancelled"
    assert calls.get(f"training/runs/{third['id']}").json()["state"] == "waiting"
    problem(calls.post(f"training/runs/{first['id']}/cancel"), 409)
    problem(calls.post(f"training/runs/{third['id']}/first"), 409)
    again = calls.post(f"training/runs/{first['id']}/retry")
    assert again.status_code == 201
    assert (again.json()["retry_of"], again.json()["seed"]) == (first["id"], 1)
    problem(calls.post(f"training/runs/{second['id']}/retry"), 409)
    for verb in ("cancel", "first", "retry"):
        problem(calls.post(f"training/runs/{uuid.uuid4()}/{verb}"), 404)


def test_a_run_tells_why_it_failed(calls: Calls) -> None:
    run = run_execute(run_request(kind="contact").pk)
    told = calls.get(f"training/runs/{run.pk}").json()
    assert (told["failure"], told["stages"][0]["stage"], told["trials"]) == ("too_few_labels", "snapshot", [])
    assert "log" not in {key for key, value in calls.get("training/runs").json()["results"][0].items() if value is not None}


def test_a_trigger_is_made_read_changed_paused_and_removed(calls: Calls) -> None:
    made = calls.post("training/triggers", {"kind": "contact", "cron": "0 3 * * 1", "time_zone": "Europe/Vienna"})
    assert made.status_code == 201
    body = made.json()
    assert (body["cause"], body["created_by"], len(body["next_times"]), body["last"]) == ("time", "petra", 5, None)
    address = f"training/triggers/{body['id']}"
    assert calls.get(address).json() == body
    assert calls.get("training/triggers", kind="contact").json()["results"] == [body]
    assert calls.get("training/triggers", kind="order").json()["results"] == []
    changed = calls.send("PATCH", address, {"cause": "labels", "labels": 500, "rest_hours": 12}).json()
    assert (changed["cron"], changed["labels"], changed["next_times"]) == ("", 500, [])
    assert calls.send("PATCH", address, {"is_active": False}).json()["is_active"] is False
    assert calls.send("DELETE", address, {}).status_code == 204
    problem(calls.get(address), 404)
    problem(calls.send("PATCH", address, {"labels": 600}), 404)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"kind": "poem", "cron": "0 3 * * 1"}, {"kind"}),
        ({"kind": "contact", "cron": "every day", "time_zone": "Mars/Base"}, {"cron", "time_zone"}),
        ({"kind": "contact", "cause": "labels", "labels": 3}, {"labels"}),
        ({"kind": "contact", "cause": "moon"}, {"cause"}),
    ],
)
def test_a_trigger_that_makes_no_sense_is_refused(body: dict[str, Any], wrong: set[str], calls: Calls) -> None:
    assert fields(problem(calls.post("training/triggers", body), 400)) == wrong
    assert not Trigger.objects.exists()


def test_limits_are_read_and_changed(calls: Calls, shop: Source, lena: User) -> None:
    assert calls.get("training/limits/contact").json()["minutes"] == 240
    assert calls.send("PATCH", "training/limits/contact", {"minutes": 30, "search_minutes": 5}).json()["minutes"] == 30
    assert fields(problem(calls.send("PATCH", "training/limits/contact", {"threads": 0}), 400)) == {"threads"}
    problem(calls.send("PATCH", "training/limits/contact", {}), 400)
    problem(calls.get("training/limits/poem"), 404)
    problem(of(shop, Role.LEAD, lena).send("PATCH", "training/limits/contact", {"minutes": 1}), 403)
    assert calls.post("training/runs", {"kind": "contact"}).json()["search"] == {"minutes": 5}
    assert TrainingRun.objects.count() == 1
