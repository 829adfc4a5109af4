"""Random kills with the leases of a real installation: the supplement to the faults that are chosen. `make soak`."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.product import Product, command_of, descendants, until

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(7200)]
KILLS = int(os.environ.get("SOAK_KILLS", "20"))
PROMISE = 60  # seconds after the last kill


@pytest.fixture(scope="module")
def whole() -> Iterator[Product]:
    product = Product()
    try:
        product.start()
        yield product
        product.require_true_trail()
    finally:
        product.stop()
        product.remove()


def test_it_keeps_its_promise_after_one_kill_of_the_light_worker(whole: Product) -> None:
    whole.post([f"promise-{n}" for n in range(400)])
    until(lambda: whole.ask("SELECT 1 FROM common_job WHERE state = 'running'"), seconds=30, what="a worker holds jobs")
    os.kill(whole.child("worker --queues light"), signal.SIGKILL)
    until(lambda: whole.settled("promise-") == 400, seconds=PROMISE, what="all 400 items are settled")
    whole.require_whole("promise-", 400)


def test_it_loses_nothing_in_many_random_kills(whole: Product) -> None:
    assert whole.up is not None
    dice = random.Random(7)
    for kill in range(KILLS):
        whole.post([f"random-{kill}-{n}" for n in range(25)])
        victims = [pid for pid in descendants(whole.up.pid) if any(word in command_of(pid) for word in ("celery", "granian", "valkey"))]
        try:
            os.kill(dice.choice(victims), signal.SIGKILL)
        except ProcessLookupError:
            continue
    began = time.monotonic()
    until(lambda: whole.settled("random-") == KILLS * 25, seconds=PROMISE, what="all items are settled")
    print(f"settled {time.monotonic() - began:.1f} s after the last of {KILLS} kills")
    whole.require_whole("random-", KILLS * 25)
