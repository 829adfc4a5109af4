"""A person's day in one query: how much hard content was in front of them, since when they work, what they may be served.

Stretches may overlap (two tabs, a film over a text), come late, and come twice. They are united before they are added up, so that
no second counts twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import orjson
from django.conf import settings
from django.db import transaction

from console.accounts.models import CareRules, User
from console.common.rows import rows

SERIOUS, SEVERE = 2, 3  # from here on content is hard
MILD = 1
PAUSE_MINUTES = 5  # without any stretch for so long, somebody had a break
BREAK_LEAST_MINUTES = 2  # a break that was taken on purpose counts from here
NEAR = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`hard_s` holds serious and severe content, `severe_s` the severe part of it. Times are the database's."""

    now: datetime
    began: datetime
    hard_s: float
    severe_s: float
    hard_since_break_s: float
    working_since: datetime | None  # since the last break; None on a break and before work
    last_break_at: datetime | None  # when the last break of today ended
    on_break_since: datetime | None
    avoid: tuple[str, ...]
    lighter_until: datetime | None  # None unless it lies ahead
    serious_minutes: int
    severe_minutes: int
    break_minutes: int
    break_hard_minutes: int

    @property
    def hard_cap_s(self) -> int:
        return self.serious_minutes * 60

    @property
    def hard_minutes(self) -> int:
        return int(self.hard_s // 60)

    @property
    def severe_minutes_seen(self) -> int:
        return int(self.severe_s // 60)

    @property
    def since_break_minutes(self) -> int:
        return int((self.now - self.working_since) / timedelta(minutes=1)) if self.working_since else 0

    @property
    def cap_severity(self) -> int:
        """The most severe cases that the caps still allow today."""
        if self.hard_s >= self.serious_minutes * 60:
            return MILD
        return SERIOUS if self.severe_s >= self.severe_minutes * 60 else SEVERE

    @property
    def max_severity(self) -> int:
        return min(self.cap_severity, MILD) if self.lighter_until else self.cap_severity

    @property
    def near(self) -> bool:
        return self.hard_s >= NEAR * self.serious_minutes * 60 or self.severe_s >= NEAR * self.severe_minutes * 60

    @property
    def break_due(self) -> bool:
        long = self.since_break_minutes >= self.break_minutes
        return self.working_since is not None and (long or self.hard_since_break_s >= self.break_hard_minutes * 60)


_DAYS = """
WITH rules AS (
    SELECT coalesce(max(serious_minutes), %(serious)s::int) AS serious, coalesce(max(severe_minutes), %(severe)s::int) AS severe,
           coalesce(max(break_minutes), %(break)s::int) AS break, coalesce(max(break_hard_minutes), %(break_hard)s::int) AS break_hard,
           coalesce(max(day_starts), %(day_starts)s::int) AS day_starts, coalesce(bool_and(may_avoid), true) AS may_avoid
    FROM accounts_carerules
), clock AS (
    SELECT clock_timestamp() AS now,
           (date_trunc('day', clock_timestamp() AT TIME ZONE %(zone)s::text - make_interval(hours => day_starts))
            + make_interval(hours => day_starts)) AT TIME ZONE %(zone)s::text AS day
    FROM rules
), seen AS (
    SELECT person.id, today.*, rest.open_at, rest.taken_at,
           (SELECT lower(s) FROM unnest(today.sessions) s WHERE s @> clock.now) AS session_at,
           (SELECT max(lower(s)) FROM unnest(today.sessions) s WHERE lower(s) > lower(today.sessions)) AS after_pause_at
    FROM unnest(%(users)s::bigint[]) AS person (id) CROSS JOIN clock
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(started_at, ended_at)) FILTER (WHERE sort <> 'work' AND severity >= 2)
                   * tstzmultirange(tstzrange(clock.day, NULL)) AS hard,
               range_agg(tstzrange(started_at, ended_at)) FILTER (WHERE sort <> 'work' AND severity >= 3)
                   * tstzmultirange(tstzrange(clock.day, NULL)) AS severe,
               range_agg(tstzrange(started_at, ended_at + make_interval(mins => %(pause)s::int))) AS sessions
        FROM accounts_stretch WHERE user_id = person.id AND ended_at > clock.day
    ) today
    CROSS JOIN LATERAL (
        SELECT max(started_at) FILTER (WHERE ended_at IS NULL) AS open_at,
               max(ended_at) FILTER (WHERE ended_at - started_at >= make_interval(mins => %(least)s::int) AND ended_at > clock.day)
                   AS taken_at
        FROM accounts_break WHERE user_id = person.id AND (ended_at IS NULL OR ended_at > clock.day)
    ) rest
), since AS (
    SELECT seen.*, CASE WHEN open_at IS NULL AND session_at IS NOT NULL THEN greatest(session_at, taken_at) END AS working FROM seen
)
SELECT since.id, clock.now, clock.day,
       coalesce((SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(since.hard) r), 0),
       coalesce((SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(since.severe) r), 0),
       coalesce((SELECT sum(extract(epoch FROM upper(r) - lower(r)))
                 FROM unnest(since.hard * tstzmultirange(tstzrange(working, NULL))) r WHERE working IS NOT NULL), 0),
       working, greatest(taken_at, after_pause_at), open_at,
       CASE WHEN rules.may_avoid THEN coalesce(own.avoid, '[]'::jsonb) ELSE '[]'::jsonb END,
       CASE WHEN own.lighter_until > clock.now THEN own.lighter_until END,
       rules.serious, rules.severe, rules.break, rules.break_hard
FROM since CROSS JOIN rules CROSS JOIN clock LEFT JOIN accounts_preferences own ON own.user_id = since.id
"""


def days_of(user_ids: Collection[int]) -> dict[int, Day]:
    """The day of each of these people."""
    rules = CareRules()
    values = {
        "users": list(user_ids), "zone": settings.TIME_ZONE, "pause": PAUSE_MINUTES, "least": BREAK_LEAST_MINUTES,
        "serious": rules.serious_minutes, "severe": rules.severe_minutes, "break": rules.break_minutes,
        "break_hard": rules.break_hard_minutes, "day_starts": rules.day_starts,
    }  # fmt: skip
    return {
        row[0]: Day(
            now=row[1], began=row[2], hard_s=float(row[3]), severe_s=float(row[4]), hard_since_break_s=float(row[5]),
            working_since=row[6], last_break_at=row[7], on_break_since=row[8],
            avoid=tuple(row[9] if isinstance(row[9], list) else orjson.loads(row[9])), lighter_until=row[10], serious_minutes=row[11],
            severe_minutes=row[12], break_minutes=row[13], break_hard_minutes=row[14],
        )
        for row in rows(_DAYS, values)
    }  # fmt: skip


def day_of(user: User) -> Day:
    return days_of([user.pk])[user.pk]


KEEP_SECONDS = 2.0  # how long another process may go on with a day that was written meanwhile
_MOST_KEPT = 1000
_READ = "_day"  # where it is on the object of a person
_kept: dict[int, tuple[float, Day]] = {}
_lock = threading.Lock()


def day_kept(user: User) -> Day:
    """The day as it was at most two seconds ago: every claim asks for it. What this process writes counts at once."""
    since, day = _kept.get(user.pk, (0.0, None))
    if day is None or time.monotonic() - since > KEEP_SECONDS:
        day = day_of(user)
        setattr(user, _READ, day)
        with _lock:
            if len(_kept) >= _MOST_KEPT:
                _kept.clear()
            _kept[user.pk] = (time.monotonic(), day)
    return day


def day_once(user: User) -> Day:
    """For the person of a request, whose object lives no longer than it: the day that was read on the way, else as it is now."""
    day: Day | None = getattr(user, _READ, None)
    if day is None:
        day = day_of(user)
        setattr(user, _READ, day)
    return day


def days_forget(user: User | None = None) -> None:
    """Called where a person's day or choices, or the rules for all, were written; again after the commit, for who read in between."""
    if user is not None and hasattr(user, _READ):
        delattr(user, _READ)
    _drop(user)
    transaction.on_commit(partial(_drop, user))


def _drop(user: User | None) -> None:
    with _lock:
        if user is None:
            _kept.clear()
        else:
            _kept.pop(user.pk, None)
