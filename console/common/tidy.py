"""Remove what has served its purpose: finished jobs, remembered answers, old drafts. In small batches, so that nobody waits."""

from __future__ import annotations

from django.db import connection

_BATCH = 5000
_OLD = (
    ("common_job", "state IN ('done', 'failed') AND finished_at < clock_timestamp() - interval '14 days'"),
    ("common_idempotencykey", "created_at < clock_timestamp() - interval '2 days'"),
    ("accounts_stretch", "ended_at < clock_timestamp() - interval '30 days'"),  # what is private is not kept for ever
    ("accounts_break", "ended_at < clock_timestamp() - interval '30 days'"),
    ("training_trialbatch", "created_at < clock_timestamp() - interval '60 days'"),
    ("django_session", "expire_date < clock_timestamp()"),
    ("cases_presence", "seen_at < clock_timestamp() - interval '1 hour'"),
    ("cases_draft", "saved_at < clock_timestamp() - interval '14 days'"),
    ("cases_draft", "case_id IN (SELECT id FROM cases_case WHERE closed_at < clock_timestamp() - interval '1 hour')"),
)


def tidy_old_rows() -> int:
    """Returns how many rows went."""
    gone = 0
    for table, condition in _OLD:
        removed = _BATCH
        while removed == _BATCH:
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT {_BATCH}))")
                removed = cursor.rowcount
            gone += removed
    return gone
