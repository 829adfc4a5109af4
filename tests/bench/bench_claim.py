"""The next case over HTTP as the product runs it, and claims while an old snapshot is held open."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_claim import measure

        return measure(rounds)
