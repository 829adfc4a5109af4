"""The search for settings: by seed, inside the part to train on, in its box of time, the trainer's own settings always in it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from scoring.artifacts import Bundle
from scoring.kind import Kind, Split, Trainer, TrainOptions
from scoring.kinds.review.finetune import read_options
from scoring.registry import KINDS
from scoring.text.tuning import TuneOptions
from scoring.training import search
from scoring.training.dataset import example_from_line
from scoring.training.search import candidates, search_settings
from scoring.training.starters.contact import draw
from scoring.types import Example
from tests.scoring.review_lines import one_hot_lines

CONTACT = KINDS["contact"]
OPTIONS = TrainOptions(seed=4)


@dataclass(frozen=True, kw_only=True)
class Retrained(Kind):
    """A kind that is trained as a test says."""

    train: Trainer

    def load_trainer(self, name: str | None = None) -> Trainer:
        return self.train


def trained_by(train: Trainer, kind: Kind) -> Kind:
    return Retrained(train=train, **{name: getattr(kind, name) for name in Kind.__dataclass_fields__})


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
    clock = count(0, 3)  # each look at it is three seconds later
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

    def train(split: Split, out: Path, options: TrainOptions) -> Bundle:
        given.update(e.item.id for e in (*split.train, *split.tune))
        return real(split, out, options)

    search_settings(trained_by(train, CONTACT), "quick", data, OPTIONS, seconds=600)
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


def test_a_trial_is_ended_in_its_midst_when_the_time_is_over() -> None:
    """A trainer that tells of each of a thousand steps, a second apiece: the search ends with its second trial begun."""
    now = [0.0]
    own = CONTACT.load_trainer("quick")

    def train(split: Split, out: Path, options: TrainOptions) -> Bundle:
        for step in range(100):
            now[0] += 1
            options.progress(step / 100, "")
        return own(split, out, options)

    slow = trained_by(train, CONTACT)
    found = search_settings(slow, "quick", examples(300), OPTIONS, seconds=150, clock=lambda: now[0])
    assert not found.complete
    assert [trial.number for trial in found.trials] == [0]
    assert now[0] == 150
    assert search_settings(slow, "quick", examples(300), OPTIONS, seconds=50, clock=lambda: now[0]).sentence == (
        "Settings were not searched: the time ran out before a trial came to an end. The trainer's own are kept."
    )


def test_fine_tuning_is_searched_about_its_own_settings_and_takes_what_is_found() -> None:
    """Only what takes minutes is left out: the space, the trials and how the trainer reads its parameters are the real ones."""
    tuned: list[TuneOptions] = []
    review = KINDS["review"]
    quick = review.load_trainer("quick")

    def train(split: Split, out: Path, options: TrainOptions) -> Bundle:
        tuned.append(read_options(options)[1])
        worse = {"max_features": 1} if tuned[-1].epochs != 5 else {"max_features": 3_000}
        return quick(split, out, replace(options, parameters={"encoder": False, "folds": 2, **worse}))

    data = [example_from_line(review, line) for line in one_hot_lines(4)]
    found = search_settings(trained_by(train, review), "fine-tune", data, OPTIONS, seconds=600)
    assert found.complete
    assert {(t.epochs, t.rate) for t in tuned} == {(3, 8e-5), (2, 4e-5), (2, 1.6e-4), (5, 4e-5), (5, 1.6e-4)}
    assert found.parameters["epochs"] == 5
