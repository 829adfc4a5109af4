"""Caps, lighter work and left-out categories may leave nobody for some cases. Leads see that there are such, never whose choice it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.db.models.functions import Now

from console.accounts.day import Day, days_of
from console.accounts.models import User
from console.cases.models import Case, Claim, Queue
from console.cases.selectors import queues_for

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
    """In the queues of `user`: how many waiting cases nobody who is present may be served. Empty while nobody is present."""
    present = people_present()
    if not present:
        return []
    days = days_of([person.pk for person in present])
    places = [(days[person.pk], frozenset(queues_for(person).values_list("pk", flat=True))) for person in present]
    if all(day.max_severity >= 3 and not day.avoid for day, _ in places):
        return []
    left: dict[int, int] = {}
    waiting = Case.objects.filter(state=Case.State.WAITING, assigned_to=None, queue__in=queues_for(user))
    groups = waiting.values_list("queue_id", "severity", "label").annotate(n=Count("pk")).order_by()
    for queue_id, severity, label, count in groups:
        if not any(queue_id in queues and _may(day, severity, label) for day, queues in places):
            left[queue_id] = left.get(queue_id, 0) + count
    queues_by_id = Queue.objects.in_bulk(left)
    return [OutOfReach(queue=queues_by_id[queue_id], waiting=count) for queue_id, count in sorted(left.items())]


def _may(day: Day, severity: int, label: str) -> bool:
    return severity <= day.max_severity and (not label or label not in day.avoid)
