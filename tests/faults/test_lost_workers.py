"""A worker may die at any moment: what was accepted ends decided or with a person, once."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.product import Product, until

pytestmark = pytest.mark.faults


def test_it_scores_everything_when_a_worker_is_killed_in_the_middle(product: Product) -> None:
    with product.light_worker(fault="hang") as worker:
        product.post([f"killed-{n}" for n in range(40)])
        until(lambda: (product.home / "fault").exists(), seconds=60, what="the worker is in the middle of scoring")
        held = product.ask("SELECT count(*) FROM common_job WHERE lane = 'light' AND state = 'running'")[0][0]
        assert held > 0
        os.kill(worker.pid, signal.SIGKILL)
    assert product.settled("killed-") == 0
    with product.light_worker():
        until(lambda: product.settled("killed-") == 40, seconds=60, what="all 40 items are decided or with a person")
    product.require_whole("killed-", 40)


def test_it_gives_a_poison_item_to_a_person_and_scores_its_neighbours(product: Product) -> None:
    names = [f"poison-{n}" for n in range(8)]
    with product.light_worker(fault="poison"):
        product.post(["poison-itself", *[f"good-{name}" for name in names]])
        until(lambda: product.settled("poison-itself") == 1, seconds=90, what="the poison item is with a person")
        until(lambda: product.settled("good-poison-") == 8, seconds=60, what="its neighbours are scored")
    reason, attempts, error = product.ask(
        """
        SELECT d.reason, j.attempt, j.error FROM intake_item i JOIN scores_decision d ON d.item_id = i.id
        JOIN common_job j ON j.subject = i.id::text WHERE i.external_id = 'poison-itself'
        """
    )[0]
    assert (reason, attempts) == ("scorer_failed", 3)
    assert "stopped before it was done" in error
    reasons = "SELECT DISTINCT d.reason FROM intake_item i JOIN scores_decision d ON d.item_id = i.id WHERE i.external_id LIKE %s"
    assert ("scorer_failed",) not in product.ask(reasons, "good-poison-%")
    product.require_whole("good-poison-", 8)


def test_it_gives_an_item_that_cannot_be_scored_to_a_person_with_the_error(product: Product) -> None:
    with product.light_worker(fault="broken"):
        product.post(["poison-raises", "good-raises"])
        until(lambda: product.settled("poison-raises") == 1, seconds=90, what="the item is with a person")
        until(lambda: product.settled("good-raises") == 1, seconds=60, what="its neighbour is scored")
    [(reason, error)] = product.ask(
        """
        SELECT d.reason, j.error FROM intake_item i JOIN scores_decision d ON d.item_id = i.id
        JOIN common_job j ON j.subject = i.id::text WHERE i.external_id = 'poison-raises'
        """
    )
    assert reason == "scorer_failed"
    assert error == "RuntimeError: the scorer cannot read this"
