"""Cron in a time zone: the next times, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cron_descriptor import Options, get_description  # type: ignore[import-untyped]
from cronsim import CronSim, CronSimError

from console.common.errors import Invalid

LEAST_GAP = timedelta(minutes=10)
_WORDS = Options()
_WORDS.use_24hour_time_format = True


def schedule_times(cron: str, time_zone: str, *, after: datetime, count: int = 5) -> list[datetime]:
    """The next times, aware, in the zone given. Raises Invalid with a sentence for `cron` or `time_zone`."""
    return list(islice(schedule_slots(cron, time_zone, after), count))


def schedule_words(cron: str) -> str:
    """ "At 03:00, only on Monday". Raises Invalid."""
    _check_fields(cron)
    try:
        return str(get_description(cron, _WORDS))
    except Exception as error:  # the library's own exceptions share no base
        raise Invalid({"cron": [f"This cannot be put in words: {error}"]}) from error


def schedule_slots(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """Every time after `after`, without end. What the clocks skip comes when they have; what comes twice in a night counts once."""
    errors: dict[str, list[str]] = {}
    zone = ZoneInfo("UTC")
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["time_zone"] = [f"There is no time zone {time_zone!r}; write it as Europe/Vienna or UTC."]
    try:
        _check_fields(cron)
        times = CronSim(cron, after.astimezone(zone))
    except Invalid as error:
        errors |= error.fields
    except CronSimError as error:
        errors["cron"] = [f"{error}. Write minute, hour, day, month, weekday, such as 0 3 * * 1."]
    if errors:
        raise Invalid(errors, "The schedule cannot be saved.")
    return times


def schedule_check(cron: str, time_zone: str, *, after: datetime) -> None:
    """Raises Invalid for what cannot be read, never comes or comes too often."""
    times = schedule_times(cron, time_zone, after=after, count=50)
    if not times:
        raise Invalid({"cron": ["This time never comes."]})
    if any(later - sooner < LEAST_GAP for sooner, later in pairwise(times)):
        raise Invalid({"cron": ["Retraining more often than every 10 minutes is not allowed."]})


def _check_fields(cron: str) -> None:
    if len(cron.split()) != 5:
        raise Invalid({"cron": ["Write five fields: minute, hour, day, month, weekday, such as 0 3 * * 1."]})
