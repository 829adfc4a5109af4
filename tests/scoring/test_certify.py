"""Certified thresholds: exact numbers, what is refused, and the proof of the method: drawn again and again, it errs as seldom as said."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from scoring.certify import (
    ALLOW,
    GRIDS,
    Audited,
    Basis,
    Limit,
    Method,
    Proof,
    Side,
    certify,
    confidence_of_look,
    decides,
    floor,
    needed,
    tail,
    upper_bound,
)

SPLITS = 1000


@pytest.mark.parametrize(
    ("risk", "audits"), [(0.05, (59, 93, 153)), (0.02, (149, 236, 386)), (0.01, (299, 473, 773)), (0.005, (598, 947, 1549))]
)
def test_it_knows_how_many_audits_prove_a_risk(risk: float, audits: tuple[int, ...]) -> None:
    assert tuple(needed(risk, 0.05, wrong) for wrong in (0, 1, 3)) == audits
    for wrong, least in zip((0, 1, 3), audits, strict=True):
        assert tail(wrong, least, risk) <= 0.05 < tail(wrong, least - 1, risk)
        assert upper_bound(wrong, least, 0.05) <= risk < upper_bound(wrong, least - 1, 0.05)


def test_it_knows_the_share_that_no_mark_can_decide() -> None:
    assert floor(0.10, 0.01) == pytest.approx(0.0909, abs=1e-4)
    assert floor(0.20, 0.02) == pytest.approx(0.1837, abs=1e-4)
    assert floor(0.005, 0.01) == 0.0


def test_it_fixes_its_marks_before_any_data() -> None:
    assert len(ALLOW) == 24
    assert list(ALLOW) == sorted(ALLOW)
    assert ALLOW[0] == 0.002
    assert max(GRIDS["allow"]) < 0.5 < min(GRIDS["enforce"])
    assert [round(1 - mark, 5) for mark in GRIDS["enforce"]] == list(ALLOW)


def clean(count: int, score: float = 0.001) -> list[Audited]:
    return [Audited(score, False)] * count


def test_it_certifies_what_enough_audits_found_right_and_nothing_before() -> None:
    proof = certify(clean(299), [0.001] * 500, Limit(side="allow"))
    assert proof.chosen is not None
    assert proof.chosen.upper <= 0.01
    almost = certify(clean(298), [0.001] * 500, Limit(side="allow"))
    assert almost.chosen is None
    assert almost.missing == 1


def test_it_says_how_many_more_are_needed_at_the_share_that_the_mark_covers() -> None:
    half = [0.001] * 250 + [0.6] * 250
    proof = certify(clean(100) + [Audited(0.6, True)] * 100, half, Limit(side="allow"))
    assert proof.chosen is None
    assert proof.missing == 2 * (299 - 100)


def test_a_mark_before_the_start_of_a_sequence_needs_as_many_as_make_it_the_start() -> None:
    """At 10 in 100 the marks cover enough and are too often wrong; the stricter ones are right, and 183 audits more begin there."""
    audits = clean(400) + [Audited(0.1, True)] * 200 + [Audited(0.6, True)] * 400
    proof = certify(audits, [audit.score for audit in audits], Limit(side="allow"))
    assert proof.chosen is None
    assert proof.missing == 1000 * (473 - 400) // 400 + 1


def test_it_says_nothing_where_the_traffic_never_falls() -> None:
    proof = certify([], [0.7, 0.8], Limit(side="allow"))
    assert proof.chosen is None
    assert proof.missing is None


def test_it_counts_an_audit_without_an_answer_as_wrong() -> None:
    for side, score in (("allow", 0.001), ("enforce", 0.999)):
        right = Audited(score, side == "enforce")
        limit = Limit(side=side)  # type: ignore[arg-type]
        assert certify([right] * 299, [score] * 500, limit).chosen is not None
        assert certify([right] * 298 + [Audited(score, None)], [score] * 500, limit).chosen is None


def test_it_asks_more_of_many_marks_tested_at_once() -> None:
    limit = Limit(side="allow", method="bonferroni")
    assert limit.doubt == pytest.approx(0.05 / 24)
    assert certify(clean(299), [0.001] * 500, limit).chosen is None
    assert certify(clean(needed(0.01, limit.doubt)), [0.001] * 500, limit).chosen is not None


def test_it_stops_a_sequence_at_the_first_mark_that_fails() -> None:
    """What lies beyond a mark that failed stays with people, though it would pass alone."""
    bad = [Audited(0.03, True)] * 8
    audits = clean(600) + bad + [Audited(0.2, False)] * 900
    proof = certify(audits, [audit.score for audit in audits], Limit(side="allow"))
    assert proof.chosen is not None
    assert proof.chosen.threshold < 0.03
    assert proof.steps[-1].chance <= 0.05
    assert not proof.steps[-1].certified


def test_it_bounds_what_is_let_through_of_all_harm_when_asked_to() -> None:
    audits = [Audited(0.9, True)] * 320 + clean(50)
    proof = certify(audits, [audit.score for audit in audits], Limit(side="allow", basis="class"))
    assert proof.chosen is not None
    assert (proof.chosen.of, proof.chosen.wrong) == (320, 0)
    assert proof.floor == 0.0
    assert certify(audits, [audit.score for audit in audits], Limit(side="allow")).chosen is None  # 50 say little of what is decided


@pytest.mark.parametrize(("risk", "confidence"), [(0.0, 0.95), (1.0, 0.95), (0.01, 1.0), (0.01, 0.2)])
def test_it_refuses_limits_that_mean_nothing(risk: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="lies between"):
        Limit(side="allow", risk=risk, confidence=confidence)


def test_it_spends_its_doubt_over_all_looks_together() -> None:
    doubts = [1 - confidence_of_look(0.95, look) for look in range(1, 20)]
    assert doubts[0] == pytest.approx(0.04)
    assert doubts == sorted(doubts, reverse=True)
    assert 0.0499 < sum(doubts) <= 0.05


World = Sequence[tuple[float, bool]]


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """Scores that are right about the chance of harm, scores that promise too much, traffic with little harm, and with much."""
    rng = random.Random(7)
    honest = [(score, rng.random() < score) for score in (rng.betavariate(0.25, 4) for _ in range(40_000))]
    bold = [(score**2, rng.random() < score) for score in (rng.betavariate(0.25, 2) for _ in range(40_000))]
    rare = [(score, rng.random() < score / 3) for score in (rng.betavariate(0.1, 8) for _ in range(40_000))]
    grim = [(score, rng.random() < score) for score in (rng.betavariate(2, 0.3) for _ in range(40_000))]
    return {"honest": honest, "bold": bold, "rare": rare, "grim": grim}


def true_risk(world: World, limit: Limit, mark: float) -> float:
    wrong = [harmful == (limit.side == "allow") for _, harmful in world]
    inside = [decides(limit.side, mark, score) for score, _ in world]
    of = sum(inside) if limit.basis == "decided" else sum(wrong)
    return sum(a and b for a, b in zip(wrong, inside, strict=True)) / of if of else 0.0


def proofs(world: World, limit: Limit, audits: int) -> list[Proof]:
    rng = random.Random(1)
    found = []
    for _ in range(SPLITS):
        drawn = rng.choices(world, k=audits)
        found.append(certify([Audited(*row) for row in drawn], [score for score, _ in rng.choices(world, k=400)], limit))
    return found


@pytest.mark.parametrize(
    ("name", "side", "basis", "method", "risk"),
    [
        ("honest", "allow", "decided", "sequence", 0.02), ("honest", "allow", "decided", "bonferroni", 0.05),
        ("bold", "allow", "decided", "sequence", 0.05), ("rare", "allow", "decided", "sequence", 0.01),
        ("bold", "allow", "class", "sequence", 0.1), ("honest", "enforce", "class", "sequence", 0.01),
        ("grim", "enforce", "decided", "sequence", 0.05),
    ],
)  # fmt: skip
def test_it_breaks_its_promise_in_at_most_one_of_twenty_splits(
    worlds: dict[str, World], name: str, side: Side, basis: Basis, method: Method, risk: float
) -> None:
    world, limit = worlds[name], Limit(side=side, risk=risk, basis=basis, method=method)
    truth = {mark: true_risk(world, limit, mark) for mark in limit.grid}
    chosen = [proof.chosen for proof in proofs(world, limit, 600)]
    broken = sum(step is not None and truth[step.threshold] > risk for step in chosen)
    assert broken / SPLITS <= 0.05
    assert sum(step is not None for step in chosen) > SPLITS / 20  # a promise that is never made is easily kept


def test_it_would_see_a_rule_that_chooses_its_mark_by_the_error_it_measured(worlds: dict[str, World]) -> None:
    """The naive way, the widest mark whose measured error is small enough, breaks its promise: so the test above can fail."""
    world, limit = worlds["honest"], Limit(side="allow", risk=0.02)
    truth = {mark: true_risk(world, limit, mark) for mark in limit.grid}
    broken = 0
    for proof in proofs(world, limit, 600):
        naive = [step for step in proof.steps if step.measured is not None and step.measured <= limit.risk]
        broken += bool(naive) and truth[naive[-1].threshold] > limit.risk
    assert broken / SPLITS > 0.2
