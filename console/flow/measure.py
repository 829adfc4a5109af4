"""Measure: what people's verdicts teach the queues. How long one takes, and how often they act, by what the machine had said."""

from __future__ import annotations

from django.db import connection

from console.cases.models import Queue

NEWEST = 20_000  # claims and verdicts that are looked at
OF_QUEUE = 200
LEAST = 5  # before a median means anything

_SECONDS = """
SELECT queue_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY took)
FROM (SELECT c.queue_id, extract(epoch FROM k.ended_at - k.started_at)::float8 AS took,
             row_number() OVER (PARTITION BY c.queue_id ORDER BY k.id DESC) AS place
      FROM (SELECT id, case_id, started_at, ended_at FROM cases_claim WHERE state = 'decided' ORDER BY id DESC LIMIT %s) k
      JOIN cases_case c ON c.id = k.case_id) newest
WHERE place <= %s GROUP BY queue_id HAVING count(*) >= %s
"""
_CHANGES = """
SELECT i.kind, least(9, greatest(0, floor(s.risk * 10)))::int, count(*), count(*) FILTER (WHERE v.outcome = 'enforce')
FROM (SELECT item_id, decision_id, outcome FROM verdicts_verdict WHERE state <> 'undone' ORDER BY id DESC LIMIT %s) v
JOIN scores_decision d ON d.id = v.decision_id JOIN scores_score s ON s.id = d.score_id JOIN intake_item i ON i.id = v.item_id
WHERE s.risk IS NOT NULL GROUP BY 1, 2
"""


def queues_measure() -> int:
    """Keep both with each queue, where new cases find them; returns how many queues changed."""
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS, [NEWEST, OF_QUEUE, LEAST])
        seconds = {queue: round(max(1.0, took), 1) for queue, took in cursor.fetchall()}
        cursor.execute(_CHANGES, [NEWEST])
        changes: dict[str, list[list[int]]] = {}
        for kind, decile, given, enforced in cursor.fetchall():
            changes.setdefault(kind, [[0, 0] for _ in range(10)])[decile] = [given, enforced]
    changed = 0
    for queue in Queue.objects.filter(archived_at=None):
        found = {"seconds": seconds.get(queue.pk), "changes": changes.get(queue.kind, [])}
        measured = {name: value for name, value in found.items() if value}
        if measured != queue.measured:
            changed += Queue.objects.filter(pk=queue.pk).update(measured=measured)
    return changed
