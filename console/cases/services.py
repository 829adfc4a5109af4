"""Cases and claims. Each transition is one conditional statement on id, state and fencing token; none changed = lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import Entry, audit_append, audit_append_many
from console.cases.models import Case, Claim, Queue, Skip
from console.cases.priority import priority_of, value_of
from console.common.clock import ClockNow
from console.common.errors import Conflict
from console.intake.models import Item
from scoring.registry import KINDS


def queue_ensure_defaults() -> None:
    """One queue for each kind that has none."""
    for position, kind in enumerate(KINDS.values()):
        if not Queue.objects.filter(kind=kind.name).exists():
            Queue.objects.get_or_create(
                slug=kind.words.many.replace(" ", "-"),
                defaults={"title": kind.words.many.capitalize(), "kind": kind.name, "position": position},
            )


def queue_for(item: Item) -> Queue:
    queue = Queue.objects.filter(kind=item.kind).order_by("position", "pk").first()
    if queue is None:
        queue_ensure_defaults()
        queue = Queue.objects.filter(kind=item.kind).order_by("position", "pk")[0]
    return queue


def case_build(
    *, item: Item, queue: Queue, reason: str, sentence: str, severity: int, chance: float | None, now: datetime, label: str = ""
) -> Case:
    """An unsaved case, so that a batch is written with one statement."""
    severity = max(severity, item.severity_hint)
    value = value_of(chance=chance, severity=severity, reports=item.reports)
    return Case(
        item=item,
        queue=queue,
        reason=reason,
        sentence=sentence[:300],
        severity=severity,
        label=label,
        priority=priority_of(value=value, received_at=item.received_at, limit_minutes=queue.sla_minutes),
        due_at=now + timedelta(minutes=queue.sla_minutes),
    )


_CLAIM = """
WITH next AS (
    SELECT c.id FROM cases_case c
    WHERE {which} AND c.state = 'waiting'
      AND (c.purpose <> 'escalated' OR %(lead)s)
      AND (%(source)s::bigint IS NULL OR EXISTS (SELECT 1 FROM intake_item i WHERE i.id = c.item_id AND i.source_id = %(source)s))
      AND NOT EXISTS (SELECT 1 FROM cases_skip s WHERE s.case_id = c.id AND s.reviewer_id = %(reviewer)s)
    ORDER BY c.priority DESC, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
), taken AS (
    UPDATE cases_case c SET state = 'claimed', lease_token = c.lease_token + 1
    FROM next WHERE c.id = next.id RETURNING c.id, c.item_id, c.lease_token
), held AS (
    INSERT INTO cases_claim (case_id, reviewer_id, token, state, lease_until, evidence_seen)
    SELECT id, %(reviewer)s, lease_token, 'open', clock_timestamp() + make_interval(mins => %(minutes)s),
           EXISTS (SELECT 1 FROM cases_claim seen WHERE seen.case_id = taken.id AND seen.reviewer_id = %(reviewer)s AND seen.evidence_seen)
    FROM taken
    RETURNING id
), noted AS (
    INSERT INTO audit_auditrow (actor, verb, subject, item_id, data, prev_hash, hash)
    SELECT %(actor)s, 'case.claimed', 'case:' || id, item_id, jsonb_build_object('token', lease_token), '', '' FROM taken
)
SELECT id FROM held
"""
_CLAIM_NEXT = _CLAIM.format(which="c.queue_id = %(queue)s")
_CLAIM_ONE = _CLAIM.format(which="c.id = %(case)s")


def case_claim_next(*, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None) -> Claim | None:
    """Hold the next case of a queue for this reviewer: one statement. None when nothing waits that they may have.
    Who saw the evidence of a case in an earlier claim has seen it.
    `source_id` is for tokens: they see the items of one source only."""
    if queue.is_paused:
        return None
    return _claim(_CLAIM_NEXT, reviewer, is_lead, queue=queue.pk, source=source_id)


def case_claim_one(*, case_id: UUID, reviewer: User, is_lead: bool = False) -> Claim | None:
    """Hold this very case, if it waits and the reviewer may have it."""
    return _claim(_CLAIM_ONE, reviewer, is_lead, case=case_id, source=None)


def _claim(sql: str, reviewer: User, is_lead: bool, **which: UUID | int | None) -> Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql, {**which, "reviewer": reviewer.pk, "lead": is_lead, "minutes": settings.CLAIM_MINUTES, "actor": actor_of(reviewer)}
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Claim.objects.select_related("case__item__source", "case__queue").get(pk=row[0])


def actor_of(user: User) -> str:
    return f"user:{user.get_username()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who writes, and the fence that they were given."""

    case_id: UUID
    reviewer: User
    token: int


