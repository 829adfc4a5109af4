"""Reads of queues and cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.accounts.roles import Role, user_has_role
from console.cases.models import Case, Claim, Queue
from console.common.rows import columns, read, read_joined, row
from console.intake.models import Item
from scoring.queueing import DEFAULT_SECONDS, Load, people_needed
from scoring.registry import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One severity of a queue."""

    severity: int
    waiting: int
    claimed: int
    arrived_hour: int
    closed_hour: int
    oldest_at: datetime | None
    limit_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    queue: Queue
    classes: Sequence[ClassRow]  # the most severe first
    people: int  # who have a case of it on the screen now

    @property
    def waiting(self) -> int:
        return sum(row.waiting for row in self.classes)

    @property
    def claimed(self) -> int:
        return sum(row.claimed for row in self.classes)

    @property
    def severe(self) -> int:
        return self.classes[0].waiting

    @property
    def serious(self) -> int:
        return self.classes[1].waiting

    @property
    def oldest_at(self) -> datetime | None:
        return min((row.oldest_at for row in self.classes if row.oldest_at), default=None)

    @property
    def arrived_hour(self) -> int:
        return sum(row.arrived_hour for row in self.classes)

    @property
    def closed_hour(self) -> int:
        return sum(row.closed_hour for row in self.classes)

    @property
    def seconds(self) -> float:
        """Of work for one: the queue's own median, or a guess until there is one."""
        return float(self.queue.measured.get("seconds") or DEFAULT_SECONDS)

    @property
    def needed(self) -> int:
        """People that keep every class inside its limit."""
        loads = [Load(waiting=r.waiting, arriving=r.arrived_hour, limit_seconds=60.0 * r.limit_minutes) for r in self.classes]
        return people_needed(loads, seconds=self.seconds)


# Sums of a few hundred rows and four looks into an index: the same at a million waiting as at ten.
_COUNTS = """
SELECT t.queue_id, least(greatest(t.severity, 0), 3), sum(t.waiting), sum(t.claimed),
       coalesce(sum(t.arrived) FILTER (WHERE t.slot > statement_timestamp() - interval '1 hour'), 0),
       coalesce(sum(t.closed) FILTER (WHERE t.slot > statement_timestamp() - interval '1 hour'), 0)
FROM cases_tally t WHERE t.queue_id = ANY(%s) AND (%s::bigint IS NULL OR t.source_id = %s) GROUP BY 1, 2
"""
_OLDEST = """
SELECT q, s, (SELECT c.created_at FROM cases_case c WHERE c.queue_id = q AND c.severity = s AND c.state = 'waiting'
              AND (%s::bigint IS NULL OR EXISTS (SELECT 1 FROM intake_item i WHERE i.id = c.item_id AND i.source_id = %s))
              ORDER BY c.created_at LIMIT 1)
FROM unnest(%s::bigint[]) q, generate_series(0, 3) s
"""
_PEOPLE = """
SELECT c.queue_id, count(DISTINCT k.reviewer_id) FROM cases_claim k JOIN cases_case c ON c.id = k.case_id
WHERE k.state = 'open' AND NOT k.ahead AND k.lease_until > statement_timestamp() AND c.queue_id = ANY(%s) GROUP BY 1
"""


def queues_for(user: User) -> QuerySet[Queue]:
    """Queues that this person may work in: those without a group, and those of their groups."""
    queues = Queue.objects.filter(archived_at=None).order_by("position", "pk")
    if user.is_superuser:
        return queues
    return queues.filter(Q(groups__isnull=True) | Q(groups__in=user.groups.all())).distinct()


def queues_led_by(user: User) -> QuerySet[Queue]:
    """Queues that this person may change: a lead those they may work in, an admin all of them."""
    every = Queue.objects.filter(archived_at=None).order_by("position", "pk")
    return every if user_has_role(user, Role.ADMIN) else queues_for(user)


def kinds_closed_to(user: User) -> frozenset[str]:
    """Kinds whose every queue is for groups that this person is not in. Policy writers and admins answer for all kinds."""
    if user_has_role(user, Role.POLICY):
        return frozenset()
    return frozenset(Queue.objects.values_list("kind", flat=True)) - frozenset(queues_for(user).values_list("kind", flat=True))


def queue_overview(user: User, *, source_id: int | None = None) -> list[QueueRow]:
    """`source_id` limits what waits and is claimed to one source: a token is not told of others."""
    return queue_rows(list(queues_for(user)), source_id=source_id)


