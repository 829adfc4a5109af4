"""Durable work in PostgreSQL, by hand-written statements.

A job is claimed by one conditional UPDATE that takes a lease and a new fencing token and counts the attempt: the count
lives here and not in the broker, so a process that is killed has still used it up. Every later write names the token;
0 rows changed means that somebody else holds the job now. All times are the database's own (clock_timestamp()).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

_ERROR_LENGTH = 2000


@dataclass(frozen=True)
class Claimed:
    id: int
    subject: str
    token: int
    attempt: int  # 1 for the first


@dataclass(frozen=True)
class Due:
    id: int
    task: str
    attempt: int  # how many were used already


@dataclass(frozen=True)
class GivenUp:
    id: int
    task: str
    subject: str
    error: str


def job_put_many(
    *, task: str, lane: str, subjects: Sequence[str], priority: int = 0, max_attempts: int = 3, again: str = "", delay_seconds: float = 0
) -> list[int]:
    """Insert one job for each subject, in one statement; returns the ids of the new ones, in the order of `subjects`.

    A job of the same task, subject and `again` exists once: putting it again does nothing. `again` names a deliberate
    repetition ("rescore:<policy version>").
    """
    keys = [f"{task}:{subject}:{again}" if again else f"{task}:{subject}" for subject in subjects]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO common_job (task, lane, subject, dedupe_key, state, priority, attempt, max_attempts, lease_owner,
                                    lease_token, next_run_at, error, created_at)
            SELECT %s, %s, subject, dedupe_key, 'ready', %s, 0, %s, '', 0,
                   clock_timestamp() + make_interval(secs => %s), '', clock_timestamp()
            FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS new (subject, dedupe_key, place)
            ORDER BY place
            ON CONFLICT (dedupe_key) DO NOTHING
            RETURNING id
            """,
            [task, lane, priority, max_attempts, float(delay_seconds), [str(subject) for subject in subjects], keys],
        )
        return [row[0] for row in cursor.fetchall()]


def job_claim(
    *,
    task: str,
    owner: str,
    lane: str | None = None,
    ids: Sequence[int] | None = None,
    limit: int = 32,
    lease_seconds: float = 30,
    fresh_only: bool = False,
) -> list[Claimed]:
    """Take up to `limit` due jobs, the most urgent first; of `ids` or `lane` only, when given.

    Due is: ready and its time has come, or running with an expired lease; and attempts are left. `fresh_only` leaves out
    what was tried before, so that a job that kills its worker does not use up the attempts of its neighbours.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM common_job
                WHERE task = %(task)s AND (%(lane)s::text IS NULL OR lane = %(lane)s::text) AND state IN ('ready', 'running')
                  AND (%(ids)s::bigint[] IS NULL OR id = ANY (%(ids)s::bigint[]))
                  AND attempt < CASE WHEN %(fresh)s THEN 1 ELSE max_attempts END
                  AND ((state = 'ready' AND next_run_at <= clock_timestamp())
                       OR (state = 'running' AND lease_until < clock_timestamp()))
                ORDER BY priority DESC, next_run_at, id
                LIMIT %(limit)s
                FOR UPDATE SKIP LOCKED
            )
            UPDATE common_job AS job
            SET state = 'running', attempt = job.attempt + 1, lease_owner = %(owner)s, lease_token = job.lease_token + 1,
                lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
            FROM due WHERE job.id = due.id
            RETURNING job.id, job.subject, job.lease_token, job.attempt, job.priority
            """,
            {
                "lane": lane,
                "task": task,
                "ids": None if ids is None else list(ids),
                "fresh": fresh_only,
                "limit": limit,
                "owner": owner[:100],
                "lease": float(lease_seconds),
            },
        )
        rows = sorted(cursor.fetchall(), key=lambda row: (-row[4], row[0]))
    return [Claimed(id=row[0], subject=row[1], token=row[2], attempt=row[3]) for row in rows]


def job_heartbeat(ids_tokens: Sequence[tuple[int, int]], lease_seconds: float = 30) -> set[int]:
    """Prolong the leases that are still ours; returns their ids. What is missing was lost to somebody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE common_job AS job SET lease_until = clock_timestamp() + make_interval(secs => %s)
            FROM unnest(%s::bigint[], %s::bigint[]) AS held (id, token)
            WHERE job.id = held.id AND job.lease_token = held.token AND job.state = 'running'
            RETURNING job.id
            """,
            [float(lease_seconds), [pair[0] for pair in ids_tokens], [pair[1] for pair in ids_tokens]],
        )
        return {row[0] for row in cursor.fetchall()}


