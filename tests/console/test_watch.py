"""Drift of a model's traffic: a reference once, quiet days, planted shifts, alerts that last and end, bounded reading."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from console.accounts.models import Source, User
from console.alerts.models import Alert
from console.alerts.selectors import alerts_open
from console.common.clock import db_now
from console.flow import sampled
from console.flow.sampled import scored_sample
from console.flow.watch import drift_watch, watch_next
from console.scores.models import Decision, Score
from console.training.models import ModelVersion
from console.verdicts.models import Verdict
from console.watch.drift import newest_readings
from console.watch.models import DriftReading, DriftReference, SliceReading
from tests.console.traffic import KIND, drawn, judged, serving, traffic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
DAY = timedelta(hours=25)


def risky(rng: random.Random) -> float:
    return rng.betavariate(2, 3)


def a_day_later() -> None:
    """Everything that was seen, and every window that was closed, lies a day further back."""
    Score.objects.update(created_at=F("created_at") - DAY)
    Verdict.objects.update(created_at=F("created_at") - DAY)
    DriftReference.objects.update(since=F("since") - DAY, until=F("until") - DAY)
    DriftReading.objects.update(since=F("since") - DAY, until=F("until") - DAY)


@pytest.fixture
def watched(shop: Source) -> ModelVersion:
    """A model with its reference, a day ago."""
    model = serving()
    traffic(shop, 600, ago=timedelta(hours=1), language=["en"] * 9 + ["de"])
    assert drift_watch(KIND) == 1
    a_day_later()
    return model


def another_day(shop: Source, **how: Any) -> dict[str, DriftReading]:
    """A day's traffic, then the tick; the newest reading of each thing."""
    traffic(shop, 300, ago=timedelta(hours=1), **{"language": ["en"] * 9 + ["de"], **how})
    drift_watch(KIND)
    rows = {row.reference.what: row for row in newest_readings(KIND, str(serving()))}
    a_day_later()
    return rows


def test_it_keeps_what_a_model_saw_first(watched: ModelVersion) -> None:
    kept = {row.what: row.n for row in DriftReference.objects.filter(model=str(watched))}
    assert kept == {"risk": 600, "label:spam": 600, "signal:length": 600, "source": 600, "language": 600}
    assert not DriftReading.objects.exists()


def test_it_waits_for_a_whole_day_and_for_enough(shop: Source) -> None:
    serving(since_days=0.5)
    traffic(shop, 600, ago=timedelta(hours=1))
    assert drift_watch(KIND) == 0, "half a day has no night, or no morning"
    serving(since_days=2)
    assert drift_watch(KIND) == 1
    a_day_later()
    traffic(shop, 50, ago=timedelta(hours=1))
    assert drift_watch(KIND) == 0, "fifty items say nothing: the window grows"
    traffic(shop, 200, ago=timedelta(hours=2), seed=2)
    assert drift_watch(KIND) == 1
    assert drift_watch(KIND) == 0, "a window is closed once"
    assert DriftReading.objects.get(reference__what="risk").n == 250


def test_each_tick_takes_what_is_due_until_nothing_is(shop: Source) -> None:
    serving()
    traffic(shop, 500, ago=timedelta(hours=1))
    assert watch_next() == 1
    assert (read := watch_next()) > 0
    assert SliceReading.objects.count() == read
    assert watch_next() == 0


def test_it_stays_quiet_while_nothing_changes(shop: Source, watched: ModelVersion) -> None:
    for seed in range(2, 5):
        rows = another_day(shop, seed=seed)
    assert {row.level for row in rows.values()} == {"low"}
    assert not Alert.objects.exists()
    assert DriftReading.objects.filter(reference__what="risk").count() == 3


