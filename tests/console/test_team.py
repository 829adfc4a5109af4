"""The team page: what waits, the pace, the forecast, limits, corrections, time to decide. Lena leads; Otto is an outsider."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from console.accounts.models import User
from console.cases.claiming import case_claim_one
from console.cases.holding import Hold, case_reveal
from console.cases.models import Case, Claim, Queue, Tally
from console.cases.services import queue_ensure_defaults
from console.common.clock import db_now
from console.flow import adjudication_close, verdict_give
from console.insights.agreement import Share
from console.insights.best import Best, who_decides_best
from console.insights.flow_history import Hour, flow_by_hour, forecast
from console.insights.team import BINS, corrected, decided_in_time, harm_minutes, time_to_decide
from console.policies.services import policy_ensure_defaults
from console.quality.measuring import measure
from console.quality.models import Check, CheckPlan
from console.scores.models import Score
from console.ui.team_charts import flow_chart, spark
from console.verdicts.models import Verdict
from console.verdicts.services import VerdictForm
from scoring.binomial import clopper_pearson
from scoring.registry import KINDS
from tests.console.dice import dice
from tests.console.quality import ALLOW, decide, give, settle

pytestmark = pytest.mark.django_db
REMOVE = VerdictForm(outcome="enforce", clauses=("4.1",))
KEEP = VerdictForm(outcome="allow")


def decided(claim: Claim, form: VerdictForm = REMOVE, *, ago: timedelta = timedelta(0), took: float = 8.0) -> Verdict:
    """A verdict on a held case, moved to an earlier time, given `took` seconds after the case was taken."""
    verdict = verdict_give(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token, form=form)
    at = db_now() - ago
    Verdict.objects.filter(pk=verdict.pk).update(created_at=at)
    Claim.objects.filter(pk=claim.pk).update(started_at=at - timedelta(seconds=took))
    Case.objects.filter(pk=claim.case_id).update(closed_at=at)
    return verdict


def hours(*rows: tuple[int, int], waiting: int = 0) -> list[Hour]:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    found = []
    for i, (arrived, closed) in enumerate(rows):
        waiting = max(0, waiting + arrived - closed)
        found.append(Hour(at=start + timedelta(hours=i), arrived=arrived, closed=closed, waiting=waiting))
    return found


def test_it_counts_back_from_what_waits_now(waiting: Callable[..., Case]) -> None:
    case = waiting()
    queue = case.queue
    now = db_now().replace(minute=0, second=0, microsecond=0)
    for back, arrived, closed in ((2, 5, 1), (5, 3, 0)):
        Tally.objects.create(
            queue=queue, severity=1, source_id=1, slot=now - timedelta(hours=back), waiting=arrived - closed, arrived=arrived, closed=closed
        )
    found = flow_by_hour([queue], hours=24)
    assert len(found) == 24
    told = [(row.arrived, row.closed, row.waiting) for row in found[-6:]]
    assert told == [(3, 0, 3), (0, 0, 3), (0, 0, 3), (5, 1, 7), (0, 0, 7), (1, 0, 8)]
    assert flow_by_hour([], hours=24)[-1].waiting == 0


def test_it_foretells_what_the_same_hours_brought_before() -> None:
    day = [(10, 0)] * 12 + [(0, 10)] * 12
    ahead = forecast(hours(*(day * 4)))
    assert len(ahead) == 24
    assert ahead[0].arriving == 10
    assert max(row.waiting for row in ahead) == pytest.approx(120, abs=1)
    assert ahead[-1].waiting == pytest.approx(0, abs=10)
    assert all(row.low <= row.waiting <= row.high for row in ahead)
    assert ahead[-1].high - ahead[-1].low > ahead[0].high - ahead[0].low


def test_it_foretells_nothing_from_a_day() -> None:
    assert forecast(hours(*([(1, 1)] * 30))) == []
    assert forecast(hours(*([(0, 0)] * 100))) == []


def test_it_weighs_harm_by_severity_reach_and_minutes(claimed: Callable[..., Claim]) -> None:
    claim = claimed()
    Case.objects.filter(pk=claim.case_id).update(place={"rate": 3.0})
    verdict = decided(claim)
    severity = Verdict.objects.get(pk=verdict.pk).severity
    item = claim.case.item
    type(item).objects.filter(pk=item.pk).update(received_at=Verdict.objects.get(pk=verdict.pk).created_at - timedelta(minutes=20))
    trend = harm_minutes([claim.case.queue_id], days=7)
    assert severity == 3
    assert trend.now == pytest.approx(8 * 3 * 20, rel=1e-3)
    assert trend.before is None


def test_it_leaves_out_what_was_kept_and_what_was_undone(claimed: Callable[..., Claim]) -> None:
    kept = claimed()
    decided(kept, KEEP)
    undone = decided(claimed("Another one."))
    Verdict.objects.filter(pk=undone.pk).update(state=Verdict.State.UNDONE)
    assert harm_minutes([kept.case.queue_id], days=7).now is None
    assert corrected([kept.case.queue_id], days=7).of == 1


def test_it_compares_with_the_time_before(claimed: Callable[..., Claim]) -> None:
    late, early, before = claimed(), claimed("Two."), claimed("Three.")
    for claim, ago in ((late, 1), (early, 2), (before, 9)):
        decided(claim, ago=timedelta(days=ago))
    Case.objects.filter(pk=early.case_id).update(due_at=F("closed_at") + timedelta(hours=1))
    Case.objects.filter(pk__in=[late.case_id, before.case_id]).update(due_at=F("closed_at") - timedelta(hours=1))
    trend = decided_in_time([late.case.queue_id], days=7)
    assert (trend.now, trend.before, trend.of) == (0.5, 0.0, 2)
    assert trend.low is not None
    assert trend.high is not None
    assert 0 < trend.low < 0.5 < trend.high < 1
    assert spark(trend).count(",") == 2


def test_it_spreads_the_times_of_the_team(claimed: Callable[..., Claim]) -> None:
    queue = None
    for number, took in enumerate((2.0, 4.0, 6.0, 8.0, 7200.0)):
        claim = claimed(f"Text {number}.")
        queue = claim.case.queue_id
        decided(claim, took=took)
    times = time_to_decide([queue or 0], days=1)
    assert times.count == 4  # who went to lunch says nothing of how long deciding takes
    assert times.half == pytest.approx(5.0)
    assert len(times.bins) == BINS
    assert sum(times.bins) == 4


def test_it_draws_lines_that_stay_in_the_picture() -> None:
    rows = hours(*([(3, 1)] * 60), waiting=5)
    chart = flow_chart(rows, forecast(rows))
    places = [float(part) for pair in f"{chart.waiting} {chart.band} {chart.expected}".split() for part in pair.split(",")]
    assert min(places) >= 0
    assert max(places) <= 640
    assert chart.band


@pytest.fixture
def page(client: Client, lena: User) -> Callable[..., Any]:
    policy_ensure_defaults()
    queue_ensure_defaults()
    client.force_login(lena)
    return lambda query="": client.get(f"/team/{query}")


def test_it_shows_the_whole_without_a_verdict(page: Callable[..., Any]) -> None:
    answer = page()
    assert answer.status_code == 200
    for words in ("No case was closed", "Nothing harmful was removed", "No verdict was given", "A forecast needs two whole days"):
        assert words in answer.content.decode()


def test_it_filters_by_kind_and_period(page: Callable[..., Any], claimed: Callable[..., Claim]) -> None:
    decided(claimed())
    assert "Nothing harmful was removed" not in page("?kind=review&days=1").content.decode()
    assert "Nothing harmful was removed" in page("?kind=order&days=14").content.decode()
    assert page("?kind=nonsense&days=x").status_code == 200


def test_it_names_no_person(page: Callable[..., Any], claimed: Callable[..., Claim], rita: User) -> None:
    decided(claimed())
    body = page().content.decode()
    assert "rita" not in body.lower()
    assert Queue.objects.exists()


def test_it_tells_people_machine_and_both_apart(
    page: Callable[..., Any], plan: CheckPlan, waiting: Callable[..., Case], rita: User, ravi: User, lena: User
) -> None:
    """The machine leant to removal. Rita had asked for its opinion and removed; Ravi, blind, kept; Lena keeps, so that is the truth."""
    case = waiting("You are a liar.")
    Score.objects.create(item=case.item, model="review@test", checksum="0" * 64, risk=0.9)
    claim = case_claim_one(case_id=case.pk, reviewer=rita)
    assert claim is not None
    case_reveal(hold=Hold(case_id=case.pk, reviewer=rita, token=claim.token))
    give(claim)
    with dice(0.0):
        settle()
    second = Check.objects.get(purpose="second")
    decide(second.case, ravi, ALLOW)
    settle()
    assert corrected([case.queue_id], days=7).of == 1  # Ravi's answer decides nothing
    last = Check.objects.get(purpose="adjudicate")
    decide(last.case, lena, ALLOW, lead=True)
    settle()
    adjudication_close(check_id=last.pk, lead=lena)
    measure("review")
    best = who_decides_best([KINDS["review"]])[0]
    assert [(s.right, s.of) for s in (best.people, best.machine, best.both)] == [(0, 1), (1, 1), (1, 1)]
    assert best.word == "Not enough proof yet"
    body = page("?kind=review").content.decode()
    for words in ("Who decides best", "100.0<span", "Not enough proof yet", "Where two people differ"):
        assert words in body


def test_it_says_a_word_only_where_the_ranges_allow(db: None) -> None:
    def share(wrong: int, of: int) -> Share:
        low, high = clopper_pearson(wrong, of)
        return Share(right=wrong, of=of, low=low, high=high)

    def word(people: Share, machine: Share, both: Share) -> str:
        return Best(kind=KINDS["review"], people=people, machine=machine, both=both).word

    assert word(share(5, 500), share(80, 500), share(0, 0)) == "People are better"
    assert word(share(80, 500), share(5, 500), share(0, 0)) == "The machine is better"
    assert word(share(5, 500), share(6, 500), share(80, 500)) == "Together worse: look into it"
    assert word(share(5, 500), share(6, 500), share(5, 500)) == "Not told apart"
    assert word(share(0, 19), share(19, 19), share(0, 0)) == "Not enough proof yet"


def test_it_forbids_moderators_and_outsiders(client: Client, rita: User) -> None:
    assert client.get("/team/").status_code == 302
    client.force_login(rita)
    assert client.get("/team/").status_code == 403
