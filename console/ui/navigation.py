"""The side navigation: only pages that exist in this installation and that the person may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from console.accounts.roles import Role, looks_after, user_has_role
from console.alerts.selectors import alerts_open


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    href: str
    icon: str
    roles: tuple[Role, ...]
    current: bool = False
    duty: bool = False  # for who has the wellbeing duty, whatever their role
    count: Callable[[], int] | None = None  # how many wait there; nothing is shown for none


def _open_alerts() -> int:
    return alerts_open().count()


_EVERYONE = (Role.MODERATOR, Role.LEAD, Role.POLICY, Role.ADMIN)
_SHAPERS = (Role.LEAD, Role.POLICY, Role.ADMIN)
_LEADS = (Role.LEAD, Role.ADMIN)
_REVIEWERS = (Role.MODERATOR, Role.LEAD, Role.ADMIN)
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Decide",
        (
            Entry("Queues", "/", "queue", _EVERYONE),
            Entry("Items", "/items/", "search", _EVERYONE),
            Entry("My day", "/my-day/", "day", _EVERYONE),
            Entry("My checks", "/checks/mine/", "allow", _REVIEWERS),
        ),
    ),
    (
        "Oversee",
        (
            Entry("Team", "/team/", "team", _SHAPERS),
            Entry("Checks", "/checks/", "shield", _LEADS),
            Entry("Wellbeing", "/wellbeing/", "heart", (), duty=True),
            Entry("Insights", "/insights/", "health", _SHAPERS),
            Entry("Alerts", "/alerts/", "caution", _SHAPERS, count=_open_alerts),
            Entry("Audit trail", "/audit/", "audit", _SHAPERS),
        ),
    ),
    (
        "Shape",
        (
            Entry("Policies", "/policies/", "policy", _EVERYONE),
            Entry("Routing", "/routing/", "rule", _LEADS),
            Entry("Labels", "/labels/", "same", _SHAPERS),
            Entry("Automation", "/automation/", "automation", _SHAPERS),
            Entry("Models", "/models/", "models", _SHAPERS),
            Entry("Backtests", "/backtests/", "undo", _SHAPERS),
        ),
    ),
    (
        "Run",
        (
            Entry("Deliveries", "/deliveries/", "plug", (Role.LEAD, Role.ADMIN)),
            Entry("Rules of care", "/wellbeing/rules/", "settings", (Role.ADMIN,)),
            Entry("Help", "/help/", "help", _EVERYONE),
        ),
    ),
)


@cache
def _exists(href: str) -> bool:
    try:
        resolve(href)
    except Resolver404:
        return False
    return True


def _is_current(href: str, path: str) -> bool:
    if href == "/":
        return path == "/" or path.startswith(("/queues/", "/cases/"))
    if href == "/checks/":
        return path.startswith(href) and not path.startswith("/checks/mine/")
    if href == "/labels/":
        return path.startswith((href, "/snapshots/"))
    if href == "/wellbeing/":
        return path.startswith(href) and not path.startswith("/wellbeing/rules/")
    return path.startswith(href)


def navigation_for(request: HttpRequest) -> list[tuple[str, list[Entry]]]:
    """Groups with their entries; empty for someone who is not signed in."""
    if not request.user.is_authenticated:
        return []
    seen = []
    for title, entries in GROUPS:
        rows = [
            replace(e, current=_is_current(e.href, request.path))
            for e in entries
            if _exists(e.href) and (looks_after(request.user) if e.duty else any(user_has_role(request.user, role) for role in e.roles))
        ]
        if rows:
            seen.append((title, rows))
    return seen
