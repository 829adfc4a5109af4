"""The page of alerts and its count beside the navigation; the same over the API. Lena leads, Petra writes policy, Ada is the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.alerts.models import Alert
from console.alerts.services import alert_clear, alert_raise
from console.ui.alert_words import GUIDES, place_of, told
from console.watch.drift import CODES
from console.watch.models import DriftReading, DriftReference
from tests.console.calls import fields, of, problem

pytestmark = pytest.mark.django_db
SENTENCE = "The scores of reviews have moved since starter-1 began to serve: the risk."


@pytest.fixture
def page(client: Client, lena: User) -> Callable[..., str]:
    def _page(query: str = "", user: User = lena) -> str:
        client.force_login(user)
        answer = client.get(f"/alerts/{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    return _page


def test_it_says_that_all_is_calm(page: Callable[..., str]) -> None:
    assert "Nothing needs attention" in page()


@pytest.mark.parametrize("name", ["lena", "petra", "ada"])
def test_it_shows_what_is_open_and_what_to_do(page: Callable[..., str], name: str, request: pytest.FixtureRequest) -> None:
    alert_raise(code="score_drift", kind="review", sentence=SENTENCE)
    body = page(user=request.getfixturevalue(name))
    for words in ("Scores have moved", SENTENCE, "Look at it", "Reviews", "Since today", "retrain"):
        assert words in body
    assert "None yet" in body


def test_it_shows_what_cannot_wait_first(page: Callable[..., str]) -> None:
    for code, level in (("band_lost", "critical"), ("score_drift", "warning"), ("run_failed", "notice")):
        alert_raise(code=code, kind="review", sentence=f"It is {level}.", level=level)
    body = page()
    assert body.index("It is critical.") < body.index("It is warning.") < body.index("It is notice.")


def test_it_keeps_what_is_over_with_the_reason(page: Callable[..., str]) -> None:
    alert_raise(code="band_lost", kind="chat", sentence="Keep of chats went back to people.", level="critical")
    alert_clear(code="band_lost", kind="chat", why="It was proven again.")
    body = page()
    assert "Nothing needs attention" in body
    assert "It was proven again." in body


def test_it_shows_one_kind_when_asked(page: Callable[..., str]) -> None:
    alert_raise(code="score_drift", kind="review", sentence=SENTENCE)
    assert SENTENCE in page("?kind=review")
    assert SENTENCE not in page("?kind=order")
    assert SENTENCE in page("?kind=nonsense&before=x")


def test_it_pages_through_what_is_over(page: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.ui.alerts_pages.PAGE", 2)
    for n in range(3):
        alert_raise(code=f"odd_{n}", sentence=f"Odd thing {n}.")
        alert_clear(code=f"odd_{n}")
    assert "Odd thing 0." not in page()
    second = Alert.objects.get(code="odd_1")
    older = page(f"?before={second.pk}")
    assert "Odd thing 0." in older
    assert "Open now" not in older


def test_it_counts_open_ones_beside_the_navigation_and_is_quiet_without(page: Callable[..., str]) -> None:
    assert ' open</span>' not in page()
    alert_raise(code="score_drift", kind="review", sentence=SENTENCE)
    alert_raise(code="label_shift", kind="review", sentence=SENTENCE)
    assert '<span class="count">2<span class="hidden"> open</span></span>' in page()


@pytest.mark.parametrize("name", ["rita", "otto"])
def test_it_forbids_the_page_to_others(client: Client, name: str, request: pytest.FixtureRequest) -> None:
    client.force_login(request.getfixturevalue(name))
    assert client.get("/alerts/").status_code == 403
    assert "/alerts/" not in client.get("/help/").content.decode() or name == "otto"


def test_it_has_words_for_every_alert_of_the_watch() -> None:
    assert {*CODES.values(), "fairness_gap"} <= set(GUIDES)
    for code in GUIDES:
        alert_raise(code=code, kind="review", sentence="x")
    assert all(row.do and row.title for row in map(told, Alert.objects.all()))
    assert told(Alert(code="something_new", sentence="x")).title == "Something new"
    assert place_of("ui:no-such-page") == ""


def test_the_api_lists_alerts(shop: Source) -> None:
    alert_raise(code="score_drift", kind="review", sentence=SENTENCE, data={"moved": []})
    alert_raise(code="band_lost", kind="chat", sentence="x")
    alert_clear(code="band_lost", kind="chat", why="Proven again.")
    calls = of(shop, Role.LEAD)
    assert [row["code"] for row in calls.get("alerts").json()["results"]] == ["band_lost", "score_drift"]
    (row,) = calls.get("alerts", state="open", kind="review").json()["results"]
    assert (row["sentence"], row["level"], row["cleared_at"]) == (SENTENCE, "warning", None)
    assert calls.get("alerts", state="over").json()["results"][0]["why_cleared"] == "Proven again."
    assert fields(problem(calls.get("alerts", state="asleep"), 400)) == {"state"}
    assert fields(problem(calls.get("drift", kind="asleep"), 400)) == {"kind"}


def test_the_api_lists_readings(shop: Source) -> None:
    moment = "2026-11-01T00:00:00Z"
    reference: Any = DriftReference.objects.create(
        kind="review", model="review@a", what="risk", n=500, data=[0.1], since=moment, until=moment
    )
    DriftReading.objects.create(
        kind="review", reference=reference, since=moment, until=moment, n=300, psi=0.3, chance=0.05, ks=0.2, p=0.001, level="high",
        alarmed=True, bars=[["0.1", 0.5, 0.7]],
    )  # fmt: skip
    (row,) = of(shop, Role.POLICY).get("drift", kind="review").json()["results"]
    assert (row["what"], row["model"], row["reference_items"], row["items"]) == ("risk", "review@a", 500, 300)
    assert row["bars"] == [["0.1", 0.5, 0.7]]
    assert of(shop, Role.POLICY).get("slices").json()["results"] == []
