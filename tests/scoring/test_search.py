"""The search for settings: by seed, inside the part to train on, in its box of time, the trainer's own settings always in it."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count

from scoring.kind import TrainOptions
from scoring.registry import KINDS
from scoring.training import search
from scoring.training.search import candidates, search_settings
from scoring.training.starters.contact import draw
from scoring.types import Example

CONTACT = KINDS["contact"]
OPTIONS = TrainOptions(seed=4)


def examples(number: int) -> list[Example]:
    rng = random.Random(3)
    return [draw(rng, n).example for n in range(number)]


def test_candidates_are_drawn_by_seed_without_repetition_the_trainers_own_first() -> None:
    space = {"a": (1, 2, 3), "b": (0.1, 0.2), "c": (5, 6, 7, 8)}
    drawn = candidates(space, 12, seed=1)
    assert drawn[0] == {}
    assert len(drawn) == 12
    assert len({tuple(sorted(one.items())) for one in drawn}) == 12
    assert drawn == candidates(space, 12, seed=1) != candidates(space, 12, seed=2)
    assert all(value in space[name] for one in drawn for name, value in one.items())
    assert candidates({"a": (1, 2)}, 12, seed=1) == [{}, {"a": 1}, {"a": 2}]
    assert candidates({}, 12, seed=1) == [{}]


def test_the_same_seed_tries_the_same_and_finds_the_same() -> None:
    data = examples(300)
    first, second = (search_settings(CONTACT, "quick", data, OPTIONS, seconds=600) for _ in range(2))
    assert first.complete
    assert first.parameters == second.parameters
    assert [replace(trial, seconds=0) for trial in first.trials] == [replace(trial, seconds=0) for trial in second.trials]


def test_a_better_third_goes_on_with_more_examples_and_the_trainers_own_with_them() -> None:
    found = search_settings(CONTACT, "quick", examples(900), OPTIONS, seconds=600)
    by_round = {number: [trial for trial in found.trials if trial.round == number] for number in (1, 2)}
    assert len(by_round[1]) == 6
    assert 2 <= len(by_round[2]) <= 3
    assert by_round[2][0].number == 0
    assert by_round[1][0].items * 3 < by_round[2][0].items
    assert {trial.number for trial in by_round[2]} <= {trial.number for trial in by_round[1]}
    last = {trial.number: trial.ap or 0 for trial in by_round[2]}
    chosen = next(trial for trial in by_round[2] if trial.parameters == found.parameters)
    assert last[chosen.number] == max(last.values())


def test_it_stops_when_its_time_is_over_and_says_so() -> None:
    clock = count(0, 10)  # each look at it is ten seconds later
    found = search_settings(CONTACT, "quick", examples(300), OPTIONS, seconds=60, clock=lambda: float(next(clock)))
    assert not found.complete
    assert 1 <= len(found.trials) < 6
    assert found.sentence.endswith("another run may try more or fewer.")


def test_data_too_small_to_judge_by_keeps_the_trainers_own() -> None:
    found = search_settings(CONTACT, "quick", examples(30), OPTIONS, seconds=600)
    assert (found.parameters, found.trials) == ({}, ())
    assert "The trainer's own are kept" in found.sentence
    assert search_settings(KINDS["video"], "quick", [], OPTIONS, seconds=600).parameters == {}


def test_what_judges_is_never_learned_from() -> None:
    """A trainer that tells what it was given: no example that judges is among them."""
    data = examples(300)
    given: set[str] = set()
    real = CONTACT.load_trainer("quick")

    class Listening:
        def __getattr__(self, name: str) -> object:
            return getattr(CONTACT, name)

        def load_trainer(self, name: str) -> object:
            def train(split: object, out: object, options: object) -> object:
                given.update(e.item.id for e in (*split.train, *split.tune))  # type: ignore[attr-defined]
                return real(split, out, options)  # type: ignore[arg-type]

            return train

    search_settings(Listening(), "quick", data, OPTIONS, seconds=600)  # type: ignore[arg-type]
    judged = {e.item.id for e in search.split(data, CONTACT, seed=OPTIONS.seed, test=search.JUDGED, tune=search.JUDGED).test}
    assert len(judged) > 60
    assert given.isdisjoint(judged)


def test_settings_that_fail_are_told_and_do_not_win() -> None:
    space = {**CONTACT.spaces, "quick": {"strength": (1.0, -1.0)}}
    found = search_settings(replace(CONTACT, spaces=space), "quick", examples(300), OPTIONS, seconds=600)
    failed = [trial for trial in found.trials if trial.error]
    assert [dict(trial.parameters) for trial in failed] == [{"strength": -1.0}]
    assert found.parameters != {"strength": -1.0}


def test_every_space_names_a_trainer_of_its_kind() -> None:
    for kind in KINDS.values():
        assert set(kind.spaces) <= set(kind.trainers)
        assert all(len(values) > 1 for space in kind.spaces.values() for values in space.values())
