"""Why a case stands where it stands, in plain words. What the machine thinks is told only once the evidence is shown."""

from __future__ import annotations

from django.utils import timezone

from console.accounts.models import User
from console.cases.models import Case
from console.cases.priority import ASKED_FOR
from console.cases.selectors import AHEAD_AT_MOST, place_of
from console.ui.words import in_ten, span_words

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
MANY_SEE = 10  # people an hour; fewer say little


def place_sentence(case: Case, *, user: User, revealed: bool) -> str:
    """As "Third of 412: may be severe, reported by 3 people, waits 18 of 60 min."; nothing of a blind case."""
    if case.blind or case.state == Case.State.CLOSED:
        return ""
    return f"{_stands(case)}: {', '.join([*_reasons(case, user), *(_machine(case) if revealed else ()), _waits(case)])}."


def _stands(case: Case) -> str:
    ahead, waiting = place_of(case)
    waiting = max(waiting + (case.state == Case.State.CLAIMED), ahead + 1)
    if ahead >= AHEAD_AT_MOST:
        return f"After more than {AHEAD_AT_MOST:,} of {waiting:,}"
    return f"{ORDINALS[ahead] if ahead < len(ORDINALS) else f'Number {ahead + 1:,}'} of {waiting:,}"


def _reasons(case: Case, user: User) -> list[str]:
    found = []
    if case.assigned_to_id == user.pk:
        found.append("assigned to you")
    if case.purpose in ASKED_FOR:
        found.append("a colleague asks")
    if case.priority > 0:
        found.append("its limit is near")
    if case.severity >= 2:
        found.append("may be severe" if case.severity >= 3 else "may be serious")
    if reported := _reported(case):
        found.append(reported)
    rate = case.place.get("rate", 0)
    if rate >= MANY_SEE:
        found.append(f"about {int(rate):,} people see it each hour")
    return found


def told_of(case: Case) -> str:
    """What users of the platform said of a waiting case, as "Reported by 3 people"; empty when nothing, or when a colleague asks:
    then the colleague's own words say more."""
    return "" if case.blind or case.purpose in ASKED_FOR else _reported(case).capitalize()


def _reported(case: Case) -> str:
    return "" if not case.reports else "reported by 1 person" if case.reports == 1 else f"reported by {case.reports:,} people"


def _machine(case: Case) -> list[str]:
    chance, changes = case.place.get("chance"), case.place.get("changes")
    return [f"{in_ten(chance)} like it break a rule", f"people act on {in_ten(changes)}"] if chance is not None else []


def _waits(case: Case) -> str:
    """ "waits 18 of 60 min", "waits 4 h of 30 min"."""
    waited = span_words((timezone.now() - case.created_at).total_seconds())
    limit = span_words(60 * case.queue.limit_minutes(case.severity))
    number, _, unit = waited.partition(" ")
    return f"waits {number if limit.endswith(f' {unit}') else waited} of {limit}"
