"""Where a process that claims often begins to look; whoever claims now and then looks from the top."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.cases import hints
from console.cases.hints import OFTEN, PERIOD, TOP, hint_for, hint_forget, hint_learn


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(hints, "monotonic", clock)
    yield clock
    hint_forget("queue")


def claim(times: int, priority: float = 7.0) -> None:
    for _ in range(times):
        hint_learn("queue", priority)


def test_it_looks_from_the_top_while_claims_are_few(clock: Clock) -> None:
    claim(OFTEN - 1)
    assert hint_for("queue") == TOP


def test_it_begins_where_it_claimed_last_when_claims_are_many(clock: Clock) -> None:
    claim(OFTEN, priority=7.0)
    assert hint_for("queue") == 7.0
    claim(1, priority=6.5)
    assert hint_for("queue") == 6.5
    assert hint_for("another queue") == TOP


def test_it_looks_from_the_top_again_each_second(clock: Clock) -> None:
    claim(OFTEN)
    clock.now += PERIOD + 0.01
    assert hint_for("queue") == TOP
    claim(1, priority=9.0)
    assert hint_for("queue") == TOP


def test_it_forgets_when_nothing_was_found_below(clock: Clock) -> None:
    claim(OFTEN)
    hint_forget("queue")
    assert hint_for("queue") == TOP
