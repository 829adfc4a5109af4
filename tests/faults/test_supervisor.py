"""`manage.py up`: what dies is started again, and whatever happens to it, nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from console.operate.plan import web_answers
from console.operate.processes import is_alive
from tests.faults.product import ROOT, Product, descendants, until

pytestmark = pytest.mark.faults


@pytest.fixture
def own() -> Iterator[Product]:
    """An installation with its own embedded database, to be killed."""
    product = Product()
    yield product
    product.stop()
    product.remove()


def test_it_starts_a_killed_child_again(product: Product) -> None:
    for words in ("granian", "worker --queues deliver,sweep", "workers.app beat"):
        before = product.child(words)
        assert before, words
        os.kill(before, signal.SIGKILL)
        until(lambda words=words, before=before: product.child(words) not in (0, before), seconds=60, what=f"{words} is there again")
    until(lambda: web_answers("127.0.0.1", product.port), seconds=60, what="the web server answers")


def test_it_says_in_one_line_that_the_home_or_the_port_is_taken(product: Product) -> None:
    second = {"SECOND_LOOK_HOME": str(product.home / "second")}
    for changed, words in (({}, "runs already from"), (second, f"Port {product.port} on 127.0.0.1 cannot be used")):
        env = {**product.env, **changed}
        line = [sys.executable, ROOT / "manage.py", "up"]
        done = subprocess.run(line, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert product.is_running()


def test_nothing_stays_behind_when_it_is_killed_or_stopped(own: Product) -> None:
    own.start()
    assert own.up is not None
    everything = descendants(own.up.pid)
    assert len(everything) >= 12
    os.kill(own.up.pid, signal.SIGKILL)
    own.up.wait()
    until(lambda: not [pid for pid in everything if is_alive(pid)], seconds=15, what="every process is gone after a kill")

    own.start()  # from what the kill left
    everything = descendants(own.up.pid)
    own.up.send_signal(signal.SIGINT)
    assert own.up.wait(60) == 0, own.output()
    assert not [pid for pid in everything if is_alive(pid)]
    assert "PostgreSQL has stopped" in own.output()
