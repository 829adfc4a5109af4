"""Alpha against Krippendorff's own worked examples, Dawid-Skene against the paper's, exact binomials against tables."""

from __future__ import annotations

import random

import pytest

from scoring.agreement import agreement, alpha
from scoring.binomial import at_most, clopper_pearson, flag_at_most, tries_to_tell, wilson
from scoring.reliability import Answer, judge_all

# Dawid and Skene (1979), table 1: five anaesthetists on 45 patients; the first saw each form three times.
ANAESTHETISTS = """
111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3|232 2 2 2 3
444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1|222 2 2 2 1|222 1 3 2 2
222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2|111 1 1 1 1|111 1 1 1 1|112 1 1 2 1
111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3|221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1
111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2
"""


def columns(*rows: str) -> list[list[str]]:
    """Rows of judges to units, without what is missing."""
    return [[value for value in unit if value != "."] for unit in zip(*(row.split() for row in rows), strict=True)]


def test_it_gives_krippendorffs_alpha_of_two_values_and_two_observers() -> None:
    assert alpha(columns("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")) == pytest.approx(0.095, abs=0.0005)


def test_it_gives_krippendorffs_alpha_of_many_values_and_two_observers() -> None:
    assert alpha(columns("a a b b d c c c e d d a", "b a b b b c c c e d d d")) == pytest.approx(0.692, abs=0.0005)


def test_it_gives_krippendorffs_alpha_of_many_observers_with_missing_values() -> None:
    units = columns("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
    assert alpha(units) == pytest.approx(0.743, abs=0.0005)
    found = agreement(units, seed=1)
    assert found.units == 11
    assert found.low is not None
    assert found.high is not None
    assert 0.3 < found.low < 0.743 < found.high <= 1.0


def test_it_says_nothing_where_chance_cannot_disagree() -> None:
    assert alpha([["a", "a"], ["a", "a"]]) is None
    assert agreement([["a", "b"]]).alpha is None
    assert agreement([]).units == 0


def test_its_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Judges who agree on 9 in 10 of two equally frequent values have alpha near .8."""
    dice, inside = random.Random(3), 0
    for seed in range(60):
        units = [[value, value if dice.random() < 0.9 else 1 - value] for value in (dice.randrange(2) for _ in range(150))]
        found = agreement(units, samples=200, seed=seed)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0.8 <= found.high
    assert inside >= 52


def anaesthetists() -> list[Answer]:
    patients = [patient for line in ANAESTHETISTS.split("\n") for patient in line.split("|") if patient]
    return [
        Answer(unit=number, judge=judge, value=value)
        for number, patient in enumerate(patients)
        for judge, values in enumerate(patient.split())
        for value in values
    ]


def test_it_finds_the_error_rates_of_dawid_and_skene() -> None:
    found = judge_all(anaesthetists())
    assert len(found.truths) == 45
    assert [round(found.shares[name], 2) for name in "1234"] == [0.40, 0.42, 0.11, 0.07]
    first = found.rates[0]
    assert [round(first["1"][name], 2) for name in "1234"] == [0.89, 0.11, 0.0, 0.0]
    assert [round(first["2"][name], 2) for name in "1234"] == [0.07, 0.88, 0.05, 0.0]
    assert [round(first["3"][name], 2) for name in "1234"] == [0.0, 0.34, 0.66, 0.0]


def test_a_known_truth_is_not_outvoted() -> None:
    answers = [Answer(unit="x", judge=judge, value="allow") for judge in "abc"] + [Answer(unit="x", judge="d", value="4.4")]
    answers += [Answer(unit=n, judge=judge, value="allow") for n in range(5) for judge in "abcd"]
    found = judge_all(answers, known={"x": "4.4"}, prior=1.0)
    assert found.truths["x"]["4.4"] == 1.0
    assert found.counts["d"]["4.4"]["4.4"] == 1.0
    assert found.counts["a"]["4.4"]["allow"] == pytest.approx(1.0, abs=0.1)


def test_it_refuses_to_judge_nothing() -> None:
    with pytest.raises(ValueError, match="no answers"):
        judge_all([])


@pytest.mark.parametrize(("bad", "of", "right"), [(0.8, 57, 49), (0.7, 25, 20), (0.5, 9, 6)])
def test_it_knows_how_many_known_answers_tell_a_reviewer_apart(bad: float, of: int, right: int) -> None:
    """The table of the gold power: one false alarm in a hundred, nine in ten found, against 95 %."""
    assert tries_to_tell(bad) == (of, right)
    assert flag_at_most(of) == right


def test_few_answers_flag_nobody() -> None:
    assert flag_at_most(1) == -1
    assert flag_at_most(2) == 0


def test_its_intervals_are_those_of_the_tables() -> None:
    assert clopper_pearson(0, 299)[1] == pytest.approx(0.01226, abs=1e-4)
    assert clopper_pearson(8, 10) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert clopper_pearson(0, 0) == wilson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(5, 5)[1] == 1.0


def test_its_tails_are_exact() -> None:
    assert at_most(2, 4, 0.5) == pytest.approx(11 / 16)
    assert (at_most(4, 4, 0.1), at_most(-1, 4, 0.1), at_most(0, 4, 1.0), at_most(0, 4, 0.0)) == (1.0, 0.0, 0.0, 1.0)