def test_it_raises_an_alert_after_two_moved_windows_and_clears_it_after_two_calm_ones(shop: Source, watched: ModelVersion) -> None:
    assert another_day(shop, seed=2, risk=risky)["risk"].level == "high"
    assert not alerts_open().exists(), "one window may be a bad day"
    another_day(shop, seed=3, risk=risky)
    alert = alerts_open(kind=KIND, code="score_drift").get()
    assert "The scores of reviews have moved" in alert.sentence
    assert "the risk" in alert.sentence
    assert {row["what"] for row in alert.data["moved"]} == {"risk", "label:spam"}
    another_day(shop, seed=4)
    assert alerts_open(code="score_drift").exists(), "one calm window may be luck"
    another_day(shop, seed=5)
    assert not alerts_open().exists()
    assert Alert.objects.get().why_cleared == "Two calm windows in a row."


@pytest.mark.parametrize(
    ("code", "what", "how"),
    [
        ("feature_drift", "signal:length", {"signals": lambda rng: {"length": round(rng.lognormvariate(5, 0.6))}}),
        ("feature_drift", "signal:length", {"signals": lambda rng: {}}),
        ("language_mix", "language", {"language": ["en", "pt"]}),
    ],
    ids=["values moved", "values stopped coming", "another language"],
)
def test_it_tells_what_has_moved(shop: Source, watched: ModelVersion, code: str, what: str, how: dict[str, Any]) -> None:
    for seed in (2, 3):
        another_day(shop, seed=seed, **how)
    alert = alerts_open(kind=KIND).get()
    assert alert.code == code
    assert [row["what"] for row in alert.data["moved"]] == [what]


def test_it_watches_the_sources(shop: Source, rival: Source, watched: ModelVersion) -> None:
    for seed in (2, 3):
        traffic(rival, 300, ago=timedelta(hours=2), seed=seed + 10, language=["en"] * 9 + ["de"])
        another_day(shop, seed=seed)
    assert [row["what"] for row in alerts_open(code="feature_drift").get().data["moved"]] == ["source"]


def test_it_watches_what_the_analyser_answers_once_it_answers(shop: Source, watched: ModelVersion) -> None:
    def answers(middle: float) -> Any:
        return lambda rng: {
            "length": round(rng.lognormvariate(4, 0.6)), "analyser_scam_likelihood": min(1.0, max(0.0, rng.gauss(middle, 0.2)))
        }  # fmt: skip

    another_day(shop, seed=2, signals=answers(0.2))
    assert DriftReference.objects.filter(what="analyser:scam_likelihood").get().n == 300
    for seed in (3, 4):
        another_day(shop, seed=seed, signals=answers(0.6))
    assert alerts_open(kind=KIND).get().code == "analyser_answers"
    another_day(shop, seed=5)
    assert DriftReading.objects.filter(reference__what="analyser:scam_likelihood").latest("until").n == 0


def test_it_watches_the_share_that_people_find_harmful(shop: Source, rita: User, watched: ModelVersion) -> None:
    shares = iter((0.1, 0.12, 0.5, 0.5))
    for seed in range(4):
        items = traffic(shop, 300, ago=timedelta(hours=2), seed=10 + seed, language=["en"] * 9 + ["de"])
        harmful = {item.pk for item in items[: round(150 * next(shares))]}
        judged(items[:150], rita, lambda item, harmful=harmful: "enforce" if item.pk in harmful else "allow", ago=timedelta(hours=1))  # type: ignore[misc]
        judged(items[150:], rita, lambda item: "enforce", ago=timedelta(hours=1), seen=True)  # leant on the machine: not counted
        drift_watch(KIND)
        a_day_later()
    assert [row.level for row in DriftReading.objects.filter(reference__what="verdicts").order_by("until")] == ["low", "high", "high"]
    assert alerts_open(kind=KIND).get().code == "label_shift"


