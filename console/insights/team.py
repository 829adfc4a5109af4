"""How well the whole works: people, machine and both. Figures of the team; no figure of a person is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from console.common.clock import db_now
from scoring.binomial import wilson
from scoring.queueing import HARM

BINS = 20
LONGEST = 30 * 60  # seconds: a claim that was left open says nothing of how long deciding takes

# Weight of the severity x people reached in an hour, beside the usual x minutes from arrival to the verdict.
_HARM = """
SELECT v.created_at::date, sum((ARRAY[{harm}])[1 + least(greatest(v.severity, 0), 3)] * coalesce((c.place->>'rate')::float8, 1)
       * extract(epoch FROM v.created_at - i.received_at) / 60)
FROM verdicts_verdict v JOIN cases_case c ON c.id = v.case_id JOIN intake_item i ON i.id = v.item_id
WHERE v.outcome = 'enforce' AND v.state <> 'undone' AND v.supersedes_id IS NULL AND v.decision_id IS NOT NULL
  AND v.created_at > %s AND c.queue_id = ANY(%s) GROUP BY 1
""".format(harm=", ".join(str(weight) for weight in HARM))
_IN_TIME = """
SELECT c.closed_at::date, count(*) FILTER (WHERE c.closed_at <= c.due_at), count(*)
FROM cases_case c WHERE c.state = 'closed' AND c.closed_at > %s AND c.queue_id = ANY(%s) GROUP BY 1
"""
_CORRECTED = """
SELECT v.created_at::date,
       count(*) FILTER (WHERE v.state = 'superseded'
                        AND EXISTS (SELECT 1 FROM verdicts_verdict n WHERE n.supersedes_id = v.id AND n.outcome <> v.outcome)),
       count(*)
FROM verdicts_verdict v JOIN cases_case c ON c.id = v.case_id
WHERE v.state <> 'undone' AND v.supersedes_id IS NULL AND v.decision_id IS NOT NULL
  AND v.created_at > %s AND c.queue_id = ANY(%s) GROUP BY 1
"""
_TIMES = """
SELECT extract(epoch FROM v.created_at - k.started_at)::float8 AS seconds
FROM verdicts_verdict v JOIN cases_claim k ON k.id = v.claim_id JOIN cases_case c ON c.id = v.case_id
WHERE v.state <> 'undone' AND v.batch_id IS NULL AND v.supersedes_id IS NULL AND v.created_at > %s AND c.queue_id = ANY(%s)
"""
_SPREAD = f"""
WITH t AS ({_TIMES}) SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
    percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) FROM t WHERE seconds BETWEEN 0 AND {LONGEST}
"""
_BINS = f"""
WITH t AS ({_TIMES}) SELECT least(width_bucket(seconds, 0, %s, {BINS}), {BINS}), count(*) FROM t
WHERE seconds BETWEEN 0 AND {LONGEST} GROUP BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A figure of a period, the same of the period before, and day by day; None where there was nothing to measure."""

    now: float | None
    before: float | None
    days: Sequence[tuple[date, float | None]]
    low: float | None = None  # 95 % interval, of shares
    high: float | None = None
    of: int = 0  # how many it rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds from taking a case to its verdict, the whole team together."""

    count: int
    half: float | None  # half are decided within this
    most: float | None  # nine in ten
    bins: Sequence[int]
    width: float  # seconds of one bin; the last holds all that took longer


def harm_minutes(queue_ids: Sequence[int], *, days: int) -> Trend:
    """Minutes that harm stood before a person removed it, weighted by severity and reach; lower is better."""
    rows = {row[0]: float(row[1]) for row in _daily(_HARM, queue_ids, days)}
    now, before = _halves(rows, days)
    return Trend(now=sum(now) if now else None, before=sum(before) if before else None, days=[(d, rows.get(d)) for d in _days(days)])


def decided_in_time(queue_ids: Sequence[int], *, days: int) -> Trend:
    """The share of closed cases that were closed inside their limit."""
    return _share(_daily(_IN_TIME, queue_ids, days), days)


def corrected(queue_ids: Sequence[int], *, days: int) -> Trend:
    """The share of verdicts whose outcome a later verdict changed. The answer to a check decides nothing, so it is not one of them."""
    return _share(_daily(_CORRECTED, queue_ids, days), days)


def time_to_decide(queue_ids: Sequence[int], *, days: int) -> Times:
    since = _start(days)
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, [since, list(queue_ids)])
        count, half, most = cursor.fetchone()
        width = max(1.0, round((most or 20.0) * 1.5 / BINS, 0 if (most or 20.0) > 20 else 1))
        cursor.execute(_BINS, [since, list(queue_ids), width * BINS])
        found = {int(row[0]): int(row[1]) for row in cursor.fetchall()}
    return Times(count=count, half=half, most=most, bins=[found.get(i, 0) for i in range(1, BINS + 1)], width=width)


def _start(days: int) -> datetime:
    """Midnight before the first day of the period, in the database's UTC days."""
    return db_now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)


def _days(days: int) -> list[date]:
    today = db_now().date()
    return [today - timedelta(days=i) for i in range(days - 1, -1, -1)]


def _daily(sql: str, queue_ids: Sequence[int], days: int) -> list[tuple[date, float, float]]:
    """Two periods long: this one and the one before."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_start(2 * days), list(queue_ids)])
        return list(cursor.fetchall())


def _halves(rows: dict[date, float], days: int) -> tuple[list[float], list[float]]:
    period = set(_days(days))
    return [v for d, v in rows.items() if d in period], [v for d, v in rows.items() if d not in period]


def _share(rows: Sequence[tuple[date, float, float]], days: int) -> Trend:
    period = set(_days(days))
    now, before = [r for r in rows if r[0] in period], [r for r in rows if r[0] not in period]
    (hits, of), (earlier, earlier_of) = ((int(sum(r[1] for r in part)), int(sum(r[2] for r in part))) for part in (now, before))
    by_day = {d: (h / n if n else None) for d, h, n in rows}
    low, high = wilson(hits, of) if of else (None, None)
    return Trend(
        now=hits / of if of else None, before=earlier / earlier_of if earlier_of else None, days=[(d, by_day.get(d)) for d in _days(days)],
        low=low, high=high, of=of,
    )  # fmt: skip
