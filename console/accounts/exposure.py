"""How much hard content a person had on each of the last days: for themselves and for who has the wellbeing duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection

from console.accounts.care import care_rules
from console.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDose:
    day: date
    hard_s: float  # serious and severe
    severe_s: float

    @property
    def hard_minutes(self) -> int:
        return int(self.hard_s // 60)

    @property
    def severe_minutes(self) -> int:
        return int(self.severe_s // 60)


_BY_DAY = """
WITH today AS (SELECT date_trunc('day', clock_timestamp() AT TIME ZONE %(zone)s - make_interval(hours => %(starts)s)) AS day),
days AS (
    SELECT day::date AS day, (day + make_interval(hours => %(starts)s)) AT TIME ZONE %(zone)s AS since,
           (day + make_interval(days => 1, hours => %(starts)s)) AT TIME ZONE %(zone)s AS until
    FROM (SELECT today.day - make_interval(days => ago) AS day FROM today, generate_series(0, %(days)s - 1) AS ago) d
)
SELECT days.day,
       coalesce((SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(seen.hard) r), 0),
       coalesce((SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(seen.severe) r), 0)
FROM days CROSS JOIN LATERAL (
    SELECT range_agg(tstzrange(started_at, ended_at) * tstzrange(since, until)) FILTER (WHERE severity >= 2) AS hard,
           range_agg(tstzrange(started_at, ended_at) * tstzrange(since, until)) FILTER (WHERE severity >= 3) AS severe
    FROM accounts_stretch WHERE user_id = %(user)s AND sort <> 'work' AND ended_at > since AND started_at < until
) seen
ORDER BY days.day DESC
"""


def exposure_by_day(user: User, *, days: int = 14) -> Sequence[DayDose]:
    """Today first. Days begin in the hour that the organisation chose."""
    values: dict[str, int | str] = {"user": user.pk, "days": days, "zone": settings.TIME_ZONE, "starts": care_rules().day_starts}
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, values)
        return [DayDose(day=row[0], hard_s=float(row[1]), severe_s=float(row[2])) for row in cursor.fetchall()]
