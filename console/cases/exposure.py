"""From beats of the case page to stretches. The page says when and what sort; how severe it was, the server knows itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.day import SEVERE
from console.accounts.models import Stretch, User
from console.accounts.stretches import stretch_extend
from console.cases.limits import weighs
from console.cases.models import Case, Claim
from console.cases.selectors import queues_for

AFTER = timedelta(minutes=2)  # the last beat of a case may come after its verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """Times are seconds before now, so that no clock but the database's matters."""

    stretch: UUID
    sort: str
    began_s: float
    until_s: float
    case_id: UUID | None = None
    token: int | None = None  # of the claim under which the page was drawn; None where it was only read


def beats_record(*, user: User, beats: Sequence[Beat]) -> int:
    """Count what was in front of this person; returns how many beats were theirs to send. The others change nothing."""
    return sum(_record(user, beat) for beat in beats)


def _record(user: User, beat: Beat) -> bool:
    extend = partial(stretch_extend, stretch=beat.stretch, user=user, sort=beat.sort, began_s=beat.began_s, until_s=beat.until_s)
    if beat.sort == Stretch.Sort.WORK:
        return extend(severity=0)
    found = _fenced(user, beat)
    if found is None:
        return False
    severity, kind, since = found
    if not weighs(kind) or (beat.sort == Stretch.Sort.TEXT and severity < SEVERE):
        return True  # seen or read, and not hard: nothing to count
    return extend(severity=severity, not_before=since)


def _fenced(user: User, beat: Beat) -> tuple[int, str, datetime | None] | None:
    """Severity and kind of the case, and since when it may have been seen: by the person's own claim, or by reading a case of their
    queues."""
    if beat.case_id is None:
        return None
    if beat.token is None:
        read = Case.objects.filter(pk=beat.case_id, queue__in=queues_for(user)).values_list("severity", "queue__kind").first()
        return None if read is None else (*read, None)
    mine = Claim.objects.filter(case_id=beat.case_id, reviewer=user, token=beat.token)
    recent = mine.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=Now() - AFTER))
    return recent.values_list("case__severity", "case__queue__kind", "started_at").first()
