"""What the holder of a case does with it. Each write is conditional on state and fencing token; none changed = lost, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import Entry, audit_append, audit_append_many
from console.cases.claiming import actor_of, lease_seconds
from console.cases.models import LEADS_ONLY, Case, Claim, Skip
from console.cases.selectors import verdict_first
from console.common.clock import ClockNow
from console.common.errors import Conflict, Invalid

OUTCOMES = ("allow", "enforce")


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
    if claim.state == Claim.State.TAKEN:
        raise Conflict(f"{claim.ended_because} What you wrote is kept here.", code="taken_over")
    if claim.state != Claim.State.OPEN or claim.lease_until <= claim.clock:
        raise Conflict("Your hold on this case ran out, so it went back to the queue. What you wrote is kept here.", code="lease_over")
    claim.now, claim.reviewer = claim.clock, hold.reviewer
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
    """Keep the case for another lease; returns until when. Who works here keeps also what was fetched ahead for them."""
    claim = claim_require(hold)
    mine = Claim.objects.filter(reviewer=hold.reviewer, state=Claim.State.OPEN, lease_until__gt=Now(), case__queue=claim.case.queue_id)
    mine.filter(ahead=True).update(lease_until=Now() + timedelta(seconds=lease_seconds(ahead=True)))
    Claim.objects.filter(pk=claim.pk).update(lease_until=Now() + timedelta(seconds=lease_seconds(ahead=claim.ahead)))
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
    Case.objects.filter(pk=claim.case_id, assigned_to=hold.reviewer).update(assigned_to=None)
    Skip.objects.get_or_create(case_id=claim.case_id, reviewer=hold.reviewer, defaults={"reason": reason})
    _note(claim, "case.skipped", reason=reason)


ASKED = {"second": "A colleague asks for a second opinion.", "escalated": "A colleague passed it to a lead."}


@transaction.atomic
def case_pass_on(*, hold: Hold, purpose: str, note: str) -> None:
    """Ask another person ("second") or a lead ("escalated"); it comes sooner, with the note as its reason, and not back to
    this reviewer."""
    claim = claim_require(hold)
    claim_close(claim=claim, state=Claim.State.ESCALATED, case_state=Case.State.WAITING)
    stays = claim.case.purpose == LEADS_ONLY
    Case.objects.filter(pk=claim.case_id).update(
        purpose=LEADS_ONLY if stays else purpose, priority=F("priority") + 1, reason=purpose, assigned_to=None,
        sentence=note.strip()[:300] or ASKED[purpose],
    )
    Skip.objects.get_or_create(case_id=claim.case_id, reviewer=hold.reviewer, defaults={"reason": purpose})
    _note(claim, f"case.{purpose}", note=bool(note))


@transaction.atomic
def case_reveal(*, hold: Hold, first: str = "") -> None:
    """From here on the verdict counts as given with the model's opinion in view. `first` is the outcome that the reviewer would
    choose without it; Invalid where the case asks for one and none is given."""
    claim = claim_require(hold)
    if verdict_first(claim.case) and first not in OUTCOMES and not claim.evidence_seen:
        raise Invalid({"first": ["Much hangs on this one: choose your outcome first, then look. You may change it afterwards."]})
    Claim.objects.filter(pk=claim.pk, evidence_seen=False).update(evidence_seen=True, first_outcome=first if first in OUTCOMES else "")


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
