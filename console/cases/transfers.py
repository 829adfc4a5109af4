"""Move many cases, in steps of one statement each: to another queue, or to their new places when the limits of a queue changed.

A step locks only what nobody else holds a lock on, so a claim is never in its way: what is just being claimed stays where it
is when only waiting cases move, and moves with its claim when held ones move too (the fence is the case's, not the queue's).
A transfer is done when a whole pass over the queue found nothing more to move. Any process may do the next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.claiming import actor_of
from console.cases.models import Case, Queue, Tally, Transfer
from console.cases.priority import MISPLACED, PLACED
from console.cases.services import queue_living
from console.common.errors import Conflict, Invalid, NotFound

STEP = 2000

_STEP = f"""
WITH batch AS (
    SELECT c.id FROM cases_case c JOIN cases_queue q ON q.id = %(target)s
    WHERE c.queue_id = %(origin)s AND c.state = ANY (%(states)s) AND c.id > %(after)s AND (%(origin)s <> %(target)s OR {MISPLACED})
      AND (%(severity)s::int IS NULL OR c.severity = %(severity)s) AND (%(label)s::text IS NULL OR c.label = %(label)s)
      AND (%(cases)s::uuid[] IS NULL OR c.id = ANY (%(cases)s::uuid[]))
      AND (%(source)s::text IS NULL OR EXISTS (SELECT 1 FROM intake_item i JOIN accounts_source s ON s.id = i.source_id
                                               WHERE i.id = c.item_id AND s.slug = %(source)s))
    ORDER BY c.id LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED
), moved AS (
    UPDATE cases_case c SET queue_id = q.id, {PLACED}
    FROM batch, cases_queue q WHERE c.id = batch.id AND q.id = %(target)s RETURNING c.id, c.item_id
), noted AS (
    INSERT INTO audit_auditrow (actor, verb, subject, item_id, data, prev_hash, hash)
    SELECT %(actor)s, 'case.moved', 'case:' || id, item_id, jsonb_build_object('queue', %(slug)s::text, 'transfer', %(transfer)s::text),
           '', ''
    FROM moved WHERE %(origin)s <> %(target)s
)
SELECT count(*), max(id::text) FROM moved
"""
_START = UUID(int=0)


def cases_move(*, origin: Queue, target: Queue, user: User | None, criteria: Mapping[str, Any], held: bool = False) -> Transfer:
    """Begin to move waiting cases of `origin` that fit `criteria` (severity, source, label, cases); the first step is done at once.
    Raises Invalid or Conflict in words."""
    if origin.kind != target.kind:
        raise Invalid({"to": [f"{target.title} holds another kind; cases move between queues of one kind."]})
    if origin.pk == target.pk:
        raise Invalid({"to": ["The cases are in this queue already."]})
    if target.archived_at is not None:
        raise Conflict(f"{target.title} is archived and takes nothing more.")
    return transfer_begin(origin=origin, target=target, user=user, criteria=criteria, held=held)


@transaction.atomic
def transfer_begin(*, origin: Queue, target: Queue, user: User | None, criteria: Mapping[str, Any], held: bool = False) -> Transfer:
    states = [Case.State.WAITING, Case.State.CLAIMED] if held else [Case.State.WAITING]
    wanted = Case.objects.filter(queue=origin, state__in=states)
    names = {"severity": "severity", "label": "label", "source": "item__source__slug", "cases": "pk__in"}
    expected = wanted.filter(**{names[name]: value for name, value in criteria.items()}).count()
    transfer = Transfer.objects.create(
        origin=origin, target=target, criteria=dict(criteria), held=held, expected=expected, requested_by=user
    )
    verb = "queue.moved" if origin.pk != target.pk else "queue.placed_anew"
    data = {"to": target.slug, "criteria": {k: v for k, v in criteria.items() if k != "cases"}, "expected": expected, "held": held}
    audit_append(actor=actor_of(user) if user else "system", verb=verb, subject=f"queue:{origin.slug}", data=data)
    if held and origin.pk != target.pk:  # what people hold goes with them at once, so that nobody stands before a closed door
        first, _ = _step(transfer, STEP, ["claimed"])
        Transfer.objects.filter(pk=transfer.pk).update(moved=first)
    transfer_step(transfer_id=transfer.pk)
    if expected < STEP:
        transfer_step(transfer_id=transfer.pk)  # the pass that finds nothing more
    transfer.refresh_from_db()
    return transfer


@transaction.atomic
def transfer_step(*, transfer_id: UUID, limit: int = STEP) -> bool:
    """Move the next cases; True when there is more to do. Who finds the transfer taken by somebody else leaves it."""
    found = Transfer.objects.select_for_update(skip_locked=True, of=("self",)).select_related("target", "requested_by")
    transfer = found.filter(pk=transfer_id, state=Transfer.State.RUNNING).first()
    if transfer is None:
        return False
    moved, last = _step(transfer, limit, ["waiting", "claimed"] if transfer.held else ["waiting"])
    changes: dict[str, Any] = {"moved": F("moved") + moved, "moved_in_pass": F("moved_in_pass") + moved, "after": last}
    if moved < limit:  # the end of a pass
        changes |= {"after": None, "moved_in_pass": 0}
        if not transfer.moved_in_pass + moved:
            changes |= {"state": Transfer.State.DONE, "finished_at": Now()}
    Transfer.objects.filter(pk=transfer.pk).update(**changes)
    return changes.get("state") != Transfer.State.DONE


def _step(transfer: Transfer, limit: int, states: list[str]) -> tuple[int, str | None]:
    values: dict[str, Any] = {name: transfer.criteria.get(name) for name in ("severity", "label", "source", "cases")}
    values |= {
        "origin": transfer.origin_id, "target": transfer.target_id, "slug": transfer.target.slug, "states": states, "limit": limit,
        "after": transfer.after or _START, "transfer": str(transfer.pk),
        "actor": actor_of(transfer.requested_by) if transfer.requested_by else "system",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STEP, values)
        moved, last = cursor.fetchone()
    return int(moved), last


def transfers_go_on(*, steps: int = 50) -> int:
    """Some steps of what is not done yet, and of what still lies in a queue that was merged; returns how many steps."""
    done = 0
    _gather_strays()
    for transfer_id in Transfer.objects.filter(state=Transfer.State.RUNNING).order_by("created_at").values_list("pk", flat=True):
        while done < steps:
            done += 1
            if not transfer_step(transfer_id=transfer_id):
                break
    return done


def _gather_strays() -> None:
    """What came back to an archived queue later (an undone verdict, say), or was still on its way there, follows the others."""
    archived = {queue.pk: queue for queue in Queue.objects.select_related("merged_into").filter(archived_at__isnull=False)}
    left = Tally.objects.filter(queue__in=archived).values("queue").annotate(left=Sum("waiting") + Sum("claimed")).filter(left__gt=0)
    for queue_id in left.values_list("queue", flat=True):
        if not Transfer.objects.filter(origin=queue_id, state=Transfer.State.RUNNING).exists():
            _follow(archived[queue_id], {})


def case_follow(case: Case) -> None:
    """A case that opens again goes where its queue went meanwhile."""
    if case.queue.archived_at is not None:
        _follow(case.queue, {"cases": [str(case.pk)]})


def _follow(queue: Queue, criteria: Mapping[str, Any]) -> None:
    transfer_begin(origin=queue, target=queue_living(queue), user=None, criteria=criteria, held=True)


def transfers_of(queue: Queue) -> list[Transfer]:
    """What moves out of a queue or into it now, and what was done in the last minutes."""
    recent = Q(state=Transfer.State.RUNNING) | Q(finished_at__gt=Now() - timedelta(minutes=2))
    found = Transfer.objects.select_related("origin", "target").filter(recent, Q(origin=queue) | Q(target=queue))
    return list(found.order_by("-created_at")[:5])


def transfer_find(transfer_id: UUID, targets: QuerySet[Queue]) -> Transfer:
    """Raises NotFound for one to other queues."""
    found = Transfer.objects.select_related("origin", "target").filter(pk=transfer_id, target__in=targets).first()
    if found is None:
        raise NotFound("There is no such move.")
    return found