def test_a_band_that_opens_is_no_shift_of_what_people_find(shop: Source, rita: User, watched: ModelVersion) -> None:
    """One in ten is harmful on every day. Later the machine lets most through alone, and people see one in four of those."""
    for day in range(4):
        alone = day > 1
        how: dict[str, Any] = {"ago": timedelta(hours=2), "language": ["en"] * 9 + ["de"]}
        harmful = traffic(shop, 40, seed=30 + day, **how)
        harmless = traffic(shop, 360, seed=40 + day, outcome=lambda risk, alone=alone: "allow" if alone else "review", **how)  # type: ignore[misc]
        judged(harmful, rita, lambda item: "enforce", ago=timedelta(hours=1))
        seen = judged(harmless[:: 4 if alone else 1], rita, lambda item: "allow", ago=timedelta(hours=1))
        if alone:
            drawn(seen, chance=0.25)
            judged(harmless[1::90], rita, lambda item: "enforce", ago=timedelta(hours=1))  # complaints: nobody knows how likely
        drift_watch(KIND)
        a_day_later()
    rows = DriftReading.objects.filter(reference__what="verdicts").order_by("until")
    assert [(row.level, row.alarmed) for row in rows] == [("low", False)] * 3
    assert [{name: now for name, _, now in row.bars}["enforce"] for row in rows] == pytest.approx([0.1] * 3, abs=0.01)


def test_another_model_begins_anew(shop: Source, watched: ModelVersion) -> None:
    for seed in (2, 3):
        another_day(shop, seed=seed, risk=risky)
    assert alerts_open(code="score_drift").exists()
    ModelVersion.objects.filter(pk=watched.pk).update(state=ModelVersion.State.RETIRED)
    ModelVersion.objects.create(
        kind=KIND, version="next", state=ModelVersion.State.CHAMPION, path="models/x", checksum="c", trainer="quick",
        promoted_at=db_now() - 2 * DAY,
    )  # fmt: skip
    traffic(shop, 600, ago=timedelta(hours=1), risk=risky)
    assert drift_watch(KIND) == 1
    assert DriftReference.objects.filter(model=f"{KIND}@next", what="risk").exists()
    assert "Another model serves" in Alert.objects.get(code="score_drift").why_cleared


def test_it_draws_the_same_sample_whether_it_walks_or_guesses(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a size ids are guessed: all are of the window and the model, none twice, and they lie all over it."""
    model = str(serving())
    traffic(shop, 900, ago=timedelta(hours=1))
    traffic(shop, 300, ago=timedelta(hours=1), model="review@another")
    traffic(shop, 50, ago=timedelta(days=3), seed=3)
    since, until = db_now() - timedelta(days=1), db_now()
    mine = set(Score.objects.filter(model=model, created_at__gt=since).values_list("item_id", flat=True))
    whole = scored_sample(model, since, until, most=2000)
    assert {row.item_id for row in whole} == mine
    monkeypatch.setattr(sampled, "WALKED", 100)
    guessed = [row.item_id for row in scored_sample(model, since, until, most=200)]
    assert len(set(guessed)) == len(guessed) == 200
    assert set(guessed) <= mine
    order = sorted(mine)
    early = sum(order.index(item) < 450 for item in guessed)
    assert 70 <= early <= 130
    assert sorted(guessed) == sorted(row.item_id for row in scored_sample(model, since, until, most=200))


def test_a_sample_says_what_came_of_an_item(shop: Source) -> None:
    model = str(serving())
    item = traffic(shop, 1, ago=timedelta(hours=1), outcome=lambda risk: "allow")[0]
    first = Decision.objects.get(item=item)
    Decision.objects.filter(pk=first.pk).update(state=Decision.State.SUPERSEDED)
    Decision.objects.create(
        item=item, number=2, outcome="enforce", reason="verdict", sentence="x", automated=False, policy_version=first.policy_version
    )
    (row,) = scored_sample(model, db_now() - timedelta(days=1), db_now(), most=5)
    assert (row.asked, row.ended, row.overturned) == (False, "allow", True)
    assert row.signals.keys() == {"length"}
