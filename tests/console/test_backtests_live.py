"""A backtest decides as the pipeline would live: by the marks that are proven, and without the parts of a band that people decide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from console.accounts.models import Source, User
from console.automation.marks import standard_of
from console.automation.models import BandSlice, Certificate
from console.backtests.models import Backtest
from console.backtests.run import backtest_turn
from console.backtests.selectors import quick_try
from console.backtests.services import backtest_again, backtest_request
from console.backtests.subjects import Asked, asked_model, asked_policy, asked_rule, asked_thresholds
from console.common.clock import db_now
from console.policies.selectors import active_policy
from console.scores.models import Decision
from console.training.models import ModelVersion
from console.training.parts import Seen
from tests.console.automation import MODEL, Told, automation, limit, receive

GERMAN = "0.01 Das Essen war gut und die Bedienung freundlich, wir kommen gerne wieder und bringen unsere Freunde mit."
ENGLISH = "0.01 The food was good and the waiter was friendly, we will come back soon and bring all of our friends along."


@pytest.fixture
def band(ready: None, ada: User) -> Certificate:
    """What the serving model says at or below 0.05 is let through, but for what the rival sends."""
    ModelVersion.objects.filter(kind="review", state="champion").update(version=MODEL.partition("@")[2])
    automation("certified")
    version, document = active_policy("review")
    certificate = Certificate.objects.create(
        rule=limit(ada), kind="review", label="risk", side="allow", basis="decided", method="sequence", risk=0.05, confidence=0.95,
        model=MODEL, policy_version=version, standard=standard_of(document), threshold=0.05, audits=100, of=100, wrong=0, upper=0.04,
        coverage=0.5, data={"look": 1, "held": 0.05}, ends_at=db_now() + timedelta(days=9),
    )  # fmt: skip
    withhold(certificate, "source", "rival")
    return certificate


def withhold(certificate: Certificate, cut: str, name: str) -> None:
    BandSlice.objects.create(certificate=certificate, cut=cut, name=name, of=20, wrong=9, low=0.2, high=0.7, withheld=True)


def tried(asked: Asked, user: User, **more: Any) -> Backtest:
    return finished(backtest_request(asked=asked, user=user, **more))


def finished(backtest: Backtest) -> Backtest:
    while backtest_turn(backtest.pk):
        pass
    backtest.refresh_from_db()
    return backtest


def by_source(result: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """(items, of them to people) by source."""
    return {row["name"]: (row["items"], row["review_would"]) for row in result["slices"]["source"]}


def active() -> Asked:
    return asked_policy(kind="review", number=active_policy("review")[0].number)


BARS = [{"label": "risk", "allow": 0.05, "enforce": None}]


def test_the_policy_in_force_decides_history_as_it_was_decided_live(band: Certificate, shop: Source, rival: Source, petra: User) -> None:
    receive(shop, ["0.01"] * 3 + ["0.5"])
    receive(rival, ["0.01"] * 2)
    live = sorted(Decision.objects.values_list("item__source__slug", "outcome"))
    assert live == [("rival", "review")] * 2 + [("shop", "allow")] * 3 + [("shop", "review")]
    result = tried(active(), petra).result
    assert by_source(result) == {"shop": (4, 1), "rival": (2, 2)}
    assert result["changed"] == 0
    assert quick_try(active())["changed"] == 0


def test_thresholds_are_tried_without_what_people_decide_all_the_same(
    band: Certificate, shop: Source, rival: Source, petra: User
) -> None:
    receive(shop, ["0.01"] * 3)
    receive(rival, ["0.01", "0.99"])
    both = [{"label": "risk", "allow": 0.05, "enforce": 0.9}]
    result = tried(asked_thresholds(kind="review", thresholds=both), petra).result
    assert by_source(result) == {"shop": (3, 0), "rival": (2, 1)}, "the other side of the band is not held"
    automation("demo")  # then no certificate counts, and nothing is held live either
    assert by_source(tried(asked_thresholds(kind="review", thresholds=both), petra).result) == {"shop": (3, 0), "rival": (2, 0)}


def test_a_language_is_held_by_the_name_that_it_was_decided_by(band: Certificate, shop: Source, petra: User) -> None:
    """Neither the item nor its score names the language: the pipeline read it from the text, and search kept it."""
    withhold(band, "language", "de")
    receive(shop, [GERMAN, ENGLISH])
    assert sorted(Decision.objects.values_list("outcome", flat=True)) == ["allow", "review"]
    result = tried(active(), petra).result
    assert result["changed"] == 0
    assert {row["name"]: row["review_would"] for row in result["slices"]["language"]} == {"de": 1, "en": 0}


def test_a_model_is_tried_as_it_would_decide(
    band: Certificate, shop: Source, rival: Source, petra: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.backtests.run.version_bundle", lambda version: None)
    monkeypatch.setattr("console.backtests.run.seen_by", lambda version: Seen())
    monkeypatch.setattr("console.backtests.run.scorer_for", lambda bundle: Told())
    receive(shop, ["0.01"] * 3)
    receive(rival, ["0.01"])
    name = MODEL.partition("@")[2]
    assert by_source(tried(asked_model(kind="review", version=name), petra).result) == {"shop": (3, 0), "rival": (1, 1)}
    monkeypatch.setattr(Told, "model", "review@other")
    other = ModelVersion.objects.create(kind="review", version="other", path="x", checksum="c", trainer="quick")
    backtest = tried(asked_model(kind="review", version=other.version), petra)
    assert by_source(backtest.result) == {"shop": (3, 3), "rival": (1, 1)}, "nothing is proven of it"
    client.force_login(petra)
    assert "No certificate names this version" in client.get(f"/backtests/{backtest.pk}/").content.decode()


def test_what_was_proven_is_copied_and_asked_anew_when_it_is_run_again(
    band: Certificate, shop: Source, rival: Source, petra: User, client: Client
) -> None:
    receive(rival, ["0.01"] * 2)
    backtest = backtest_request(asked=asked_thresholds(kind="review", thresholds=BARS), user=petra)
    BandSlice.objects.all().delete()  # the checks of this hour say otherwise, while it waits
    assert by_source(finished(backtest).result) == {"rival": (2, 2)}
    client.force_login(petra)
    assert "rival: people, instead of letting through" in client.get(f"/backtests/{backtest.pk}/").content.decode()
    again = finished(backtest_again(backtest=backtest, user=petra))
    assert by_source(again.result) == {"rival": (2, 0)}
    assert "rival: people, instead of letting through" not in client.get(f"/backtests/{again.pk}/").content.decode()


def test_of_one_source_no_other_is_named_and_a_rule_stands_beside_all_that(
    band: Certificate, shop: Source, rival: Source, petra: User
) -> None:
    withhold(band, "language", "de")
    asked = asked_thresholds(kind="review", thresholds=BARS)
    held = backtest_request(asked=asked, user=petra, source=shop).subject["live"]["held"]
    assert [(one["cut"], one["name"]) for one in held] == [("language", "de")]
    assert "live" not in backtest_request(asked=asked_rule(kind="review", when="score.risk > 0.5"), user=petra).subject
