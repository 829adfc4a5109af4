"""The pages of runs: where each kind stands, the queue, a run stage by stage, what begins runs, their limits."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from console.accounts.models import User
from console.common.clock import db_now
from console.training.models import ModelVersion, RunLimits, TrainingRun, Trigger
from console.training.runs import run_request
from console.training.services import model_ensure_starters, run_execute, trigger_create
from console.training.triggers import TriggerForm
from scoring.registry import KINDS
from tests.console.training_data import import_contacts

pytestmark = pytest.mark.django_db
HERE = "/models/contact"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    html: str = response.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)
    return html


def plain(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(response)))


@pytest.fixture
def run(db: None) -> TrainingRun:
    return run_request(kind="contact")


@pytest.mark.parametrize("path", ["/models/", f"{HERE}/runs/", f"{HERE}/schedules/", f"{HERE}/limits"])
def test_leads_read_and_moderators_do_not(path: str, rita: User, lena: User, petra: User, otto: User) -> None:
    assert Client().get(path).status_code == 302
    assert [signed_in(user).get(path).status_code for user in (rita, otto, lena, petra)] == [403, 403, 200, 200]


def test_leads_change_nothing(run: TrainingRun, lena: User, rita: User) -> None:
    trigger = trigger_create(kind="contact", form=TriggerForm(cron="0 3 * * 1"))
    verbs = [f"runs/{run.pk}/{verb}" for verb in ("cancel", "first", "retry")]
    paths = [*verbs, "retrain", "schedules/", f"schedules/{trigger.pk}", "limits"]
    for user in (lena, rita):
        assert {signed_in(user).post(f"{HERE}/{path}").status_code for path in paths} == {403}
    assert signed_in(lena).get(f"{HERE}/schedules/{trigger.pk}/edit").status_code == 403
    for path in ("schedules/", "limits", f"runs/{run.pk}/"):
        html = text_of(signed_in(lena).get(f"{HERE}/{path}"))
        assert 'class="btn primary"' not in html


@pytest.mark.parametrize("path", [f"runs/{UUID(int=7)}/", f"runs/{UUID(int=7)}/live", "schedules/99/edit"])
def test_what_is_not_there_is_not_found(path: str, ada: User) -> None:
    assert signed_in(ada).get(f"{HERE}/{path}").status_code == 404


def test_a_run_is_found_under_its_own_kind_only(run: TrainingRun, ada: User) -> None:
    assert signed_in(ada).get(f"/models/order/runs/{run.pk}/").status_code == 404


def test_the_first_page_says_where_each_kind_stands(lena: User, petra: User) -> None:
    model_ensure_starters()
    import_contacts(30)
    run_execute(run_request(kind="contact").pk)
    trigger_create(kind="order", form=TriggerForm(cron="0 3 * * *", time_zone="Europe/Vienna"), user=petra)
    trigger_create(kind="review", form=TriggerForm(cause="drift"), user=petra)
    response = signed_in(lena).get("/models/")
    html, said = text_of(response), plain(response)
    assert html.count('<th scope="row">') == len(KINDS)
    assert "Failed" in said
    assert re.search(r"\w{3} \d+ \w{3}, 03:00 CES?T", said)
    assert "watches drift" in said
    assert "By hand only" in said


def test_the_queue_is_seen_and_reordered(petra: User) -> None:
    first, second, third = (run_request(kind="contact", seed=seed) for seed in (1, 2, 3))
    client = signed_in(petra)
    html = text_of(client.get(f"{HERE}/"))
    assert html.index(f"runs/{second.pk}/cancel") < html.index(f"runs/{third.pk}/cancel")
    assert f"runs/{second.pk}/first" not in html  # it is the next already
    assert "This run is the next" in text_of(client.post(f"{HERE}/runs/{third.pk}/first", follow=True))
    html = text_of(client.get(f"{HERE}/"))
    assert html.index(f"runs/{third.pk}/cancel") < html.index(f"runs/{second.pk}/cancel")
    assert "2 runs of contacts are ahead" in plain(client.get(f"{HERE}/runs/{second.pk}/"))
    client.post(f"{HERE}/runs/{first.pk}/cancel")
    assert TrainingRun.objects.get(pk=third.pk).state == "waiting"


def test_a_second_run_waits_and_the_same_is_refused_in_words(petra: User) -> None:
    client = signed_in(petra)
    assert "Training a new model" in text_of(client.post(f"{HERE}/retrain", {"trainer": "quick"}, follow=True))
    assert "The same run for contacts waits already" in text_of(client.post(f"{HERE}/retrain", {"trainer": "quick"}, follow=True))
    asked = {"trainer": "boosted", "seed": "7", "search_minutes": "5"}
    assert "waits for its turn" in text_of(client.post(f"{HERE}/retrain", asked, follow=True))
    run = TrainingRun.objects.get(seed=7)
    assert (run.trainer, run.search, run.requested_by) == ("boosted", {"minutes": 5}, petra)
    assert "whole numbers" in text_of(client.post(f"{HERE}/retrain", {"seed": "one"}, follow=True))
    assert "2,147,483,647" in plain(client.post(f"{HERE}/retrain", {"seed": "99999999999"}, follow=True))


def test_what_polls_says_nothing_while_nothing_changes(run: TrainingRun, lena: User) -> None:
    client = signed_in(lena)
    TrainingRun.objects.update(state="running", started_at=Now(), progress=0.42, stage="train", log="10:00:00 <b>Epoch</b> 3\n")
    address = re.search(r'hx-get="([^"]+)"', text_of(client.get(f"{HERE}/runs/{run.pk}/")))
    assert address is not None
    live = address[1].replace("&amp;", "&")
    unchanged = client.get(live, headers={"HX-Request": "true"})
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    TrainingRun.objects.update(progress=0.5)
    response = client.get(live, headers={"HX-Request": "true"})
    html = text_of(response)
    assert "50" in html
    assert "&lt;b&gt;Epoch&lt;/b&gt; 3" in html
    assert live not in html
    TrainingRun.objects.update(state="failed")
    assert client.get(live).headers["HX-Refresh"] == "true"


def test_a_run_shows_its_stages_with_their_time(run: TrainingRun, lena: User) -> None:
    now = db_now()
    marks = [("snapshot", 100), ("split", 60), ("train", 50)]
    TrainingRun.objects.update(
        state="running", started_at=now, stage="train",
        marks=[{"stage": name, "at": (now - timedelta(seconds=ago)).isoformat(), "reused": name == "snapshot"} for name, ago in marks],
    )  # fmt: skip
    said = plain(signed_in(lena).get(f"{HERE}/runs/{run.pk}/"))
    assert "Done: Freeze the labels" in said
    assert "done before it was stopped" in said
    assert re.search(r"Done: Divide by time and group .{0,140} 10 s", said)
    assert re.search(r"Now: Train .{0,60} 5\d s", said)
    assert "To come: Register" in said
    assert "Search settings" not in said


def test_a_failed_run_says_why_what_to_do_and_is_tried_again(petra: User) -> None:
    run = run_execute(run_request(kind="contact", seed=5).pk)
    client = signed_in(petra)
    said = plain(client.get(f"{HERE}/runs/{run.pk}/"))
    assert "Too few labels" in said
    assert "Decide more items blind, or import labels that you have" in said
    assert "Stopped here: Divide by time and group" in said
    again = client.post(f"{HERE}/runs/{run.pk}/retry", follow=True)
    assert "with the same trainer, seed and search" in text_of(again)
    assert TrainingRun.objects.get(state="waiting").seed == 5
    assert "Tried again" in plain(client.get(f"{HERE}/runs/{run.pk}/"))


def test_a_search_is_told_as_a_table(lena: User) -> None:
    import_contacts(300)
    run = run_execute(run_request(kind="contact", search_minutes=5).pk)
    assert run.model is not None, run.error
    html = text_of(signed_in(lena).get(f"{HERE}/runs/{run.pk}/"))
    assert "Settings that were tried" in html
    assert html.count("strength ") >= 5
    assert html.count("Won") == 1


def test_the_history_is_filtered_and_paged(lena: User, petra: User) -> None:
    made = [
        TrainingRun.objects.create(kind="contact", state="failed" if n % 2 else "done", trigger="labels" if n < 10 else "hand")
        for n in range(35)
    ]
    client = signed_in(lena)
    html = text_of(client.get(f"{HERE}/runs/"))
    assert html.count('<th scope="row"') == 30
    older = re.search(r'rel="next" href="\?([^"]+)"', html)
    assert older is not None
    page = text_of(client.get(f"{HERE}/runs/?{older[1]}"))
    assert page.count('<th scope="row"') == 5
    assert str(made[0].pk) in page
    filtered = text_of(client.get(f"{HERE}/runs/?state=failed&by=labels"))
    assert filtered.count('<th scope="row"') == 5
    assert "None of these" in text_of(client.get(f"{HERE}/runs/?state=open"))
    assert client.get(f"{HERE}/runs/?state=x&by=y&before=z").status_code == 200


def test_a_time_is_previewed_saved_changed_paused_and_removed(petra: User) -> None:
    client = signed_in(petra)
    html = text_of(client.get(f"{HERE}/schedules/preview?cause=time&cron=0+3+*+*+1&time_zone=Europe/Vienna"))
    assert "At 03:00, only on Monday" in html
    assert html.count("<li>") == 5
    assert "There is no time zone" in text_of(client.get(f"{HERE}/schedules/preview?cron=0+3+*+*+1&time_zone=x"))
    values = {"cause": "time", "cron": "0 3 * * 9", "time_zone": "Europe/Vienna", "trainer": "boosted", "labels": "", "rest_hours": ""}
    refused = client.post(f"{HERE}/schedules/", values)
    html = text_of(refused)
    assert refused.status_code == 422
    assert 'value="0 3 * * 9"' in html
    assert 'aria-invalid="true"' in html
    assert '<option value="boosted" selected>' in html
    client.post(f"{HERE}/schedules/", {**values, "cron": "0 3 * * 1"})
    trigger = Trigger.objects.get()
    assert (trigger.cron, trigger.time_zone, trigger.trainer, trigger.created_by) == ("0 3 * * 1", "Europe/Vienna", "boosted", petra)
    said = plain(client.get(f"{HERE}/schedules/"))
    assert "At 03:00, only on Monday" in said
    assert f"made by {petra.display_name}" in said
    edit = f"{HERE}/schedules/{trigger.pk}/edit"
    assert 'value="0 3 * * 1"' in text_of(client.get(edit))
    client.post(edit, {**values, "cron": "30 4 * * *"})
    assert "At 04:30" in plain(client.get(f"{HERE}/schedules/"))
    client.post(f"{HERE}/schedules/{trigger.pk}", {"what": "pause"})
    assert "Paused" in text_of(client.get(f"{HERE}/schedules/"))
    client.post(f"{HERE}/schedules/{trigger.pk}", {"what": "remove"})
    assert not Trigger.objects.exists()
    assert "not there any more" in text_of(client.post(f"{HERE}/schedules/{trigger.pk}", {"what": "remove"}, follow=True))


def test_other_causes_are_written_on_the_same_page(petra: User) -> None:
    import_contacts(30)
    client = signed_in(petra)
    assert "new labels now" in text_of(client.get(f"{HERE}/schedules/preview?cause=labels"))
    assert "0 such alerts are open now" in text_of(client.get(f"{HERE}/schedules/preview?cause=band"))
    values = {"cause": "labels", "labels": "x", "rest_hours": "0"}
    refused = client.post(f"{HERE}/schedules/", values)
    assert refused.status_code == 422
    assert "Write a number from 20 to 1,000,000" in plain(refused)
    assert "Write 1 to 1440 hours" in plain(refused)
    client.post(f"{HERE}/schedules/", {**values, "labels": "500", "rest_hours": "12"})
    client.post(f"{HERE}/schedules/", {"cause": "band", "labels": "", "rest_hours": "24"})
    said = plain(client.get(f"{HERE}/schedules/"))
    assert "500 new labels came" in said
    assert "at most every 12 h" in said
    assert "Automation was lost" in said


def test_limits_are_changed_with_words_for_what_is_wrong(petra: User) -> None:
    client = signed_in(petra)
    assert "strength" in plain(client.get(f"{HERE}/limits")).lower()
    assert "nothing to search" in plain(client.get("/models/video/limits"))
    values = {"minutes": "30", "memory_mb": "2000", "threads": "2", "disk_mb": "0", "search_minutes": "5"}
    refused = client.post(f"{HERE}/limits", {**values, "threads": "many"})
    assert refused.status_code == 422
    assert "Write a whole number from 1 to 64" in plain(refused)
    assert not RunLimits.objects.exists()
    assert "limits are saved" in text_of(client.post(f"{HERE}/limits", values, follow=True))
    assert (RunLimits.objects.get().minutes, RunLimits.objects.get().changed_by) == (30, petra)
    client.post(f"{HERE}/retrain", {})
    assert TrainingRun.objects.get().search == {"minutes": 5}


def test_a_run_that_went_well_leads_to_its_model(lena: User) -> None:
    import_contacts(300)
    run = run_execute(run_request(kind="contact").pk)
    version = ModelVersion.objects.get()
    said = plain(signed_in(lena).get(f"{HERE}/runs/{run.pk}/"))
    assert f"Open {version.version}" in said
    assert "No model serves yet" in said


def test_help_explains_runs(lena: User) -> None:
    assert "successive halving" in text_of(signed_in(lena).get("/help/runs/"))
