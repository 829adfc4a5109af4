"""The queue replay: people serve one case at a time, the same stream under each order."""

from __future__ import annotations

import random
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from scoring.queue_plot import plot_harm
from scoring.queue_replay import BY_RISK, FIRST_COME, ORACLE, Candidate, Plan, Waiting, arrivals, by_value, serve


def case(name: str, at: float, *, handling: float = 1.0, severity: int = 1, chance: float = 0.5, violates: bool = True) -> Waiting:
    item = Candidate(chance=chance, severity=severity, violates=violates)
    return Waiting(name=name, at=at, item=item, exposure=1.0, true_exposure=1.0, handling=handling)


@pytest.fixture(scope="module")
def mixed() -> list[Candidate]:
    """Calibrated by construction: what has chance p breaks the rules with probability p."""
    rng = random.Random(5)
    chances = [rng.betavariate(0.5, 1.5) for _ in range(2000)]
    return [Candidate(chance=p, severity=rng.choice([0, 1, 1, 2, 3]), violates=rng.random() < p) for p in chances]


def test_it_counts_the_harm_until_a_person_has_decided() -> None:
    stream = [case("a", 0.0), case("b", 0.0, severity=3), case("c", 0.0, violates=False)]
    served = serve(stream, FIRST_COME, Plan(people=1, days=1))
    # Mild: 2 a minute for the 1 minute of its decision. Severe: 8 a minute, 1 minute waited and 1 decided. What breaks nothing: nothing.
    assert served.harm_minutes == pytest.approx(2 * 1 + 8 * 2)
    assert served.longest_wait == pytest.approx(2.0)


def test_it_serves_side_by_side() -> None:
    stream = [case("a", 0.0), case("b", 0.0), case("c", 0.0)]
    assert serve(stream, FIRST_COME, Plan(people=3, days=1)).longest_wait == 0.0
    assert serve(stream, FIRST_COME, Plan(people=2, days=1)).longest_wait == pytest.approx(1.0)


def test_the_oracle_takes_the_worst_that_is_quickly_done() -> None:
    """By hand: one person, one long mild case that came first, one short severe case a moment later, both waiting."""
    stream = [case("busy", 0.0, violates=False), case("long", 0.1, handling=10.0), case("short", 0.2, severity=3)]
    best, naive = serve(stream, ORACLE, Plan(people=1, days=1)), serve(stream, FIRST_COME, Plan(people=1, days=1))
    assert best.harm_minutes == pytest.approx(8 * 1.8 + 2 * 11.9)
    assert naive.harm_minutes == pytest.approx(2 * 10.9 + 8 * 11.8)


def test_a_case_that_nears_its_limit_goes_before_more_valuable_ones() -> None:
    plan = Plan(people=1, days=1, limits=(30.0, 30.0, 30.0, 30.0))
    old = case("old", 0.0, severity=0, chance=0.01, violates=False)
    worse = [case(f"w{n}", n * 0.9 + 0.01, severity=3, chance=0.99) for n in range(60)]
    late = serve([case("busy", 0.0), old, *worse], by_value(plan), plan)
    never = serve([case("busy", 0.0), old, *worse], BY_RISK, plan)
    assert late.breaches == 0
    assert never.breaches > 0


def test_value_spares_most_of_the_harm_and_breaches_no_limit(mixed: list[Candidate]) -> None:
    plan = Plan(days=2.0)
    stream = arrivals(mixed, plan, random.Random(0))
    first, risk, value, oracle = (serve(stream, order, plan) for order in (FIRST_COME, BY_RISK, by_value(plan), ORACLE))
    assert value.harm_minutes < 0.4 * first.harm_minutes
    assert oracle.harm_minutes <= min(first.harm_minutes, risk.harm_minutes, value.harm_minutes)
    assert value.breaches <= 0.005 * value.served
    assert risk.breaches > value.breaches
    assert {s.served for s in (first, risk, value, oracle)} == {len(stream)}
    assert sum(value.by_hour) == pytest.approx(value.harm_minutes)


def test_the_stream_is_as_busy_as_planned_and_the_same_for_a_seed(mixed: list[Candidate]) -> None:
    plan = Plan(days=10.0)
    stream = arrivals(mixed, plan, random.Random(3))
    busy = sum(w.handling for w in stream) / (plan.people * plan.days * 24 * 60)
    assert busy == pytest.approx(plan.utilisation, rel=0.03)
    assert stream == arrivals(mixed, plan, random.Random(3))
    noon = sum(w.at % 1440 // 60 in (10, 11, 12, 13) for w in stream)
    night = sum(w.at % 1440 // 60 in (22, 23, 0, 1) for w in stream)
    assert noon / night == pytest.approx(1.4 / 0.6, rel=0.15)
    level = arrivals(mixed, replace(plan, swing=0.0), random.Random(3))
    assert len(level) == pytest.approx(len(stream), rel=0.03)


def test_it_draws_every_order_and_says_the_figures_in_words() -> None:
    picture = plot_harm({"first come": [5.0, 10.0], "value": [1.0, 0.0], "oracle": [0.0, 0.0]}, "Harm & more")
    root = ElementTree.fromstring(picture)
    assert root.findtext("{*}title") == "Harm & more"
    assert root.findtext("{*}desc") == "first come: 15 harm-minutes in all; value: 1 harm-minutes in all; oracle: 0 harm-minutes in all"
    assert len(root.findall("{*}polyline")) == 3
