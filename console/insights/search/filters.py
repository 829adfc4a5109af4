"""What may be asked of the search: each filter by name, validated here for pages and API alike. Nothing else reaches the query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.common.errors import Invalid
from console.intake.models import Item
from scoring.registry import KINDS

T = TypeVar("T")
BANDS = {"low": (0.0, 0.35), "middle": (0.35, 0.65), "high": (0.65, 1.0)}  # in tenths: up to 3, 4 to 6, 7 and more
OUTCOMES = ("allow", "enforce", "review")
BY = ("machine", "person")
LONGEST_QUERY = 200
_NAME = re.compile(r"[\w .:/-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}")
_RANGE = re.compile(r"(0(?:\.\d{1,6})?|1(?:\.0{1,6})?)-(0(?:\.\d{1,6})?|1(?:\.0{1,6})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks: what does not exist for them, and whether the machine's opinion may still be hidden from them."""

    user: User
    roles: frozenset[Role]
    source_id: int | None = None  # a token's; None sees every source
    closed_kinds: frozenset[str] = frozenset()

    @property
    def is_platform(self) -> bool:
        return Role.INTEGRATION in self.roles

    @property
    def decides(self) -> bool:
        """May give verdicts, so must be able to give them without knowing what others and the machine think."""
        return Role.MODERATOR in self.roles and not self.is_platform


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Empty values ask nothing. Those from `outcome` on say what was decided: of items that still wait they say nothing."""

    q: str = ""
    kind: str = ""
    source: str = ""
    status: str = ""
    author: str = ""  # an account id, as a whole
    external_id: str = ""
    language: str = ""
    reports: int = 0  # so many at least
    since: datetime | None = None  # received
    until: datetime | None = None
    outcome: str = ""
    action: str = ""
    label: str = ""
    severity: int | None = None  # so severe at least
    by: str = ""
    reviewer: str = ""
    decided_since: datetime | None = None
    decided_until: datetime | None = None
    score: tuple[float, float] | None = None  # lowest and highest chance

    @property
    def asks_decision(self) -> bool:
        """Only what was decided can answer it."""
        named = (self.outcome, self.action, self.label, self.by, self.reviewer, self.decided_since, self.decided_until)
        return any(named) or self.severity is not None or self.score is not None

    @property
    def is_empty(self) -> bool:
        return self == SearchFilter()


NAMES = tuple(f.name for f in fields(SearchFilter))


def search_filter(given: Mapping[str, str], viewer: Viewer) -> SearchFilter:
    """Raises Invalid with a sentence for each filter that cannot be read, and for names that are no filter."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, raw in given.items():
        text = raw.strip()
        if name not in _READERS:
            errors[name[:64]] = [f"There is no filter of this name; there are {', '.join(NAMES)}."]
        elif text:
            try:
                if "\x00" in text:
                    raise ValueError("It must not contain the NUL character.")
                values[name] = _READERS[name](text)
            except ValueError as error:
                errors[name] = [str(error)]
    if viewer.is_platform and "reviewer" in values:
        errors["reviewer"] = ["A platform is not told which person decided."]
    _in_order(values, errors, "since", "until")
    _in_order(values, errors, "decided_since", "decided_until")
    if errors:
        raise Invalid(errors, "Some filters cannot be used.")
    return SearchFilter(**values)


def _in_order(values: Mapping[str, Any], errors: dict[str, list[str]], first: str, last: str) -> None:
    if first in values and last in values and values[first] >= values[last]:
        errors[last] = ["It must be later than the beginning."]


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"Use one of {', '.join(choices)}.")
        return text

    return read


def _matching(pattern: re.Pattern[str], sentence: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(sentence)
        return text

    return read


def _up_to(most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > most:
            raise ValueError(f"It holds {most} characters at most.")
        return text

    return read


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
            raise ValueError(f"It is a whole number from {least} to {most}.")
        return int(text)

    return read


def _moment(text: str) -> datetime:
    """A day (its beginning, in the installation's time zone) or a time."""
    try:
        day = parse_date(text)
        found = timezone.make_aware(datetime(day.year, day.month, day.day)) if day else parse_datetime(text.replace(" ", "+"))  # noqa: DTZ001
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year <= 2200:
        raise ValueError("It is a day such as 2026-11-21, or a time such as 2026-11-21T09:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _band(text: str) -> tuple[float, float]:
    if text in BANDS:
        return BANDS[text]
    found = _RANGE.fullmatch(text)
    if found is None or float(found[1]) > float(found[2]):
        raise ValueError(f"Use {', '.join(BANDS)}, or a range of chances such as 0.4-0.8.")
    return float(found[1]), float(found[2])


def _source(text: str) -> str:
    if not Source.objects.filter(slug=text).exists():
        raise ValueError("There is no source of this name.")
    return text


def _reviewer(text: str) -> str:
    if not User.objects.filter(username=text).exists():
        raise ValueError("There is nobody of this name.")
    return text


_READERS: dict[str, Callable[[str], Any]] = {
    "q": _up_to(LONGEST_QUERY), "kind": _one_of(*KINDS), "source": _source, "status": _one_of(*Item.Status.values),
    "author": _up_to(255), "external_id": _up_to(255), "language": _matching(_LANGUAGE, "It is a code such as en or de."),
    "reports": _number(0, 1_000_000), "since": _moment, "until": _moment, "outcome": _one_of(*OUTCOMES),
    "action": _matching(_NAME, "It is the name of an action, such as remove."), "label": _matching(_NAME, "It is the name of a label."),
    "severity": _number(0, 3), "by": _one_of(*BY), "reviewer": _reviewer, "decided_since": _moment, "decided_until": _moment,
    "score": _band,
}  # fmt: skip
