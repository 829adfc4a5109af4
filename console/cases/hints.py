"""Where to begin looking for the next case of a queue.

While an old snapshot is open nobody may remove the index entries of cases that were claimed, and each claim steps over all of them:
minutes of work make it ten times slower. What was claimed a moment ago says where the others end, so a process that claims often
looks from the top once a second and in between from there. What comes in above is served a second later at most.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from time import monotonic

TOP = float("inf")
PERIOD = 1.0  # seconds
OFTEN = 8  # claims in a period; below it every claim looks from the top


@dataclass(slots=True)
class _Period:
    began: float
    claims: int = 0
    lowest: float = TOP


_periods: dict[Hashable, _Period] = {}


def hint_for(key: Hashable) -> float:
    """Nothing that waits under `key` stands higher than this, as far as this process knows."""
    period = _periods.get(key)
    if period is None or period.claims < OFTEN or monotonic() - period.began > PERIOD:
        return TOP
    return period.lowest


def hint_learn(key: Hashable, priority: float) -> None:
    """The case just claimed stood at `priority`."""
    period = _periods.get(key)
    if period is None or monotonic() - period.began > PERIOD:
        period = _periods[key] = _Period(began=monotonic())
    period.claims += 1
    period.lowest = priority


def hint_forget(key: Hashable) -> None:
    _periods.pop(key, None)
