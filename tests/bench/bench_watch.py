"""How long a day's window of drift takes to read and compare at 10,000 to 1,000,000 scores, beside reading all of it."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_watch import measure

        return measure(rounds)
