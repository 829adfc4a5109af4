"""How soon the frames of a film are seen, and how soon it plays, in a real browser. `make bench BENCH=film`."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_film import measure

        return measure()
