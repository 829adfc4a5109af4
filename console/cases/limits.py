"""What a person is served now: the caps of their day, lighter work, and the categories that they leave out."""

from __future__ import annotations

from dataclasses import dataclass

from console.accounts.day import day_kept
from console.accounts.models import User
from console.cases.models import Case
from scoring.registry import KINDS

WORST = 3  # the highest severity there is


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeLimits:
    """`max_severity` and `avoid` hold for what is served next. What somebody opens by themselves is their own act, but `cap` holds
    for it too: it is what the organisation lets a person see today."""

    max_severity: int = WORST
    avoid: tuple[str, ...] = ()  # labels
    cap: int = WORST

    def allow(self, case: Case) -> bool:
        """Whether the case may be served, as the claim itself asks it."""
        return case.severity <= self.max_severity and case.label not in self.avoid


def weighs(kind: str) -> bool:
    """Whether content of this kind may be hard on who looks. What is no longer installed may be."""
    found = KINDS.get(kind)
    return found is None or found.weighs


def serve_limits(user: User, kind: str = "") -> ServeLimits:
    """One query on two indexes, at most every two seconds: a cap holds at once where it was reached, and everywhere soon. No limit
    where content of `kind` is not hard on anybody: severity there is the harm to others, not the weight on who looks."""
    if kind and not weighs(kind):
        return ServeLimits()
    day = day_kept(user)
    return ServeLimits(max_severity=day.max_severity, avoid=day.avoid, cap=day.cap_severity)
