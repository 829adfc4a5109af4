"""What the sweep does for the queues, in small statements that block no claim: bring forward what is near its limit, and add
up the notes of the counts."""

from __future__ import annotations

from django.db import connection

from scoring.queueing import URGENT

# Locked rows are skipped: who holds one is claiming it.
_URGE = f"""
WITH near AS (
    SELECT id FROM cases_case WHERE state = 'waiting' AND urgent_at <= clock_timestamp()
    ORDER BY urgent_at LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE cases_case c SET urgent_at = NULL,
    priority = {URGENT} * (1 + least(greatest(c.severity, 0), 3)) - extract(epoch FROM c.due_at)::float8
FROM near WHERE c.id = near.id
"""
# One row stays for each class and slot: five minutes for two hours, hours for a fortnight, then no time at all.
_ADD_UP = """
WITH gone AS (
    DELETE FROM cases_tally WHERE id = ANY (ARRAY(SELECT id FROM cases_tally ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)) RETURNING *
), summed AS (
    SELECT queue_id, severity, source_id,
           CASE WHEN slot > statement_timestamp() - interval '2 hours' THEN slot
                WHEN slot > statement_timestamp() - interval '15 days' THEN date_trunc('hour', slot)
                ELSE 'epoch' END AS at,
           sum(waiting) AS waiting, sum(claimed) AS claimed, sum(arrived) AS arrived, sum(closed) AS closed
    FROM gone GROUP BY 1, 2, 3, 4
), kept AS (
    INSERT INTO cases_tally (queue_id, severity, source_id, slot, waiting, claimed, arrived, closed)
    SELECT * FROM summed
    WHERE waiting <> 0 OR claimed <> 0 OR (at > 'epoch' AND (arrived <> 0 OR closed <> 0))
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM summed)
"""
_BATCH = 20_000


def cases_urge(*, limit: int = 1000) -> int:
    """Cases that came near their limit stand above all others from here on, the most severe first; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_URGE, [limit])
        return int(cursor.rowcount)


def tally_add_up() -> int:
    """Sum the notes of the counts; what they come to stays the same. Returns how many rows went."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_UP, [_BATCH])
        gone, kept = cursor.fetchone()
    return int(gone - kept)
