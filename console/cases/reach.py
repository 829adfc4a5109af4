"""Caps, lighter work and left-out categories may leave nobody for some cases. Leads see that there are such, never whose choice it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, Sum
from django.db.models.functions import Now

from console.accounts.day import Day, days_of
from console.accounts.models import User
from console.cases.limits import WORST, weighs
from console.cases.models import Case, Claim, Queue, Tally
from console.cases.selectors import queues_for

MOST = 1000  # of one queue and severity are counted one by one
PRESENT = timedelta(minutes=30)  # who took a case in this time is at work


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfReach:
    queue: Queue
    waiting: int


def people_present() -> list[User]:
    """Who holds a case, or took one in the last half hour."""
    at_work = Q(state=Claim.State.OPEN, lease_until__gt=Now()) | Q(started_at__gt=Now() - PRESENT)
    ids = Claim.objects.filter(at_work).values_list("reviewer_id", flat=True).distinct()
    return list(User.objects.filter(pk__in=ids, is_active=True))


def out_of_reach(user: User) -> Sequence[OutOfReach]:
    """In the queues of `user`: how many waiting cases nobody who is present may be served. Where nobody is present at all, that is
    no matter of caps, and nothing is said."""
    present = people_present()
    days = days_of([person.pk for person in present])
    if all(day.max_severity >= WORST and not day.avoid for day in days.values()):
        return []
    places = [(days[person.pk], frozenset(queues_for(person).values_list("pk", flat=True))) for person in present]
    queues = [queue for queue in queues_for(user) if weighs(queue.kind)]
    counts = Tally.objects.filter(queue__in=queues).values_list("queue_id", "severity").annotate(n=Sum("waiting")).order_by()
    waiting = {(queue_id, severity): n for queue_id, severity, n in counts}
    rows = []
    for queue in queues:
        here = [day for day, theirs in places if queue.pk in theirs]
        left = sum(_left(queue, severity, here, waiting.get((queue.pk, severity), 0)) for severity in range(WORST + 1)) if here else 0
        if left:
            rows.append(OutOfReach(queue=queue, waiting=left))
    return rows


def _left(queue: Queue, severity: int, here: Sequence[Day], waiting: int) -> int:
    able = [day for day in here if day.max_severity >= severity]
    if not able or not waiting:
        return waiting
    shared = set(able[0].avoid).intersection(*(day.avoid for day in able))
    if not shared:
        return 0
    cases = Case.objects.filter(queue=queue, state=Case.State.WAITING, severity=severity, label__in=shared)
    return cases[:MOST].count()
