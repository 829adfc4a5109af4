"""Answers that were not all as likely: the share of all that came, and a range that holds it as often as it says."""

from __future__ import annotations

import random

import pytest

from scoring.binomial import wilson
from scoring.weighed import Weighed, alike, weighed


def test_alike_is_a_plain_count() -> None:
    found = weighed([(True, 1.0)] * 6 + [(False, 1.0)] * 14)
    assert found == alike(6, 20)
    assert (found.share, found.worth) == (0.3, pytest.approx(20))
    assert found.range() == pytest.approx(wilson(6, 20))
    assert weighed([(True, 8.0)] * 6 + [(False, 8.0)] * 14).range() == pytest.approx(wilson(6, 20)), "a common weight says nothing"
    assert Weighed().range() == (0.0, 1.0)


def test_each_answer_stands_for_what_it_was_drawn_from() -> None:
    found = weighed([(True, 2.0)] * 10 + [(True, 10.0)] * 2 + [(False, 1.0)] * 20)
    assert found.share == pytest.approx(40 / 60)
    assert found.worth < min(32, 60**2 / (40 + 200 + 20) + 1e-9)


def test_a_part_can_be_taken_away() -> None:
    part, rest = [(True, 2.5), (False, 40.0)], [(False, 1.0), (False, 3.0)]
    left = weighed(part + rest) - weighed(part)
    assert (left.hits, left.of, left.share) == (0, 2, 0.0)
    assert left.worth == pytest.approx(16 / 10)
    assert weighed(part) - weighed(part) == Weighed()


def test_its_range_holds_the_truth_where_the_doubtful_are_looked_at_more_often() -> None:
    """Drawn with chances of 1 in 20 to 1 in 2, by doubt: the plain count errs nearly always, the weighed one as often as it says."""
    rng = random.Random(4)
    held = plain = 0
    for _ in range(300):
        doubts = [rng.random() ** 3 for _ in range(1500)]
        answers = [(rng.random() < 0.1 + 0.3 * doubt, max(0.05, doubt / 2)) for doubt in doubts]
        drawn = [(bad, 1 / chance) for bad, chance in answers if rng.random() < chance]
        low, high = weighed(drawn).range()
        held += low <= 0.1 + 0.3 / 4 <= high
        low, high = wilson(sum(bad for bad, _ in drawn), len(drawn))
        plain += low <= 0.1 + 0.3 / 4 <= high
    assert held >= 0.92 * 300
    assert plain < 0.5 * 300
