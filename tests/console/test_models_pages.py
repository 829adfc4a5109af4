"""The models pages, over HTTP: leads read, policy and admin act, everybody else is refused; nothing inline in the HTML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from console.accounts.models import User
from console.training.models import ModelVersion, TrainingRun
from console.training.runs import run_request
from console.training.selectors import champion
from console.training.services import model_ensure_starters, run_execute
from console.ui.compared import compared_rows, label_rows
from console.ui.markdown import card_html
from tests.console.training_data import import_contacts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def trained(db: None) -> ModelVersion:
    """A version that was really trained and compared with the starter."""
    model_ensure_starters()
    import_contacts(400)
    run = run_execute(run_request(kind="contact").pk)
    assert run.model is not None, run.error
    return run.model


def text_of(response: Any) -> str:
    html: str = response.content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"\son\w+=", html)
    return html


@pytest.mark.parametrize("path", ["/models/contact/", "/models/contact/schedules/"])
def test_leads_read_and_moderators_do_not(path: str, rita: User, lena: User, petra: User, otto: User) -> None:
    assert Client().get(path).status_code == 302
    assert [signed_in(user).get(path).status_code for user in (rita, otto, lena, petra)] == [403, 403, 200, 200]


@pytest.mark.parametrize("path", ["/models/contact/retrain", "/models/contact/rollback", "/models/contact/versions/1/promote"])
def test_leads_change_nothing(path: str, lena: User, rita: User) -> None:
    assert [signed_in(user).post(path).status_code for user in (lena, rita)] == [403, 403]
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("path", ["/models/poem/", "/models/contact/versions/none/", f"/models/contact/runs/{UUID(int=7)}/"])
def test_what_is_not_there_is_not_found(path: str, ada: User) -> None:
    assert signed_in(ada).get(path).status_code == 404


def test_it_says_that_no_model_serves_yet(ada: User) -> None:
    assert "No model serves yet" in text_of(signed_in(ada).get("/models/contact/"))


def test_it_shows_the_comparison_with_intervals_and_a_table(trained: ModelVersion, ada: User, lena: User) -> None:
    html = text_of(signed_in(ada).get("/models/contact/"))
    assert f"{trained.version} against starter" in html
    assert html.count('class="plot interval"') >= 5
    assert "Harm found, at 1 in 100 false alarms" in html
    assert trained.comparison["report"]["headline"] in html
    assert "Promote" in html
    assert "Promote" not in text_of(signed_in(lena).get("/models/contact/"))
    page = text_of(signed_in(lena).get(f"/models/contact/versions/{trained.version}/"))
    assert "What it learnt from" in page
    assert trained.checksum in page


def test_policy_writers_train_and_only_admins_choose_what_serves(trained: ModelVersion, petra: User) -> None:
    client = signed_in(petra)
    for path in ("/models/contact/", f"/models/contact/versions/{trained.version}/"):
        html = text_of(client.get(path))
        assert f"Propose {trained.version}" in html  # an admin still has to agree
        assert "Without a second person" not in html
        assert "/models/contact/rollback" not in html
    assert "Retrain now" in text_of(client.get("/models/contact/"))
    for verb in (f"versions/{trained.version}/promote", "rollback"):
        assert client.post(f"/models/contact/{verb}", {"reason": "Ours.", "override": "on"}).status_code == 403
    assert champion("contact") != trained
    assert "Training a new model" in text_of(client.post("/models/contact/retrain", follow=True))


def test_it_promotes_with_a_reason_and_rolls_back(trained: ModelVersion, ada: User) -> None:
    client, address = signed_in(ada), f"/models/contact/versions/{trained.version}/promote"
    ModelVersion.objects.filter(pk=trained.pk).update(state="refused")
    assert "was refused" in text_of(client.post(address, follow=True))
    assert "Say why" in text_of(client.post(address, {"override": "on"}, follow=True))
    assert "serves now" in text_of(client.post(address, {"override": "on", "reason": "Ours."}, follow=True))
    assert champion("contact") == trained
    assert "serves again" in text_of(client.post("/models/contact/rollback", {"reason": "No."}, follow=True))
    assert "no earlier model" in text_of(client.post("/models/contact/rollback", follow=True))


def test_a_run_is_followed_live_and_cancelled(petra: User) -> None:
    client = signed_in(petra)
    assert "Training a new model" in text_of(client.post("/models/contact/retrain", {"trainer": "quick"}, follow=True))
    run = TrainingRun.objects.get()
    assert run.requested_by == petra
    live = f"/models/contact/runs/{run.pk}/live"
    assert f'hx-get="{live}?seen=' in text_of(client.get("/models/contact/"))
    TrainingRun.objects.update(state="running", progress=0.42, stage="train", log="10:00:00 <b>Epoch</b> 3\n")
    response = client.get(f"{live}?whole", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in response.headers
    html = text_of(response)
    assert "42" in html
    assert "&lt;b&gt;Epoch&lt;/b&gt; 3" in html
    assert "waits for its turn" in text_of(client.post("/models/contact/retrain", {"seed": "1"}, follow=True))
    assert "cancelled" in text_of(client.post(f"/models/contact/runs/{run.pk}/cancel", follow=True))
    ended = client.get(live)
    assert ended.headers["HX-Refresh"] == "true"
    assert "hx-get" not in text_of(ended)


def test_a_failed_run_says_why(ada: User) -> None:
    run_execute(run_request(kind="contact").pk)
    html = text_of(signed_in(ada).get("/models/contact/"))
    assert "Too few labels to test a new model" in html
    assert "Failed" in html


def test_lower_is_better_points_the_same_way() -> None:
    row = {"champion": 0.2, "challenger": 0.1, "difference": -0.1, "low": -0.15, "high": -0.05, "better": True, "worse": False}
    drawn = compared_rows({"metrics": {"brier": row}})[0]
    assert (drawn.word, drawn.range_words) == ("Better", "+10.0 (+5.0 to +15.0)")
    assert 90 < float(drawn.low) < float(drawn.dot) < float(drawn.high) <= 180


def test_what_could_not_be_measured_has_no_interval() -> None:
    row = {"champion": None, "challenger": None, "difference": None, "low": None, "high": None, "better": False, "worse": False}
    drawn = label_rows({"labels": {"hate_speech": row}})[0]
    assert (drawn.title, drawn.word, drawn.dot, drawn.champion) == ("Hate speech", "Not enough data", "", "—")


def test_a_card_cannot_bring_markup() -> None:
    html = card_html("# Hi <script>alert(1)</script>\n\n| a | b |\n|---|---|\n| `x` | **y** |\n\n- one\n  two\n- three\n")
    assert "<script>" not in html
    assert "<h2>Hi &lt;script&gt;" in html
    assert "<td><code>x</code></td><td><b>y</b></td>" in html
    assert "<li>one two</li><li>three</li>" in html


@pytest.mark.parametrize("path", ["/models/review/versions/%00/", "/models/review/versions/%00/card.md"])
def test_an_address_with_what_no_database_keeps_is_not_there(path: str, ready: None, ada: User) -> None:
    assert signed_in(ada).get(path).status_code == 404