def queue_rows(queues: Sequence[Queue], *, source_id: int | None = None) -> list[QueueRow]:
    ids = [queue.pk for queue in queues]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [ids, source_id, source_id])
        counts = {row[:2]: [int(value) for value in row[2:]] for row in cursor.fetchall()}
        cursor.execute(_OLDEST, [source_id, source_id, ids])
        oldest = {row[:2]: row[2] for row in cursor.fetchall()}
        cursor.execute(_PEOPLE, [ids])
        people = dict(cursor.fetchall())

    def of_class(queue: Queue, severity: int) -> ClassRow:
        waiting, claimed, arrived, closed = counts.get((queue.pk, severity), (0, 0, 0, 0))
        return ClassRow(
            severity=severity, waiting=waiting, claimed=claimed, arrived_hour=arrived, closed_hour=closed,
            oldest_at=oldest[queue.pk, severity], limit_minutes=queue.limit_minutes(severity),
        )  # fmt: skip

    classes = {queue.pk: [of_class(queue, severity) for severity in (3, 2, 1, 0)] for queue in queues}
    return [QueueRow(queue=queue, classes=classes[queue.pk], people=people.get(queue.pk, 0)) for queue in queues]


def next_cases(queue: Queue, limit: int = 10) -> Sequence[Case]:
    """What will be served next, first first."""
    waiting = Case.objects.filter(queue=queue, state=Case.State.WAITING)
    return list(waiting.select_related("item").order_by("-priority", "pk")[:limit])


VIEWS = {"": "All", "severe": "Severe only", "reported": "Reported", "mine": "Assigned to me"}


def cases_viewed(queue: Queue, view: str, user: User, limit: int = 10) -> Sequence[Case]:
    """What waits in a queue under one of VIEWS. Each reads an index of its own, so a rare sort is found among a million."""
    waiting = Case.objects.filter(queue=queue, state=Case.State.WAITING).select_related("item")
    by_place = ("-priority", "pk")
    found = {
        "severe": waiting.filter(severity=3, blind=False).order_by("created_at"),
        "reported": waiting.filter(reports__gt=0, blind=False).order_by("-priority"),
        "mine": waiting.filter(assigned_to=user).order_by(*by_place),
    }.get(view, waiting.order_by(*by_place))
    return list(found[:limit])


AHEAD_AT_MOST = 1000


_PLACE = f"""
SELECT (SELECT count(*) FROM (
           SELECT FROM cases_case WHERE queue_id = %(queue)s AND state = 'waiting' AND priority > %(priority)s::float8
           ORDER BY priority DESC LIMIT {AHEAD_AT_MOST}) before),
       (SELECT coalesce(sum(waiting), 0)::int8 FROM cases_tally WHERE queue_id = %(queue)s)
"""


def place_of(case: Case) -> tuple[int, int]:
    """How many of its queue stand before it, counted to AHEAD_AT_MOST; and how many wait there."""
    ahead, waiting = row(_PLACE, {"queue": case.queue_id, "priority": case.priority}) or (0, 0)
    return ahead, waiting


_WORKS_IN = """
q.archived_at IS NULL AND (
    %(every)s OR NOT EXISTS (SELECT FROM cases_queue_groups g WHERE g.queue_id = q.id)
    OR EXISTS (SELECT FROM cases_queue_groups g JOIN accounts_user_groups m ON m.group_id = g.group_id
               WHERE g.queue_id = q.id AND m.user_id = %(user)s))
"""
_ONE_FOR = f"SELECT {columns(Queue, 'q')} FROM cases_queue q WHERE q.slug = %(slug)s AND {_WORKS_IN}"
_CASE_FOR = f"""
SELECT {columns(Case, "c")}, {columns(Queue, "q")}, {columns(Item, "i")}, {columns(Source, "s")}
FROM cases_case c JOIN cases_queue q ON q.id = c.queue_id JOIN intake_item i ON i.id = c.item_id
     JOIN accounts_source s ON s.id = i.source_id
WHERE c.id = %(case)s AND (({_WORKS_IN}) OR EXISTS (
    SELECT FROM cases_claim k
    WHERE k.case_id = c.id AND k.reviewer_id = %(user)s AND k.state = 'open' AND k.lease_until > statement_timestamp()))
"""


def queue_named(user: User, slug: str) -> Queue | None:
    """The queue of this name, if this person may work in it: queues_for() for one, as every claim asks it."""
    found = row(_ONE_FOR, {"slug": slug, "user": user.pk, "every": user.is_superuser})
    return read(Queue, found) if found else None


def case_found(user: User, case_id: UUID) -> Case | None:
    """The case, if this person may work in its queue, or holds it still after it moved to another."""
    found = row(_CASE_FOR, {"case": case_id, "user": user.pk, "every": user.is_superuser})
    if found is None:
        return None
    case: Case
    case, queue, item, source = read_joined(found, Case, Queue, Item, Source)
    case.queue, case.item, item.source = queue, item, source
    return case


def open_claim(case: Case) -> Claim | None:
    """Who holds the case now."""
    return Claim.objects.select_related("reviewer").filter(case=case, state=Claim.State.OPEN, lease_until__gt=Now()).first()


def verdict_first(case: Case) -> bool:
    """The machine's opinion is shown only to who has formed one of their own: everywhere in such a queue, or where much hangs on it."""
    queue, kind = case.queue, KINDS.get(case.item.kind)
    if not queue.verdict_first or queue.verdict_first_above is None:
        return queue.verdict_first
    stakes = kind.stakes(case.item.payload) if kind is not None else None
    return stakes is not None and stakes > queue.verdict_first_above
