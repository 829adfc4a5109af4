"""Ring the doorbell: tell the workers by name that jobs are due. Called in `transaction.on_commit`.

The jobs are rows in PostgreSQL already, so a ring may be lost: the reconciler rings again. It therefore never raises,
and while the broker is down it does not keep its caller waiting either.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery
from django.conf import settings

LANES = ("light", "heavy", "train", "deliver")
MESSAGE_SIZE = {"light": 32, "deliver": 8, "heavy": 2, "train": 1}  # ids in one message: a batch for the scorer, a share for each worker
SHORT = 0.1  # seconds; the broker is next door or it is down
BREAK_SECONDS = 3.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    task: str
    lane: str
    ids: tuple[int, ...]


memory: list[Message] = []  # what was rung under the memory backend


class _Breaker:
    """After a failure nobody tries for a while, so that a broker that hangs costs one caller, not each."""

    def __init__(self) -> None:
        self._closed_at = 0.0
        self._lock = threading.Lock()

    def is_open(self) -> bool:
        return time.monotonic() < self._closed_at

    def trip(self) -> None:
        with self._lock:
            self._closed_at = time.monotonic() + BREAK_SECONDS

    def reset(self) -> None:
        self._closed_at = 0.0


_breaker = _Breaker()
_bell: Celery | None = None


def ring(task: str, lane: str, ids: Sequence[int]) -> None:
    """Send the ids in messages to the queue of `lane`. Never raises."""
    size = MESSAGE_SIZE[lane]
    messages = [Message(task, lane, tuple(ids[start : start + size])) for start in range(0, len(ids), size)]
    try:
        BACKENDS[settings.DISPATCH_BACKEND](messages)
    except Exception as error:
        _breaker.trip()
        log.warning("the broker did not take a ring for %s: %s; the reconciler will ring again", task, type(error).__name__)


def waiting(lane: str) -> int | None:
    """How many messages wait in the queue of a lane; None when the broker does not answer."""
    if settings.DISPATCH_BACKEND != "celery":
        return sum(message.lane == lane for message in memory)
    try:
        with _producer_app().connection_for_write() as connection:
            channel: Any = connection.default_channel
            return int(channel.client.llen(lane))
    except Exception:
        return None


def _producer_app() -> Celery:
    global _bell
    if _bell is None:
        _bell = Celery("bell", broker=settings.BROKER_URL, set_as_current=False)
        _bell.conf.update(
            task_serializer="json",
            accept_content=["json"],
            task_ignore_result=True,
            task_publish_retry=False,
            broker_connection_timeout=SHORT,
            broker_transport_options={
                "socket_connect_timeout": SHORT,
                "socket_timeout": SHORT * 2,
                "retry_on_timeout": False,
                "max_retries": 0,
            },
        )
    return _bell


def _by_celery(messages: Sequence[Message]) -> None:
    if _breaker.is_open():
        return
    app = _producer_app()
    with app.producer_pool.acquire(block=True, timeout=SHORT) as producer:
        for message in messages:
            app.send_task(message.task, args=[list(message.ids)], queue=message.lane, producer=producer, retry=False)


def _by_memory(messages: Sequence[Message]) -> None:
    memory.extend(messages)


def _inline(messages: Sequence[Message]) -> None:
    """At once and in this process, through the real task. By name only: nothing here may import the workers."""
    app: Any = importlib.import_module("workers.app").app
    app.loader.import_default_modules()
    for message in messages:
        app.tasks[message.task].apply(args=[list(message.ids)], throw=True)


BACKENDS = {"celery": _by_celery, "memory": _by_memory, "inline": _inline}
