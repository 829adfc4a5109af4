"""The insights page: each question answered, or said in words why it cannot be yet. Lena leads, Otto is an outsider."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from console.accounts.models import Source, User
from console.alerts.models import Alert
from console.alerts.services import alert_raise
from console.automation.estimates import Week
from console.automation.models import AutomationRule, Certificate
from console.common.clock import db_now
from console.demo.watched import demo_watched
from console.flow.slices import slices_watch
from console.flow.watch import drift_watch
from console.policies.selectors import active_policy
from console.scores.models import Score
from console.training.models import ModelVersion, Snapshot
from console.ui.drift_charts import small_of
from console.ui.gate_view import WORDS
from console.ui.icons import ICONS
from console.watch.models import DriftReading, DriftReference, SliceReading
from console.watch.selectors import drift_of
from scoring.audits import Estimate
from scoring.registry import KINDS
from tests.console.traffic import KIND, judged, serving, traffic

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=25)
QUESTIONS = (
    "What did it learn from?", "Is the new one better, and where is it worse?", "How much is decided alone, at what proven error?",
    "What does it miss, and does it treat all alike?", "Is it drifting?", "How do I go back?", "People, machine, or both?",
)  # fmt: skip


@pytest.fixture
def page(client: Client, lena: User) -> Callable[..., str]:
    client.force_login(lena)

    def _page(query: str = "") -> str:
        answer = client.get(f"/insights/{query}")
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))

    return _page


@pytest.mark.parametrize("kind", list(KINDS))
def test_it_answers_in_words_where_there_is_nothing(page: Callable[..., str], ready: None, kind: str) -> None:
    body = page(f"?kind={kind}")
    for question in QUESTIONS:
        assert question in body
    for words in ("ships with the product", "No model has been compared", "Not known", "Nothing now", "There is no earlier version"):
        assert words in body


def test_it_answers_without_a_model(page: Callable[..., str], db: None) -> None:
    body = page()
    assert "No model serves: every item goes to a person already." in body
    assert "No model serves yet" in body


def test_its_old_address_leads_to_it(client: Client, lena: User) -> None:
    client.force_login(lena)
    answer = client.get("/overview/?kind=chat")
    assert (answer.status_code, answer["Location"]) == (301, "/insights/?kind=chat")


@pytest.mark.parametrize(("name", "status"), [("rita", 403), ("otto", 403), ("petra", 200), ("ada", 200)])
def test_it_is_for_those_who_oversee(client: Client, name: str, status: int, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(name))
    assert client.get("/insights/?kind=nonsense").status_code == status


def test_it_says_what_the_model_learned_from_and_how_the_next_one_does(page: Callable[..., str], ready: None) -> None:
    model = serving()
    snapshot = Snapshot.objects.create(
        kind=KIND, content_hash="h", path="x", counts={"items": 4200, "sources": {"verdict": 3000, "import": 1100, "audit": 100}}
    )
    ModelVersion.objects.filter(pk=model.pk).update(snapshot=snapshot)
    row = {"champion": 0.7, "challenger": 0.75, "difference": 0.05, "low": 0.02, "high": 0.08, "better": True, "worse": False}
    worse = {"champion": 0.9, "challenger": 0.8, "difference": -0.1, "low": -0.15, "high": -0.05, "better": False, "worse": True}
    group = {"title": "Language", "rows": [{"name": "German", "word": "worse"}, {"name": "English", "word": "same"}]}
    ModelVersion.objects.create(
        kind=KIND, version="next", path="x", checksum="c", trainer="quick", parent=model.version,
        comparison={"n": 900, "metrics": {"ap": row}, "labels": {"spam": worse}, "report": {"gates": [{"tables": [group]}]}},
    )  # fmt: skip
    body = page(f"?kind={KIND}")
    assert "Language, German: worse" in body
    for words in ("4,200 items", "Verdicts 3,000", "Audits, drawn by chance 100", "Average precision: better", "Spam: worse", "Compare"):
        assert words in body, words


def test_worse_and_perhaps_worse_have_each_its_own_sign(ready: None, client: Client, lena: User) -> None:
    group = {"title": "Language", "rows": [{"name": "Polish", "word": "maybe"}, {"name": "German", "word": "worse"}]}
    ModelVersion.objects.create(
        kind=KIND, version="next", path="x", checksum="c", trainer="quick", parent=serving().version,
        comparison={"n": 900, "metrics": {"ap": {}}, "labels": {}, "report": {"gates": [{"tables": [group]}]}},
    )  # fmt: skip
    client.force_login(lena)
    rows = client.get(f"/insights/?kind={KIND}").content.decode().partition('id="newer"')[2].partition("</ul>")[0].split("<li>")[1:]
    assert ["Language, German: worse" in rows[0], "Language, Polish: perhaps worse" in rows[1]] == [True, True]
    assert ICONS["reject"] in rows[0]
    assert ICONS["caution"] in rows[1]
    signs = [sign for sign, _, _ in WORDS.values()]
    assert len({WORDS[word][0] for word in ("better", "same", "maybe", "worse", "few", "missed")}) == 6, signs


def test_it_tells_errors_and_groups(page: Callable[..., str], shop: Source, rival: Source, rita: User, ready: None) -> None:
    serving()
    fair = traffic(shop, 120, ago=timedelta(days=2), risk=lambda rng: 0.1, language="en")
    unfair = traffic(rival, 120, ago=timedelta(days=2), risk=lambda rng: 0.8, language="de", seed=2)
    judged(fair, rita, lambda item: "enforce" if item in fair[:12] else "allow", ago=timedelta(days=1))
    judged(unfair, rita, lambda item: "allow" if item in unfair[:60] else "enforce", ago=timedelta(days=1))
    slices_watch(KIND)
    body = page(f"?kind={KIND}")
    assert "Let through wrongly 17 in 100" in body
    assert "Acted on wrongly 36 in 100" in body
    assert "German Too few" not in body
    few = traffic(shop, 3, ago=timedelta(days=2), risk=lambda rng: 0.1, language="pl", seed=3)
    judged(few, rita, lambda item: "allow", ago=timedelta(days=1))
    SliceReading.objects.all().delete()
    slices_watch(KIND)
    assert "Polish Too few: 0 of 30 Too few: 3 of 30" in page(f"?kind={KIND}")
    assert "100 , clearly more than the others" in body


def test_it_tells_what_is_certified(page: Callable[..., str], ready: None) -> None:
    assert "No error is certified for reviews" in page(f"?kind={KIND}")
    rule = AutomationRule.objects.create(kind=KIND, side="allow", is_on=True)
    Certificate.objects.create(
        rule=rule, kind=KIND, label="risk", side="allow", basis="decided", method="sequence", risk=0.01, confidence=0.95,
        model=str(serving()), policy_version=active_policy(KIND)[0], standard="s", threshold=0.1, audits=773, of=773, wrong=2, upper=0.008,
        coverage=0.58, ends_at=db_now() + timedelta(days=90),
    )  # fmt: skip
    body = page(f"?kind={KIND}")
    assert "Allow 0.8 1.0 58 in 100 773" in body
    assert "No error is certified" not in body


def test_it_tells_what_audits_found(page: Callable[..., str], ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = db_now()
    estimate = Estimate(value=0.003, low=0.001, high=0.008, audits=612)
    week = Week(
        since=now - timedelta(days=7), until=now, allowed=9000, enforced=0, people=500, audits=612, waiting=3, wrongly_allowed=estimate,
        wrongly_enforced=None, missed=None, found=Estimate(value=0.93, low=0.88, high=0.97, audits=612), harm=None,
    )  # fmt: skip
    monkeypatch.setattr("console.insights.answers.weeks_back", lambda **asked: [week])
    body = page(f"?kind={KIND}")
    assert "Of what the machine kept alone, 0.3 (0.1 to 0.8) in 100 should not have been." in body
    assert "Of all that breaks a rule, 93 (88 to 97) in 100 was found." in body


def test_it_draws_drift_with_tables_and_names_what_moved(page: Callable[..., str], client: Client, shop: Source, ready: None) -> None:
    serving()
    traffic(shop, 600, ago=timedelta(hours=1))
    drift_watch(KIND)
    assert "The first 600 that starter-1 scored are kept" in page(f"?kind={KIND}")
    for seed in (2, 3):
        for model in (DriftReference, DriftReading):
            model.objects.update(since=F("since") - DAY, until=F("until") - DAY)
        Score.objects.update(created_at=F("created_at") - DAY)
        traffic(shop, 300, ago=timedelta(hours=1), seed=seed, risk=lambda rng: rng.betavariate(2, 3))
        drift_watch(KIND)
    body = page(f"?kind={KIND}")
    assert "2 of 5 have moved for two windows or more" in body
    assert "Scores have moved" in body
    assert "up to 1.9 in 100" in body or re.search(r"up to [\d.]+ in 100", body)
    html = client.get(f"/insights/?kind={KIND}").content.decode()
    assert html.count("<figure") == html.count("As a table") == 5
    small = small_of(drift_of(KIND, str(serving())).watched[0])
    assert (small.title, small.alarmed, small.n, small.of) == ("Risk", True, 300, 600)
    assert small.line.count(",") == 2
    places: list[Any] = [float(part) for bar in small.bars for part in (bar.before_y, bar.now_y, bar.x, bar.now_x)]
    assert min(places) >= 0
    assert max(places) <= 220
    assert sum(bar.now for bar in small.bars) == pytest.approx(100, abs=0.1)


def test_it_points_to_the_way_back_and_to_alerts(page: Callable[..., str], ready: None) -> None:
    model = serving(since_days=9)
    ModelVersion.objects.create(
        kind=KIND, version="older", state=ModelVersion.State.RETIRED, path="x", checksum="c", trainer="quick",
        promoted_at=db_now() - timedelta(days=20),
    )  # fmt: skip
    alert_raise(code="band_lost", kind=KIND, sentence="Keep of reviews went back to people.")
    body = page(f"?kind={KIND}")
    assert f"Serves now {model.version}" in body
    assert "Before it older" in body
    assert "Go to roll back" in body
    assert "A band went back to people" in body
    assert "A band went back to people" not in page("?kind=chat")


def test_the_demo_fills_it(page: Callable[..., str], ready: None) -> None:
    assert demo_watched() == 14
    assert demo_watched() == 0
    body = page(f"?kind={KIND}")
    for words in ("has moved for two windows in a row", "Nothing now"):
        assert words in body, words
    past = Alert.objects.get(code="feature_drift")
    assert past.cleared_at is not None
    assert timedelta(days=1) < past.cleared_at - past.raised_at < timedelta(days=4)
    assert db_now() - past.cleared_at > timedelta(days=4)
    assert not Alert.objects.filter(cleared_at=None).exists()
