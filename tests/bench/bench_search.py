"""Search inside the console, at a million items (SEARCH_ITEMS for another number)."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_search import measure

        return measure(rounds)
