"""What a week's audits say of everything that was decided: by hand on a few items, then against a truth that the audits cannot see."""

from __future__ import annotations

import random

import pytest
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Source, User
from console.automation import evidence
from console.automation.estimates import Week, week_estimates, weeks_back
from console.automation.evidence import WINDOW, answers, auditors_of, evidence_of
from console.automation.models import Sample
from console.automation.workload import workload_of
from console.common.clock import db_now
from console.policies.selectors import active_policy
from console.quality.models import Reliability
from scoring.audits import Auditors, Drawn, Estimate, corrected, share
from tests.console.automation import MODEL, audit, audited, plan_all, receive
from tests.console.quality import settle

CALM, WILD, UNSURE = "0.01", "0.99 spam", "0.5"


def this_week() -> Week:
    return week_estimates(kind="review", document=active_policy("review")[1])


def known(found: Estimate | None) -> Estimate:
    assert found is not None
    return found


def test_nothing_is_known_before_anything_was_answered(ready: None, shop: Source) -> None:
    plan_all()
    receive(shop, [CALM, WILD])
    week = this_week()
    assert (week.allowed, week.enforced, week.audits, week.waiting) == (1, 1, 0, 2)
    assert (week.wrongly_allowed, week.wrongly_enforced, week.missed, week.found, week.harm) == (None, None, None, None, None)
    assert weeks_back(kind="video", document=active_policy("video")[1]) == []


def test_where_everything_was_looked_at_it_is_counted(ready: None, shop: Source, rita: User) -> None:
    """Of ten allowed two break a rule, of five enforced one does not, and people enforced three of four."""
    plan_all()
    audited(shop, rita, [CALM] * 10 + [WILD] * 5, breaks=[0, 1, 10, 11, 12, 13])
    for index, item in enumerate(receive(shop, [UNSURE] * 4)):
        audit(item, rita, "enforce" if index < 3 else "allow")
    settle()
    week = this_week()
    assert (week.allowed, week.enforced, week.people) == (10, 5, 4)
    assert known(week.wrongly_allowed).value == pytest.approx(0.2)
    assert known(week.wrongly_enforced).value == pytest.approx(0.2)
    assert known(week.missed).value == pytest.approx(2.0)
    assert known(week.found).value == pytest.approx(7 / 9)
    assert known(week.harm).value == pytest.approx(9 / 19)


def test_rare_audits_stand_for_all_that_they_were_drawn_from(ready: None, shop: Source, rita: User) -> None:
    """Wrong ones drawn with a chance of 1 and right ones with 1 in 10: a plain count would say that half are wrong."""
    plan_all()
    audited(shop, rita, [CALM] * 20, breaks=range(10))
    wrong = set(Sample.objects.filter(check_case__answer__outcome="enforce").values_list("pk", flat=True))
    Sample.objects.exclude(pk__in=wrong).update(chance=0.1)
    assert known(this_week().wrongly_allowed).value == pytest.approx(10 / (10 + 100))


def test_the_errors_of_auditors_are_taken_out(ready: None, shop: Source, rita: User) -> None:
    plan_all()
    audited(shop, rita, [CALM] * 100, breaks=range(10))
    assert auditors_of("review") is None
    Reliability.objects.create(
        reviewer=rita, kind="review", answers=400, matrix={"allow": {"allow": 196, "4.4": 4}, "4.4": {"4.4": 160, "allow": 40}}
    )
    who = auditors_of("review")
    assert who is not None
    assert (who.catches, who.clears) == (0.8, 0.98)
    found = known(this_week().wrongly_allowed)
    both = 1 - 0.02**2  # what one finds wrong goes to a lead: for a false alarm two have to err
    seen = 0.8**2  # and for a true find two have to see it: the lead misses some of what the auditor found
    assert found.value == pytest.approx((0.10 + both - 1) / (seen + both - 1))
    assert found.low < found.value < found.high


