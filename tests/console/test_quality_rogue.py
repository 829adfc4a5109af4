"""S44: somebody flips a slice of 1 in 20 of their labels. Known answers and second looks find them, and nobody else."""

from __future__ import annotations

import random

import pytest

from console.quality.measuring import reliability_of
from scoring.reliability import Answer, judge_all

CLAUSES = ("4.1", "4.2", "4.3", "4.4")
SHARES = {"allow": 0.6, "4.1": 0.1, "4.2": 0.1, "4.3": 0.1, "4.4": 0.1}
TEAM = ("rita", "ravi", "rosa", "rene", "rogue")


def says(judge: str, truth: str, in_slice: bool, dice: random.Random) -> str:
    """Right 97 times in 100; the rogue lets everything of the slice pass."""
    if judge == "rogue" and in_slice:
        return "allow"
    return truth if dice.random() < 0.97 else dice.choice([word for word in SHARES if word != truth])


def answers_of(seed: int, *, looks: int, golds: int) -> tuple[list[Answer], dict[object, str]]:
    """Second looks (`looks` for each person, first or second) and known answers, half of them breaking a rule. The slice is one
    phrase: half of what breaks 4.4, 1 label in 20."""
    dice = random.Random(seed)
    answers: list[Answer] = []
    known: dict[object, str] = {}
    for unit in range(looks * len(TEAM) // 2):
        truth = dice.choices(list(SHARES), list(SHARES.values()))[0]
        in_slice = truth == "4.4" and dice.random() < 0.5
        answers += [Answer(unit=unit, judge=judge, value=says(judge, truth, in_slice, dice)) for judge in dice.sample(TEAM, 2)]
        if answers[-1].value != answers[-2].value:
            known[unit] = truth  # a lead decided
    for judge in TEAM:
        for number in range(golds):
            truth = "allow" if number % 5 < 2 else CLAUSES[number % 4]
            in_slice = truth == "4.4" and dice.random() < 0.5
            known[judge, number] = truth
            answers.append(Answer(unit=(judge, number), judge=judge, value=says(judge, truth, in_slice, dice)))
    return answers, known


@pytest.mark.parametrize("seed", range(5))
def test_the_rogue_is_found_in_their_slice_and_nobody_else_is(seed: int) -> None:
    answers, known = answers_of(seed, looks=200, golds=100)
    found = judge_all(answers, known=known, prior=4.0)
    signs = {judge: [sign["clause"] for sign in reliability_of(found, judge)["signs"]] for judge in TEAM}
    assert signs["rogue"] == ["4.4"]
    assert [judge for judge in TEAM if signs[judge]] == ["rogue"]


def test_a_reviewer_who_guesses_weighs_little_and_a_good_one_much() -> None:
    dice = random.Random(1)
    truths = {number: "allow" if number % 2 else "4.4" for number in range(200)}
    answers = [Answer(unit=number, judge="good", value=truth) for number, truth in truths.items()]
    answers += [Answer(unit=number, judge="guess", value=dice.choice(["allow", "4.4"])) for number in truths]
    found = judge_all(answers, known=truths, prior=4.0)
    assert reliability_of(found, "good")["weight"] > 0.95
    assert reliability_of(found, "guess")["weight"] < 0.3
    assert reliability_of(found, "good")["signs"] == []


def test_few_answers_touch_no_weight() -> None:
    answers = [Answer(unit=number, judge="new", value="allow") for number in range(20)]
    found = judge_all(answers, known=dict.fromkeys(range(20), "4.4"), prior=4.0)
    assert reliability_of(found, "new")["weight"] == 1.0
