"""The overview of queues at 1,000,000 waiting cases, against counting them."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_queues import measure

        return measure(rounds)