def claim_require(hold: Hold) -> Claim:
    """Lock the open claim that `hold` names, and its item. `now` is the database's time on it. Raises Conflict in words when
    it is gone; must run inside a transaction."""
    claim = (
        Claim.objects.select_for_update(of=("self", "case__item"))
        .select_related("case__item", "case__queue")
        .annotate(clock=ClockNow())
        .filter(case_id=hold.case_id, reviewer=hold.reviewer, token=hold.token)
        .first()
    )
    if claim is None:
        raise Conflict("You do not hold this case. Somebody else may have it now; what you wrote is kept here.", code="not_held")
    if claim.state == Claim.State.DECIDED:
        raise Conflict("This case is decided already.", code="already_decided")
    if claim.state != Claim.State.OPEN or claim.lease_until <= claim.clock:
        raise Conflict("Your hold on this case ran out, so it went back to the queue. What you wrote is kept here.", code="lease_over")
    claim.now = claim.clock
    return claim


def claim_close(*, claim: Claim, state: str, case_state: str) -> None:
    """End an open claim and move its case. Raises Conflict when either moved meanwhile."""
    ended = Claim.objects.filter(pk=claim.pk, state=Claim.State.OPEN).update(state=state, ended_at=Now())
    closed_at = Now() if case_state == Case.State.CLOSED else None
    moved = Case.objects.filter(pk=claim.case_id, state=Case.State.CLAIMED, lease_token=claim.token).update(
        state=case_state, closed_at=closed_at
    )
    if not (ended and moved):
        raise Conflict("Somebody else has this case now. What you wrote is kept here.", code="stale_token")


@transaction.atomic
def case_heartbeat(*, hold: Hold) -> datetime:
    """Keep the case for another full lease; returns until when."""
    claim = claim_require(hold)
    Claim.objects.filter(pk=claim.pk).update(lease_until=Now() + timedelta(minutes=settings.CLAIM_MINUTES))
    claim.refresh_from_db(fields=["lease_until"])
    return claim.lease_until


@transaction.atomic
def case_release(*, hold: Hold) -> None:
    """Give the case back; it waits at its old place."""
    claim = claim_require(hold)
    claim_close(claim=claim, state=Claim.State.RELEASED, case_state=Case.State.WAITING)
    _note(claim, "case.released")


@transaction.atomic
def case_skip(*, hold: Hold, reason: str) -> None:
    """Give the case back for others: it does not return to this reviewer."""
    claim = claim_require(hold)
    claim_close(claim=claim, state=Claim.State.SKIPPED, case_state=Case.State.WAITING)
    Skip.objects.get_or_create(case_id=claim.case_id, reviewer=hold.reviewer, defaults={"reason": reason})
    _note(claim, "case.skipped", reason=reason)


ASKED = {"second": "A colleague asks for a second opinion.", "escalated": "A colleague passed it to a lead."}


@transaction.atomic
def case_pass_on(*, hold: Hold, purpose: str, note: str) -> None:
    """Ask another person ("second") or a lead ("escalated"); it comes sooner, with the note as its reason, and not back to
    this reviewer."""
    claim = claim_require(hold)
    claim_close(claim=claim, state=Claim.State.ESCALATED, case_state=Case.State.WAITING)
    Case.objects.filter(pk=claim.case_id).update(
        purpose=purpose, priority=F("priority") + 1, reason=purpose, sentence=note.strip()[:300] or ASKED[purpose]
    )
    Skip.objects.get_or_create(case_id=claim.case_id, reviewer=hold.reviewer, defaults={"reason": purpose})
    _note(claim, f"case.{purpose}", note=bool(note))


@transaction.atomic
def case_reveal(*, hold: Hold) -> None:
    """From here on the verdict counts as given with the model's opinion in view."""
    claim = claim_require(hold)
    Claim.objects.filter(pk=claim.pk, evidence_seen=False).update(evidence_seen=True)


def claim_resume(*, queue: Queue, reviewer: User) -> Claim | None:
    """The case of this queue that the reviewer still holds, if any."""
    return (
        Claim.objects.select_related("case__item__source", "case__queue")
        .filter(case__queue=queue, reviewer=reviewer, state=Claim.State.OPEN, lease_until__gt=Now())
        .order_by("started_at")
        .first()
    )


_EXPIRE = """
WITH late AS (
    SELECT id, case_id, token FROM cases_claim WHERE state = 'open' AND lease_until <= clock_timestamp()
    ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE cases_claim c SET state = 'expired', ended_at = clock_timestamp() FROM late WHERE c.id = late.id
)
UPDATE cases_case c SET state = 'waiting' FROM late
WHERE c.id = late.case_id AND c.state = 'claimed' AND c.lease_token = late.token
RETURNING c.id, c.item_id
"""


@transaction.atomic
def claims_expire(*, limit: int = 500) -> int:
    """Put cases whose lease is over back to the queue, at their old place; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [limit])
        back = cursor.fetchall()
    audit_append_many([Entry(actor="system", verb="case.expired", subject=f"case:{case_id}", item_id=item_id) for case_id, item_id in back])
    return len(back)


def _note(claim: Claim, verb: str, **data: object) -> None:
    audit_append(
        actor=actor_of(claim.reviewer),
        verb=verb,
        subject=f"case:{claim.case_id}",
        item_id=claim.case.item_id,
        data={"token": claim.token, **data},
    )
