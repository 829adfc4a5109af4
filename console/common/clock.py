"""Time comes from the database, so that a wrong clock on one machine decides nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class ClockNow(Func):
    """The wall clock of the database inside a query: unlike Now() it goes on within a transaction."""

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()


def db_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime = row[0]
    return now
