"""Signs of life, in the database's time: written by each lane's canary, read by the health pages and the watchdog."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection


def heartbeat_write(name: str, data: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO common_heartbeat (name, at, data) VALUES (%s, clock_timestamp(), %s::jsonb)
            ON CONFLICT (name) DO UPDATE SET at = excluded.at, data = excluded.data
            """,
            [name, orjson.dumps(data or {}).decode()],
        )


def heartbeat_ages() -> dict[str, float]:
    """Seconds since each sign of life, by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, extract(epoch FROM clock_timestamp() - at)::float FROM common_heartbeat")
        return dict(cursor.fetchall())


def busy_lanes() -> set[str]:
    """Lanes where a worker holds a live lease: it works, even when its canary has to wait behind a long job."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT lane FROM common_job WHERE state = 'running' AND lease_until > clock_timestamp()")
        return {row[0] for row in cursor.fetchall()}
