"""What a random draw says of all that was not drawn: right on average, with intervals that hold the truth."""

from __future__ import annotations

import random

import pytest

from scoring.audits import Auditors, Drawn, Estimate, corrected, decile, evenly, luck, part_of, probability, share, total

TIMES = 250


def test_it_draws_the_same_whenever_it_is_asked() -> None:
    assert luck("seed", "a") == luck("seed", "a")
    assert len({luck("seed", "a"), luck("other", "a"), luck("seed", "b")}) == 3
    values = [luck("seed", str(i)) for i in range(4000)]
    assert all(0 <= value < 1 for value in values)
    assert sum(values) / len(values) == pytest.approx(0.5, abs=0.02)


def test_it_gives_every_decision_a_chance_and_the_doubtful_ones_more() -> None:
    doubts = [0.0, 0.01, 0.04, 0.15]
    usual = sum(doubts) / len(doubts)
    chances = [probability(0.02, doubt, usual) for doubt in doubts]
    assert chances[0] == pytest.approx(0.01)
    assert chances == sorted(chances)
    assert sum(chances) / len(chances) == pytest.approx(0.02)
    assert probability(0.02, 0.01, usual, least=0.3) == 0.3
    assert probability(1.0, 9.0, usual) == 1.0
    assert probability(0.02, 0.0, 0.0) == pytest.approx(0.02)  # nothing known of the others: all alike


def test_it_keeps_a_uniform_part_of_any_draw() -> None:
    """Where doubtful ones are likelier to be drawn, a plain count of the drawn errs; one of the even part does not."""
    rng = random.Random(3)
    scores = [rng.betavariate(0.5, 4.5) for _ in range(60_000)]
    rows = [(rng.random(), probability(0.2, score, 0.1), rng.random() < score) for score in scores]
    truth = sum(bad for *_, bad in rows) / len(rows)
    drawn = [(u, bad) for u, chance, bad in rows if u < chance]
    even = [bad for u, bad in drawn if evenly(u, 0.1)]
    assert sum(bad for _, bad in drawn) / len(drawn) > truth * 1.3
    assert sum(even) / len(even) == pytest.approx(truth, rel=0.1)
    assert len(even) == pytest.approx(6000, rel=0.05)


def test_it_puts_scores_into_ten_strata() -> None:
    assert [decile(score) for score in (0.0, 0.05, 0.1, 0.99, 1.0)] == [0, 0, 1, 9, 9]


def draws(seed: int, *, size: int = 6000, rate: float = 0.05) -> tuple[float, list[Drawn]]:
    rng = random.Random(seed)
    scores = [rng.betavariate(0.4, 8) for _ in range(size)]
    usual = sum(scores) / size
    bad = [rng.random() < score * 0.6 for score in scores]
    chances = [probability(rate, score, usual) for score in scores]
    return sum(bad) / size, [Drawn(float(b), c) for b, c in zip(bad, chances, strict=True) if rng.random() < c]


def test_it_estimates_without_bias_and_its_interval_holds_the_truth() -> None:
    totals, shares, held = [], [], 0
    truths = []
    for seed in range(TIMES):
        truth, drawn = draws(seed)
        found = share(drawn)
        assert found is not None
        truths.append(truth)
        totals.append(total(drawn) / 6000)
        shares.append(found.value)
        held += found.low <= truth <= found.high
    mean = sum(truths) / TIMES
    assert sum(totals) / TIMES == pytest.approx(mean, rel=0.06)
    assert sum(shares) / TIMES == pytest.approx(mean, rel=0.06)
    assert held / TIMES >= 0.95


def test_it_errs_where_the_chances_are_left_out() -> None:
    """A plain count of those drawn says far too much harm: the test above can fail."""
    found = [(truth, sum(one.value for one in drawn) / len(drawn)) for truth, drawn in map(draws, range(60))]
    assert sum(plain for _, plain in found) > 1.5 * sum(truth for truth, _ in found)


def test_it_is_sure_only_when_everything_was_looked_at() -> None:
    assert share([]) is None
    every = share([Drawn(0.0, 1.0)] * 9 + [Drawn(1.0, 1.0)])
    assert every is not None
    assert every.value == every.low == every.high == 0.1
    some = share([Drawn(0.0, 0.02)] * 300)
    assert some is not None
    assert some.value == 0.0
    assert 0.009 < some.high < 0.02


def test_it_corrects_for_auditors_who_err() -> None:
    """Nine of ten breaks are caught and one of fifty keeping items is called a break: what is truly there is found again."""
    held, values = 0, []
    for seed in range(TIMES):
        rng = random.Random(seed)
        truths = [rng.random() < 0.06 for _ in range(1500)]
        said = [rng.random() < (0.9 if truth else 0.02) for truth in truths]
        caught, cleared = (sum(rng.random() < chance for _ in range(300)) / 300 for chance in (0.9, 0.98))
        found = share([Drawn(float(one), 0.02) for one in said])
        assert found is not None
        better = corrected(found, Auditors(catches=caught, clears=cleared, breaking=300, keeping=300))
        values.append(better.value)
        held += better.low <= 0.06 <= better.high
    assert sum(values) / TIMES == pytest.approx(0.06, rel=0.08)
    assert held / TIMES >= 0.93


def test_it_leaves_a_share_alone_where_auditors_are_no_better_than_a_coin() -> None:
    found = Estimate(value=0.1, low=0.05, high=0.2, audits=100)
    assert corrected(found, Auditors(catches=0.5, clears=0.5, breaking=100, keeping=100)) is found


def test_it_tells_what_part_was_caught() -> None:
    people = Estimate(value=90, low=90, high=90, audits=0)
    missed = Estimate(value=10, low=5, high=30, audits=400)
    found = part_of([people], [missed])
    assert found is not None
    assert (found.value, found.low, found.high) == (0.9, 0.75, pytest.approx(90 / 95))
    nothing = Estimate(value=0, low=0, high=0, audits=0)
    assert part_of([nothing], [nothing]) is None


def test_alarms_that_a_second_person_looked_at_are_corrected_for_two() -> None:
    """300 weeks of 600 audits: 3 in 100 are wrong, auditors are careless, and a lead looks at what they found. Were the carelessness of
    one taken out of what two agreed on, next to nothing would be left of it."""
    rng, truth, held, values, alone = random.Random(4), 0.03, 0, [], []
    for _ in range(300):
        drawn = []
        for _ in range(600):
            bad = rng.random() < truth
            found = rng.random() < (0.9 if bad else 0.05) and rng.random() < (0.97 if bad else 0.03)
            drawn.append(Drawn(float(found), 0.3))
        catches, clears = (sum(rng.random() < rate for _ in range(200)) / 200 for rate in (0.9, 0.95))
        who, seen = Auditors(catches=catches, clears=clears, breaking=200, keeping=200), share(drawn)
        assert seen is not None
        both = corrected(seen, who.confirmed())
        values.append(both.value)
        alone.append(corrected(seen, who).value)
        held += both.low <= truth <= both.high
    assert sum(values) / len(values) == pytest.approx(truth, rel=0.15)
    assert held / 300 >= 0.92
    assert sum(alone) / len(alone) < truth / 5
