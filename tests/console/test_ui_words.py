"""Numbers and times are said in the words of the design."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.ui.changed_words import changed_words
from console.ui.words import ago, clock_words, day_words, in_ten, initials, percent, sentence_case, span_words, took_words


@pytest.mark.parametrize(
    ("chance", "said"),
    [(0.69, "7 in 10"), (0.0, "fewer than 1 in 10"), (0.04, "fewer than 1 in 10"), (0.97, "more than 9 in 10"), (None, "not known")],
)
def test_it_says_a_chance_in_tenths(chance: float | None, said: str) -> None:
    assert in_ten(chance) == said


@pytest.mark.parametrize(("seconds", "said"), [(40, "40 s"), (18 * 60, "18 min"), (3 * 3600, "3 h"), (60 * 3600, "2 days"), (-5, "0 s")])
def test_it_says_a_length_in_one_unit(seconds: int, said: str) -> None:
    assert span_words(seconds) == said
    assert span_words(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "under 1 s"), (41.6, "42 s"), (59.7, "1 min"), (118, "1 min 58 s"), (120, "2 min"), (754, "12 min"), (10800, "3 h"), (None, "")],
)
def test_it_says_what_something_took_closely_enough_to_compare(seconds: float | None, said: str) -> None:
    assert took_words(seconds) == said


def test_it_breaks_an_address_between_its_parts_and_escapes_it() -> None:
    assert changed_words("ann@polar.example", "", added=False) == "ann@<wbr>polar<wbr>.example"
    assert changed_words("a@b.example", "a@c.example", added=True) == "a@<ins>b</ins><wbr>.example"
    assert "<b>" not in changed_words("<b>@x.example", "", added=False)


def test_it_says_rates_of_error_in_per_cent() -> None:
    assert percent(0.008) == "0.8 %"
    assert percent(0.42) == "42 %"


def test_it_says_a_day_as_people_do() -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert day_words(now - timedelta(minutes=19), now) == "Today, 08:41"
    assert day_words(now - timedelta(hours=16), now) == "Yesterday, 17:00"
    assert day_words(datetime(2026, 3, 3, 9, 0, tzinfo=UTC), now) == "3 Mar, 09:00"
    assert day_words(datetime(2024, 3, 3, 9, 0, tzinfo=UTC), now) == "3 Mar 2024"


def test_it_never_counts_into_the_future() -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert ago(now + timedelta(seconds=3), now) == timedelta(0)


def test_it_says_places_in_a_film() -> None:
    assert clock_words(22.4) == "0:22"
    assert clock_words(3727) == "1:02:07"


def test_it_takes_initials_from_any_name() -> None:
    assert initials("Ines Kolda") == "IK"
    assert initials("rita") == "R"
    assert initials("") == "?"


def test_it_writes_the_titles_of_others_as_its_own() -> None:
    assert sentence_case("Two-Factor Authentication:") == "Two-factor authentication"
    assert sentence_case("Use your TOTP Code") == "Use your TOTP code"
