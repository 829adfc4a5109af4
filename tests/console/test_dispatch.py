"""The doorbell: it reaches the broker, it never raises, and a broker that is down costs its caller next to nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import LazySettings

from console import dispatch


@pytest.fixture
def bell(settings: LazySettings) -> Iterator[LazySettings]:
    """The real backend, with a producer of its own."""
    settings.DISPATCH_BACKEND = "celery"
    dispatch._bell = None
    dispatch._breaker.reset()
    yield settings
    if dispatch._bell is not None:
        dispatch._bell.close()
    dispatch._bell = None
    dispatch._breaker.reset()


def test_it_remembers_what_was_rung_in_messages_of_the_lane_s_size() -> None:
    dispatch.ring("score_item", "light", list(range(70)))
    dispatch.ring("train", "train", [1, 2])
    assert [(m.task, m.lane, len(m.ids)) for m in dispatch.memory] == [
        ("score_item", "light", 32),
        ("score_item", "light", 32),
        ("score_item", "light", 6),
        ("train", "train", 1),
        ("train", "train", 1),
    ]
    assert dispatch.waiting("light") == 3


def test_it_rings_nothing_for_nothing() -> None:
    dispatch.ring("score_item", "light", [])
    assert dispatch.memory == []


def test_it_puts_ids_and_nothing_else_into_the_queue_of_the_lane(bell: LazySettings, valkey: None) -> None:
    dispatch.ring("score_item", "light", [3, 4])
    assert dispatch.waiting("light") == 1
    with redis.Redis.from_url(bell.REDIS_URL) as client:
        [message] = client.lrange("light", 0, -1)
        client.delete("light")
    assert b"score_item" in message
    assert b'"content-type": "application/json"' in message


def test_it_reaches_the_queue_again_after_the_broker_was_erased(bell: LazySettings, valkey: None) -> None:
    """What the client library keeps in Redis about its queues is gone then, and must not be needed."""
    dispatch.ring("score_item", "heavy", [1])
    with redis.Redis.from_url(bell.REDIS_URL) as client:
        client.flushall()
        dispatch.ring("score_item", "heavy", [2])
        assert dispatch.waiting("heavy") == 1
        client.delete("heavy")


def test_it_never_raises_when_the_broker_is_down(bell: LazySettings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bell.BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock?virtual_host=0"
    dispatch.ring("score_item", "light", [1])
    assert "the reconciler will ring again" in caplog.text
    assert dispatch.waiting("light") is None


def test_it_asks_a_broker_that_hangs_once_and_then_leaves_it_alone(bell: LazySettings, tmp_path: Path) -> None:
    """It accepts connections and never answers."""
    calls: list[int] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "deaf.sock"))
        server.listen(16)

        def accept() -> None:
            held = []
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    break
                calls.append(1)
            for connection in held:
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        bell.BROKER_URL = f"redis+socket://{tmp_path}/deaf.sock?virtual_host=0"
        dispatch.ring("score_item", "light", [1])
        asked = len(calls)
        for _ in range(5):
            dispatch.ring("score_item", "light", [1])
        assert (asked > 0, len(calls)) == (True, asked)
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def test_it_refuses_a_lane_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        dispatch.ring("score_item", "no-such-lane", [1])
