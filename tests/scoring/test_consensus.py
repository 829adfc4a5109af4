"""What several label events say together."""

from __future__ import annotations

import pytest

from scoring.consensus import Voice, consensus, together


def voice(value: int, who: str = "rita", source: str = "verdict", **more: object) -> Voice:
    return Voice(value=value, who=who, source=source, **more)  # type: ignore[arg-type]


def test_one_voice_weighs_what_it_is_believed() -> None:
    assert consensus([voice(1)]).weight == pytest.approx(1.0)
    assert consensus([voice(1, weight=0.3)]).weight == pytest.approx(0.3)
    assert consensus([voice(0, source="import", weight=2.0)]).weight == pytest.approx(2.0)  # a file may ask for more


def test_voices_that_agree_are_surer_and_those_that_differ_weigh_less() -> None:
    alone, same = consensus([voice(1)]), consensus([voice(1), voice(1, "ravi")])
    split = consensus([voice(1), voice(0, "ravi", weight=0.4)])
    assert same.chance > alone.chance > split.chance > 0.5
    assert (split.value, split.against, split.disputed) == (1, 1, True)
    assert split.weight < alone.weight


def test_a_person_speaks_once() -> None:
    found = consensus([voice(1), voice(1), voice(0)])
    assert (found.value, found.voices, found.against) == (0, 1, 0)


def test_two_alike_leave_it_to_the_newer() -> None:
    assert consensus([voice(1), voice(0, "ravi")]).value == 0
    assert consensus([voice(0), voice(1, "ravi")]).value == 1


def test_many_good_voices_outweigh_a_doubtful_one() -> None:
    found = consensus([voice(0, "ravi"), voice(0, "rosa"), voice(1, "rogue", weight=0.2)])
    assert (found.value, found.against) == (0, 1)


def test_the_last_word_stands_whatever_was_said_before() -> None:
    said = [voice(1), voice(1, "ravi"), voice(0, "lena", source="adjudicated")]
    assert (consensus(said).value, consensus(said).settled_by, consensus(said).disputed) == (0, "adjudicated", False)
    assert consensus([*said, voice(1, "petra", source="gold")]).value == 1


def test_who_saw_the_model_counts_less_than_who_did_not() -> None:
    assert consensus([voice(0, "ravi"), voice(1, model_visible=True)]).value == 0


def test_an_item_weighs_the_mean_of_its_labels() -> None:
    assert together([consensus([voice(1)]), consensus([voice(0, weight=0.5)])]) == pytest.approx(0.75)
