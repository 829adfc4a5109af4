"""A request that does not end fails the test that asked, and no test after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started

from tests.e2e import served
from tests.e2e.served import Served


class Asked:
    """A request in a thread of its own, answered when the test says so."""

    def __init__(self, path: str) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._answer, args=[path])
        self.thread.start()
        assert self.begun.wait(5)

    def _answer(self, path: str) -> None:
        request_started.send(type(self), environ={"PATH_INFO": path})
        self.begun.set()
        self.let_go.wait(5)
        request_finished.send(type(self))

    def end(self) -> None:
        self.let_go.set()
        self.thread.join(5)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Served, Asked]]:
    monkeypatch.setattr(served, "PATIENCE", 0.05)
    counted, asked = Served(), Asked("/slow/")
    yield counted, asked
    asked.end()


def test_it_names_what_did_not_end_and_then_forgets_it(slow: tuple[Served, Asked]) -> None:
    counted, asked = slow
    with pytest.raises(AssertionError, match="/slow/"):
        counted.come_to_rest()
    counted.come_to_rest()
    counted.go_on()
    other = Asked("/next/")
    asked.end()  # the late end of the one is not the end of the other
    with pytest.raises(AssertionError, match="/next/"):
        counted.come_to_rest()
    other.end()


def test_it_waits_for_what_ends(slow: tuple[Served, Asked]) -> None:
    counted, asked = slow
    asked.end()
    counted.come_to_rest()


def test_what_comes_while_the_database_is_emptied_waits(slow: tuple[Served, Asked], monkeypatch: pytest.MonkeyPatch) -> None:
    counted, asked = slow
    asked.end()
    counted.come_to_rest()
    monkeypatch.setattr(served, "PATIENCE", 5)
    late = threading.Thread(target=request_started.send, args=[Asked], kwargs={"environ": {"PATH_INFO": "/late/"}})
    late.start()
    late.join(0.1)
    assert late.is_alive()
    counted.go_on()
    late.join(5)
    assert not late.is_alive()
