"""A person's choices and day as the pages need them, read once a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from console.accounts.care import care_rules, looks_of, preferences_of
from console.accounts.day import Day, day_once
from console.accounts.models import Preferences, User
from console.audit.models import AuditRow
from console.cases.models import Case
from console.ui.categories import category_of

DISTRESS = "distress"  # the reason of a skip
OPENED, LISTED, LIST = "wellbeing.opened", "wellbeing.listed", "wellbeing:list"  # verbs and a subject of the audit trail
# Why somebody's figures are opened. Neutral on purpose: the audit trail is read by leads.
REASONS = {"planned": "A talk that we planned", "asked": "The person asked for it", "work": "To plan who takes what"}
_CARE = "_care"
LATER = "break_later_until"  # in the session: until when the suggestion of a break keeps silent
AFTER_SKIP = "after_skip"  # in the session: what a person found distressing just now, to be offered something once


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    own: Preferences
    looks: dict[str, bool]


def care_of(request: HttpRequest) -> Care | None:
    """None for somebody who is not signed in."""
    if not isinstance(request.user, User):
        return None
    known: Care | None = getattr(request, _CARE, None)
    if known is None:
        own = preferences_of(request.user)
        known = Care(own=own, looks=looks_of(care_rules(), own))
        setattr(request, _CARE, known)
    return known


def day_today(request: HttpRequest) -> Day | None:
    return day_once(request.user) if isinstance(request.user, User) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody with the wellbeing duty looked at a person's figures."""

    who: str
    at: datetime
    why: str  # "" for the list of everybody


def who_looked(user: User) -> Sequence[Look]:
    """The last five, from the audit trail, one for each person, reason and day: what is private is never looked at in secret."""
    rows = AuditRow.objects.filter(
        Q(subject=f"user:{user.username}", verb=OPENED) | Q(subject=LIST, verb=LISTED, at__gte=user.date_joined)
    ).order_by("-pk")[:50]
    looks: dict[tuple[str, str, date], Look] = {}
    for row in rows:
        look = Look(who=row.actor.removeprefix("user:"), at=row.at, why=REASONS.get(row.data.get("reason", ""), ""))
        looks.setdefault((look.who, look.why, timezone.localdate(row.at)), look)
    return list(looks.values())[:5]


def offer_after_distress(request: HttpRequest, case: Case) -> None:
    """Keep for the next page what may be offered: a break, lighter work, to leave this category out. Nothing is counted."""
    found = None if case.blind or not care_rules().may_avoid else category_of(case.label)
    request.session[AFTER_SKIP] = {"name": found.name, "title": found.title} if found else {"name": "", "title": ""}


def break_is_due(request: HttpRequest) -> bool:
    day = day_today(request)
    later: Any = request.session.get(LATER, 0)
    return day is not None and day.break_due and day.now.timestamp() > later
