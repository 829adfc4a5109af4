"""The broker is only a doorbell: it may be erased or killed, and nothing is lost."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.product import Product, until

pytestmark = pytest.mark.faults


def test_it_scores_everything_when_redis_is_erased_with_jobs_waiting(product: Product) -> None:
    product.post([f"erased-{n}" for n in range(60)])
    with product.valkey() as valkey:
        until(lambda: valkey.llen("light"), seconds=10, what="the bell has rung")
        valkey.flushall()
    with product.light_worker():
        until(lambda: product.settled("erased-") == 60, seconds=60, what="all 60 items are decided or with a person")
    product.require_whole("erased-", 60)


def test_a_worker_takes_new_work_after_redis_was_killed(product: Product) -> None:
    with product.light_worker(fault="gate") as worker:
        product.post(["before-kill"])
        gate = product.home / "fault"
        until(gate.exists, seconds=60, what="the worker works")
        killed = product.child("valkey-server")
        os.kill(killed, signal.SIGKILL)
        gate.unlink()  # it is done while nobody can be told
        product.post([f"meanwhile-{n}" for n in range(20)])
        until(lambda: product.child("valkey-server") not in (0, killed), seconds=30, what="Valkey is there again")
        with product.valkey() as valkey:
            until(lambda: _answers(valkey), seconds=30, what="Valkey answers")
            valkey.flushall()
        until(lambda: product.settled("meanwhile-") == 20, seconds=60, what="what was posted meanwhile is scored")
        product.post(["after-kill"])
        until(lambda: product.settled("after-kill") == 1, seconds=60, what="the same worker takes new work")
        assert worker.poll() is None
    product.require_whole("meanwhile-", 20)


def _answers(valkey: object) -> bool:
    import redis

    assert isinstance(valkey, redis.Redis)
    try:
        return bool(valkey.ping())
    except redis.RedisError:
        return False
