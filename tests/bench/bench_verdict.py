"""How soon a verdict is stored, over HTTP as the page sends it, with 100,000 cases waiting. `make bench BENCH=verdict`."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_verdict import measure

        return measure(rounds)