def test_false_alarms_that_a_lead_took_back_are_not_taken_out_twice(ready: None, shop: Source, rita: User) -> None:
    """Careless auditors, whose alarms a lead has looked at: were their carelessness taken out again, nothing would be left."""
    plan_all()
    audited(shop, rita, [CALM] * 100, breaks=range(10))
    matrix = {"allow": {"allow": 90, "4.4": 10}, "4.4": {"4.4": 100}}
    Reliability.objects.create(reviewer=rita, kind="review", answers=200, matrix=matrix)
    found = known(this_week().wrongly_allowed)
    assert found.value == pytest.approx(0.09 / 0.99)
    assert found.low > 0.02


def test_estimates_hold_the_truth_of_traffic_that_was_drawn_from_again_and_again() -> None:
    """300 weeks of 4,000 decisions, audited as the plan does it, by people who err: on average right, and the range holds the truth."""
    held, values, times = 0, [], 300
    rng = random.Random(9)
    scores = [rng.betavariate(0.5, 12) for _ in range(4000)]
    harm = [rng.random() < score for score in scores]
    truth = sum(harm) / len(harm)
    usual = sum(scores) / len(scores)
    for _ in range(times):
        drawn = [
            Drawn(float(rng.random() < (0.9 if bad else 0.01)), chance)
            for score, bad in zip(scores, harm, strict=True)
            if rng.random() < (chance := 0.05 + 0.05 * score / usual)
        ]
        right = [sum(rng.random() < rate for _ in range(200)) / 200 for rate in (0.9, 0.99)]
        found = corrected(known(share(drawn)), Auditors(catches=right[0], clears=right[1], breaking=200, keeping=200))
        values.append(found.value)
        held += found.low <= truth <= found.high
    assert sum(values) / times == pytest.approx(truth, rel=0.07)
    assert held / times >= 0.93


def test_what_it_reads_has_a_bound_and_weeks_are_added_up_by_the_database(
    ready: None, shop: Source, rita: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plan_all()
    items = audited(shop, rita, [CALM] * 12 + [UNSURE] * 4)
    document = active_policy("review")[1]
    with django_assert_num_queries(3):
        assert weeks_back(kind="review", document=document)[0].audits == 12
    with django_assert_num_queries(2):
        assert len(answers("review", since=db_now() - WINDOW)) == 16
    monkeypatch.setattr(evidence, "AUDITS", 6)
    with django_assert_num_queries(2):
        rows = answers("review", since=db_now() - WINDOW)
        read = [(row.sample.decision.item_id, row.outcome, row.sample.chance) for row in rows]
    assert len(read) == 6
    newest = set(Sample.objects.order_by("-created_at", "-pk").values_list("decision__item_id", flat=True)[:6])
    assert {item for item, _, _ in read} == newest <= {item.pk for item in items}
    found = evidence_of(kind="review", model=MODEL, label="risk", document=document)
    assert (len(found.audits), found.since) == (6, rows[0].sample.created_at), "it says how far back it read"


def test_it_reckons_the_work_at_other_shares_of_harm(ready: None, shop: Source, rita: User) -> None:
    """All harm goes to people and a fifth of the rest: at 1 % that is 1 + 99 / 5 in 100."""
    plan = plan_all(hourly_cost=60.0)
    audited(shop, rita, [CALM] * 40 + [UNSURE] * 20, breaks=range(40, 50))
    document = active_policy("review")[1]
    rows = answers("review", since=db_now() - WINDOW)
    load = workload_of(kind="review", document=document, rows=rows, plan=plan)
    assert load is not None
    assert (load.items, load.allowed, load.people) == (60, pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert [row.harm for row in load.at] == [0.001, 0.005, 0.01, 0.02, 0.05]
    assert load.at[2].share == pytest.approx(0.01 + 0.99 * 0.2)
    assert load.at[2].cost == pytest.approx(load.at[2].cases * load.seconds / 3600 * 60)
    assert workload_of(kind="video", document=document, rows=[], plan=None) is None