def job_done(*, job_id: int, token: int) -> bool:
    """Finish a job. False: the lease was lost, and the caller must roll its own writes back."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE common_job SET state = 'done', lease_until = NULL, error = '', finished_at = clock_timestamp()
            WHERE id = %s AND lease_token = %s AND state = 'running'
            """,
            [job_id, token],
        )
        return bool(cursor.rowcount == 1)


def jobs_done(ids_tokens: Sequence[tuple[int, int]]) -> set[int]:
    """Finish many jobs in one statement; returns the ids that were still ours. The others must not be written for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE common_job AS job SET state = 'done', lease_until = NULL, error = '', finished_at = clock_timestamp()
            FROM unnest(%s::bigint[], %s::bigint[]) AS held (id, token)
            WHERE job.id = held.id AND job.lease_token = held.token AND job.state = 'running'
            RETURNING job.id
            """,
            [[pair[0] for pair in ids_tokens], [pair[1] for pair in ids_tokens]],
        )
        return {row[0] for row in cursor.fetchall()}


def job_fail(*, job_id: int, token: int, error: str, retry_in: float | None) -> str:
    """Give a job back for `retry_in` seconds from now, or end it (None, or no attempt left).

    Returns "ready" (it will run again), "failed" (for good: tell who waits for it, in this transaction) or "lost".
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE common_job
            SET state = CASE WHEN %(retry)s::float IS NULL OR attempt >= max_attempts THEN 'failed' ELSE 'ready' END,
                next_run_at = clock_timestamp() + make_interval(secs => coalesce(%(retry)s::float, 0)),
                finished_at = CASE WHEN %(retry)s::float IS NULL OR attempt >= max_attempts THEN clock_timestamp() END,
                lease_until = NULL, error = %(error)s
            WHERE id = %(id)s AND lease_token = %(token)s AND state = 'running'
            RETURNING state
            """,
            {"retry": retry_in, "error": error.replace("\x00", "")[:_ERROR_LENGTH], "id": job_id, "token": token},
        )
        row = cursor.fetchone()
    return str(row[0]) if row else "lost"


def jobs_give_up(*, task: str, limit: int = 100) -> list[GivenUp]:
    """End the jobs whose worker died on the last attempt. The caller tells who waits for them in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH dead AS MATERIALIZED (
                SELECT id FROM common_job
                WHERE task = %s AND state IN ('ready', 'running') AND attempt >= max_attempts
                  AND (state = 'ready' OR lease_until < clock_timestamp())
                ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
            )
            UPDATE common_job AS job
            SET state = 'failed', lease_token = job.lease_token + 1, lease_until = NULL, finished_at = clock_timestamp(),
                error = CASE WHEN job.error = '' THEN 'the worker stopped before it was done, ' || job.attempt || ' times'
                             ELSE job.error END
            FROM dead WHERE job.id = dead.id
            RETURNING job.id, job.task, job.subject, job.error
            """,
            [task, limit],
        )
        return [GivenUp(id=row[0], task=row[1], subject=row[2], error=row[3]) for row in cursor.fetchall()]


def jobs_due(lane: str, *, limit: int = 3200) -> list[Due]:
    """What could run now in a lane, the most urgent first: what the reconciler rings for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, task, attempt FROM common_job
            WHERE lane = %s AND state IN ('ready', 'running') AND attempt < max_attempts
              AND ((state = 'ready' AND next_run_at <= clock_timestamp()) OR (state = 'running' AND lease_until < clock_timestamp()))
            ORDER BY priority DESC, next_run_at, id LIMIT %s
            """,
            [lane, limit],
        )
        return [Due(id=row[0], task=row[1], attempt=row[2]) for row in cursor.fetchall()]


def job_cancel(*, task: str, subject: str) -> int:
    """End what has not finished for a subject; a running worker finds its token stale. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE common_job SET state = 'failed', lease_token = lease_token + 1, lease_until = NULL,
                                  finished_at = clock_timestamp(), error = 'cancelled'
            WHERE task = %s AND subject = %s AND state IN ('ready', 'running')
            """,
            [task, subject],
        )
        return int(cursor.rowcount)
