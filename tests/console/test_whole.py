"""Files of models: read again, found damaged, not served, repaired, and removed only when nobody needs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import Client

from console.accounts.models import User
from console.alerts.selectors import alerts_open
from console.intake.models import Item
from console.scores.models import Decision, Score
from console.training.keeping import NEWEST, versions_tidy
from console.training.models import ModelVersion
from console.training.trials import shadow_start
from console.training.whole import damaged_look_again, serving_verify
from tests.console.versions import Versions

pytestmark = pytest.mark.django_db
Post = Callable[..., Item]
ScoreAll = Callable[[], None]


def test_a_damaged_champion_is_not_served_and_the_one_before_it_is(versions: Versions, post: Post, score_all: ScoreAll) -> None:
    versions.add("1", "retired", says=lambda item: 0.5)
    serving = versions.add("2", "champion", says=lambda item: 0.001)
    versions.damage(serving)
    serving_verify()
    item = post()
    score_all()
    assert Decision.objects.get(item=item).model == "review@1"
    alert = alerts_open(kind="review", code="model_damaged").get()
    assert (alert.level, "1 scores meanwhile" in alert.sentence) == ("critical", True)
    versions.repair(serving)
    damaged_look_again()
    assert not alerts_open(kind="review", code="model_damaged").exists()
    again = post("Another soup.")
    score_all()
    assert Score.objects.get(item=again).model == "review@2"


def test_where_none_is_whole_people_decide_and_nothing_is_let_through(versions: Versions, post: Post, score_all: ScoreAll) -> None:
    for version in (versions.add("1", "retired"), versions.add("2", "champion", says=lambda item: 0.001)):
        versions.damage(version)
    item = post()
    score_all()  # found by whoever scores, before anybody verified
    decision = Decision.objects.get(item=item)
    assert (decision.outcome, decision.model) == ("review", "")
    assert "no version that served before it is whole" in Score.objects.get(item=item).errors["model"]
    assert alerts_open(kind="review", code="model_damaged").exists()


def test_the_command_names_what_is_damaged(versions: Versions) -> None:
    whole, damaged = versions.add("1", "champion"), versions.add("2", "retired")
    out = StringIO()
    call_command("verify_models", "review", stdout=out)
    assert "All 2 versions are whole." in out.getvalue()
    assert whole.checksum in out.getvalue()
    versions.damage(damaged)
    with pytest.raises(CommandError, match=r"Damaged: review@2\. Restore"):
        call_command("verify_models", "review", stdout=StringIO())
    assert not alerts_open(kind="review", code="model_damaged").exists()  # it does not serve


def test_the_button_verifies_and_the_page_says_so(versions: Versions, ada: User) -> None:
    serving = versions.add("1", "champion")
    client = Client()
    client.force_login(ada)
    assert "All 1 versions are whole" in client.post("/models/review/verify", follow=True).content.decode()
    assert "Whole, " in client.get("/models/review/").content.decode()
    versions.damage(serving)
    assert "Damaged: 1." in client.post("/models/review/verify", follow=True).content.decode()
    html = client.get("/models/review/").content.decode()
    assert "Nothing: people decide" in html
    assert "does not have the checksum" in html
    assert "The model for reviews is damaged." in client.get("/").content.decode()  # told where the work begins


def test_it_removes_old_files_that_nobody_needs(versions: Versions, ada: User, post: Post, score_all: ScoreAll) -> None:
    made = [versions.add(str(n), "refused", parent="s") for n in range(6)]
    before, serving = versions.add("b", "retired"), versions.add("s", "champion")
    for n in range(NEWEST):
        versions.add(f"new-{n}")
    shadow_start(version=made[1], user=ada)
    item = post()
    score_all()
    Score.objects.filter(item=item).update(model="review@2")
    ModelVersion.objects.filter(kind="review").exclude(version__startswith="new").update(created_at=Now() - timedelta(days=400))
    assert versions_tidy(keep={"review@3"}) == ["review@0", "review@4", "review@5"]
    for version in (*made, before, serving):
        version.refresh_from_db()
        there = (Path(settings.HOME) / version.path / "manifest.json").exists()
        assert there == (version.removed_at is None) == (version.version not in ("0", "4", "5"))
    assert versions_tidy(keep=set()) == ["review@3"]
