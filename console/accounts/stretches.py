"""What was in front of a person, kept by beats of a few seconds; and breaks. Nothing of it is audited: it belongs to the person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from console.accounts.day import days_forget
from console.accounts.models import Break, Stretch, User

MOST_SECONDS = 60  # of time that one beat may add: a page that says more is wrong, or slept

# A stretch begins once and only grows, and never beyond the database's own clock: a beat that comes twice, late or out of order
# changes nothing. `id` belongs to who began it.
_EXTEND = """
INSERT INTO accounts_stretch AS s (id, user_id, sort, severity, started_at, ended_at)
SELECT %(id)s, %(user)s, %(sort)s, %(severity)s, least(began, ended), ended
FROM (SELECT greatest(clock_timestamp() - make_interval(secs => %(began)s), clock_timestamp() - make_interval(secs => %(most)s),
                      %(not_before)s::timestamptz) AS began,
             clock_timestamp() - make_interval(secs => %(until)s) AS ended) given
WHERE ended >= coalesce(%(not_before)s::timestamptz, ended)
ON CONFLICT (id) DO UPDATE SET ended_at = greatest(s.ended_at, least(EXCLUDED.ended_at, s.ended_at + make_interval(secs => %(most)s)))
WHERE s.user_id = EXCLUDED.user_id AND s.sort = EXCLUDED.sort
"""


def stretch_extend(
    *, stretch: UUID, user: User, sort: str, severity: int, began_s: float, until_s: float, not_before: datetime | None = None
) -> bool:
    """Begin a stretch, or let it grow: it began `began_s` seconds ago and went on until `until_s` seconds ago.
    False when the id belongs to another person, or all of it lies before `not_before`."""
    with connection.cursor() as cursor:
        cursor.execute(
            _EXTEND,
            {
                "id": stretch, "user": user.pk, "sort": sort, "severity": severity, "began": began_s, "until": min(until_s, began_s),
                "most": MOST_SECONDS, "not_before": not_before,
            },
        )  # fmt: skip
        counted = bool(cursor.rowcount == 1)
    if counted:
        days_forget(user)
    if counted and sort == Stretch.Sort.WORK:
        # Who works is not on a break any more, whichever way they came back.
        Break.objects.filter(user=user, ended_at__isnull=True, started_at__lt=Now()).update(ended_at=Now())
    return counted


def break_begin(*, user: User) -> Break:
    """The break that begins now, or the one that goes on."""
    return Break.objects.get_or_create(user=user, ended_at__isnull=True)[0]


def break_end(*, user: User) -> bool:
    return bool(Break.objects.filter(user=user, ended_at__isnull=True).update(ended_at=Now()))
