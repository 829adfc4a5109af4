"""A backtest of a rule, of thresholds and of a policy over 1,000,000 stored items, against reading them through the ORM."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import console


def run(rounds: int) -> list[Result]:
    with console():
        from tests.bench.in_backtest import measure

        return measure(rounds)
