"""Time comes from the database, so that a wrong clock on one machine decides nothing."""

from __future__ import annotations

from datetime import datetime

from django.db.models import DateTimeField, Func

from console.common.rows import row


class ClockNow(Func):
    """The wall clock of the database inside a query: unlike Now() it goes on within a transaction."""

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()


def db_now() -> datetime:
    found = row("SELECT clock_timestamp()", ())
    assert found is not None
    now: datetime = found[0]
    return now
