"""Cron in a time zone: the next times and the words, over the nights when clocks change, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.common.errors import Invalid
from console.training.schedules import schedule_check, schedule_times, schedule_words

SATURDAY = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)


def test_it_names_the_next_five_times_in_the_zone_of_the_schedule() -> None:
    times = schedule_times("0 3 * * 1", "Europe/Vienna", after=SATURDAY)
    assert [t.isoformat() for t in times[:2]] == ["2026-10-26T03:00:00+01:00", "2026-11-02T03:00:00+01:00"]
    assert len(times) == 5


def test_it_keeps_the_local_hour_when_the_clocks_change() -> None:
    times = schedule_times("0 12 * * *", "Europe/Vienna", after=SATURDAY - timedelta(days=1))
    assert [t.astimezone(UTC).hour for t in times[:3]] == [10, 11, 11]


def test_it_says_a_schedule_in_words() -> None:
    assert schedule_words("0 3 * * 1") == "At 03:00, only on Monday"



def test_an_hour_that_the_clocks_skip_comes_when_they_have() -> None:
    """On 29 March 2026 Vienna goes from 02:00 to 03:00."""
    times = schedule_times("30 2 * * *", "Europe/Vienna", after=datetime(2026, 3, 28, 12, tzinfo=UTC), count=3)
    assert [t.isoformat() for t in times] == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00"]


def test_an_hour_that_comes_twice_counts_once() -> None:
    """On 25 October 2026 Vienna has 02:30 twice."""
    times = schedule_times("30 2 * * *", "Europe/Vienna", after=SATURDAY, count=2)
    assert [t.isoformat() for t in times] == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]


@pytest.mark.parametrize(
    ("cron", "zone", "field"),
    [
        ("", "UTC", "cron"),
        ("0 3 * *", "UTC", "cron"),
        ("61 3 * * *", "UTC", "cron"),
        ("* * * * *", "UTC", "cron"),
        ("0 0 31 2 *", "UTC", "cron"),
        ("0 3 * * 1", "Mars/Base", "time_zone"),
        ("0 3 * * 1", "../etc/passwd", "time_zone"),
    ],
)
def test_it_refuses_with_the_field_that_is_wrong(cron: str, zone: str, field: str) -> None:
    with pytest.raises(Invalid) as error:
        schedule_check(cron, zone, after=SATURDAY)
    assert list(error.value.fields) == [field]
    assert all(text.endswith(".") for text in error.value.fields[field])
