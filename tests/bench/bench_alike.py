"""Near-duplicates among a million fingerprints: find the partners of one, against comparing every signature."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_alike import measure

        return measure(rounds)
