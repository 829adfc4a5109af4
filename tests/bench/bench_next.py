"""From the key to what is seen: a reviewer decides case after case in a real browser, with a million waiting. `make bench BENCH=next`."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_next import measure

        return measure()
