"""Reads of queues and cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.cases.models import Case, Claim, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    queue: Queue
    waiting: int
    severe: int  # severity 3
    serious: int  # severity 2
    claimed: int
    oldest_at: datetime | None
    arrived_hour: int
    closed_hour: int
    people: int  # who hold a case of it now


_COUNTS = """
SELECT q.id,
       count(c.id) FILTER (WHERE c.state = 'waiting'),
       count(c.id) FILTER (WHERE c.state = 'waiting' AND c.severity >= 3),
       count(c.id) FILTER (WHERE c.state = 'waiting' AND c.severity = 2),
       count(c.id) FILTER (WHERE c.state = 'claimed'),
       min(c.created_at) FILTER (WHERE c.state = 'waiting')
FROM cases_queue q LEFT JOIN cases_case c ON c.queue_id = q.id AND c.state IN ('waiting', 'claimed')
    AND (%s::bigint IS NULL OR EXISTS (SELECT 1 FROM intake_item i WHERE i.id = c.item_id AND i.source_id = %s))
WHERE q.id = ANY(%s) GROUP BY q.id
"""
_HOUR = """
SELECT q.id,
       (SELECT count(*) FROM cases_case c WHERE c.queue_id = q.id AND c.created_at > statement_timestamp() - interval '1 hour'),
       (SELECT count(*) FROM cases_case c WHERE c.queue_id = q.id AND c.closed_at > statement_timestamp() - interval '1 hour'),
       (SELECT count(DISTINCT k.reviewer_id) FROM cases_claim k JOIN cases_case c ON c.id = k.case_id
        WHERE k.state = 'open' AND k.lease_until > statement_timestamp() AND c.queue_id = q.id)
FROM cases_queue q WHERE q.id = ANY(%s)
"""


def queues_for(user: User) -> QuerySet[Queue]:
    """Queues that this person may work in: those without a group, and those of their groups."""
    queues = Queue.objects.order_by("position", "pk")
    if user.is_superuser:
        return queues
    return queues.filter(Q(groups__isnull=True) | Q(groups__in=user.groups.all())).distinct()


def kinds_closed_to(user: User) -> frozenset[str]:
    """Kinds whose every queue is for groups that this person is not in. Policy writers and admins answer for all kinds."""
    if user_has_role(user, Role.POLICY):
        return frozenset()
    return frozenset(Queue.objects.values_list("kind", flat=True)) - frozenset(queues_for(user).values_list("kind", flat=True))


def queue_overview(user: User, *, source_id: int | None = None) -> list[QueueRow]:
    """`source_id` limits what waits and is claimed to one source: a token is not told of others."""
    queues = list(queues_for(user))
    ids = [queue.pk for queue in queues]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [source_id, source_id, ids])
        counts = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_HOUR, [ids])
        hour = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = []
    for queue in queues:
        waiting, severe, serious, claimed, oldest = counts[queue.pk]
        arrived, closed, people = hour[queue.pk]
        rows.append(
            QueueRow(
                queue=queue, waiting=waiting, severe=severe, serious=serious, claimed=claimed, oldest_at=oldest, arrived_hour=arrived,
                closed_hour=closed, people=people,
            )
        )  # fmt: skip
    return rows


def next_cases(queue: Queue, limit: int = 10) -> Sequence[Case]:
    """What will be served next, first first."""
    waiting = Case.objects.filter(queue=queue, state=Case.State.WAITING)
    return list(waiting.select_related("item").order_by("-priority", "pk")[:limit])


def open_claim(case: Case) -> Claim | None:
    """Who holds the case now."""
    return Claim.objects.select_related("reviewer").filter(case=case, state=Claim.State.OPEN, lease_until__gt=Now()).first()
