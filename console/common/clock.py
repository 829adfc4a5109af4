"""Time comes from the database, so that a wrong clock on one machine decides nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def db_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime = row[0]
    return now
