"""Arrivals, closings and what waited, hour by hour, from the notes of the counts; and what the next day will likely bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from django.db import connection

from console.cases.models import Queue
from console.common.clock import db_now

KEPT_DAYS = 14  # hours are kept so long: cases/upkeep.py
LEAST_DAYS = 2  # of history, before anything is foretold
AHEAD = 24
Z95 = 1.96

# Closed before it was open again (undo) counts back, so sums are right even where an hour is below nothing.
_HOURS = """
SELECT date_trunc('hour', slot), sum(arrived), sum(closed) FROM cases_tally
WHERE queue_id = ANY(%s) AND slot >= %s GROUP BY 1
"""
_OPEN = "SELECT coalesce(sum(waiting), 0), coalesce(sum(claimed), 0) FROM cases_tally WHERE queue_id = ANY(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    at: datetime
    arrived: int
    closed: int
    waiting: int  # at the end of the hour, held ones included


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One hour to come: means over the same hour of earlier days, and a range for what waits then."""

    at: datetime
    arriving: float
    closing: float
    waiting: float
    low: float
    high: float


def flow_by_hour(queues: Sequence[Queue], *, hours: int) -> list[Hour]:
    """Every hour of the span, oldest first, the running one last; at most KEPT_DAYS back."""
    ids = [queue.pk for queue in queues]
    end = db_now().replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(hours=min(hours, KEPT_DAYS * 24) - 1)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [ids])
        waiting = sum(int(value) for value in cursor.fetchone())
        cursor.execute(_HOURS, [ids, start])
        found = {row[0]: (int(row[1]), int(row[2])) for row in cursor.fetchall()}
    rows: list[Hour] = []
    at = end
    while at >= start:  # backwards from what waits now
        arrived, closed = found.get(at, (0, 0))
        rows.append(Hour(at=at, arrived=arrived, closed=closed, waiting=max(0, waiting)))
        waiting -= arrived - closed
        at -= timedelta(hours=1)
    return rows[::-1]


def forecast(history: Sequence[Hour]) -> list[Ahead]:
    """The next AHEAD hours. Each hour of the day is expected as its mean on earlier days; people close no more than waits.

    The range adds up the variance of arrivals and closings over the hours (at least that of a Poisson count). Empty while there are
    fewer than LEAST_DAYS of history with anything in it.
    """
    past = _since_something_came(history[:-1])  # the running hour is not over
    if len(past) < LEAST_DAYS * 24:
        return []
    by_hour: dict[int, list[Hour]] = {}
    for row in past:
        by_hour.setdefault(row.at.hour, []).append(row)
    waiting, variance, rows = float(history[-1].waiting), 0.0, []
    for step in range(1, AHEAD + 1):
        at = history[-1].at + timedelta(hours=step)
        same = by_hour[at.hour]
        arriving, closing = _mean([r.arrived for r in same]), _mean([r.closed for r in same])
        variance += _variance([r.arrived for r in same], arriving) + _variance([r.closed for r in same], closing)
        waiting = max(0.0, waiting + arriving - closing)
        spread = Z95 * sqrt(variance)
        rows.append(
            Ahead(at=at, arriving=arriving, closing=closing, waiting=waiting, low=max(0.0, waiting - spread), high=waiting + spread)
        )
    return rows


def _since_something_came(rows: Sequence[Hour]) -> Sequence[Hour]:
    first = next((i for i, row in enumerate(rows) if row.arrived or row.closed or row.waiting), len(rows))
    return rows[first:]


def _mean(values: Sequence[int]) -> float:
    return max(0.0, sum(values) / len(values))


def _variance(values: Sequence[int], mean: float) -> float:
    if len(values) < 2:
        return mean
    return max(mean, sum((v - mean) ** 2 for v in values) / (len(values) - 1))
