"""From "roll back" to the first item that the earlier model scored, in a running installation; and the naive way, a new worker."""

from __future__ import annotations

from time import perf_counter

from tests.bench.result import Result
from tests.faults.product import Product
from tests.faults.test_switching import ALONE, REGISTER, scored_by


def run(rounds: int) -> list[Result]:
    product = Product(LEASE_SECONDS="6", SWEEP_SECONDS="2")
    ours, naive = [], []
    try:
        product.start("--lanes", "deliver,sweep")
        product.manage("shell", "-c", REGISTER)
        product.manage("create_user", "switcher", "--role", "admin", "--password", "plain-sight-42")
        with product.light_worker():
            first = scored_by(product, "warm-0")
            for n in range(rounds):
                product.manage("promote", "contact@next", *ALONE)
                _require(scored_by(product, f"before-{n}") == "contact@next")
                started = perf_counter()
                product.manage("rollback", "contact")
                _require(scored_by(product, f"after-{n}") == first)
                ours.append(perf_counter() - started)
        for n in range(rounds):
            product.manage("promote", "contact@next", *ALONE)
            started = perf_counter()
            product.manage("rollback", "contact")
            with product.light_worker():
                _require(scored_by(product, f"restarted-{n}") == first)
                naive.append(perf_counter() - started)
    finally:
        product.stop()
        product.remove()
    note = f"{max(ours):.1f} s at most, two commands of the shell and the scoring included; the limit is 60 s"
    return [Result(what="roll back, end to end", naive_name="start the workers again", units=1, ours=ours, naive=naive, note=note)]


def _require(right: bool) -> None:
    if not right:
        raise RuntimeError("an item was scored by another model than serves")
