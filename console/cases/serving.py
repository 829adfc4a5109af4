"""What one person has of a queue: one case on the screen and at most two fetched ahead, so that the next is there at once.

A case ahead is held by a short lease. Its turn comes by a conditional update on its token; it goes back by itself when it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.audit.services import Entry, audit_append_many
from console.cases.claiming import actor_of, case_claim_next, case_claim_one, lease_seconds
from console.cases.holding import Hold, claim_close
from console.cases.limits import serve_limits, weighs
from console.cases.models import Case, Claim, Queue
from console.common.errors import Conflict
from console.common.rows import columns, one_trip, read_joined, row, rows, run
from console.intake.models import Item

AHEAD = 2
LOST = "The case that came next went back to the queue, so here is another one."
Instead = Callable[[bool], Claim | None]  # given whether it is ahead of its turn: a claim in place of the next, or None


_TURN = """
SELECT pg_advisory_xact_lock(hashtext('cases.serving'), %(person)s::int),
       CASE WHEN %(alone)s::bool THEN set_config('synchronous_commit', 'off', true) END
"""
# Most who ask for a case hold none: one look into an index tells.
_HOLDS = "SELECT EXISTS (SELECT FROM cases_claim WHERE reviewer_id = %s AND state = 'open')"


@contextmanager
def _in_turn(reviewer: User) -> Iterator[bool]:
    """One after the other for each person: two tabs together do not hold more than one. Gives whether they hold anything.

    A hold is a lease. What a crash of the database takes back of the last moment would have ended by itself, a verdict on it is
    refused with its draft kept, and whatever is written later makes it last too: so nobody waits for the disk. Unless this is part
    of another's transaction, which may write what must last.
    """
    alone = not connection.in_atomic_block
    with transaction.atomic():
        with one_trip():
            run(_TURN, {"person": reviewer.pk, "alone": alone})
            found = row(_HOLDS, [reviewer.pk])  # sees what was done in the turn before: each statement looks anew
        yield bool(found and found[0])


_HELD = f"""
SELECT {columns(Claim, "k")}, {columns(Case, "c")}, {columns(Queue, "q")}, {columns(Item, "i")}, {columns(Source, "s")}
FROM cases_claim k JOIN cases_case c ON c.id = k.case_id JOIN cases_queue q ON q.id = c.queue_id JOIN intake_item i ON i.id = c.item_id
     JOIN accounts_source s ON s.id = i.source_id
WHERE k.reviewer_id = %(reviewer)s AND k.state = 'open' AND k.lease_until > statement_timestamp()
  AND (%(queue)s::bigint IS NULL OR (c.queue_id = %(queue)s AND NOT k.together))
  AND (%(source)s::bigint IS NULL OR i.source_id = %(source)s)
ORDER BY c.priority DESC, c.id
"""


def _held(reviewer: User, *, queue_id: int | None = None, source_id: int | None = None) -> list[Claim]:
    """First what is served first; of one queue without what is one of many."""
    claims = []
    for found in rows(_HELD, {"reviewer": reviewer.pk, "queue": queue_id, "source": source_id}):
        claim, case, queue, item, source = read_joined(found, Claim, Case, Queue, Item, Source)
        claim.reviewer, claim.case, case.queue, case.item, item.source = reviewer, case, queue, item, source
        claims.append(claim)
    return claims


def case_serve(
    *, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None, instead: Instead | None = None
) -> Claim | None:
    """The case that the person still has on the screen, else the first that was fetched ahead, else the next that waits."""
    with _in_turn(reviewer) as holds_any:
        held = _kept(_held(reviewer, queue_id=queue.pk, source_id=source_id), reviewer) if holds_any else []
        if current := next((claim for claim in held if not claim.ahead), None):
            return current
        if held:
            return _begin(held[0])
        other = instead(False) if instead else None
        return other or case_claim_next(queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id)


def cases_fetch_ahead(
    *, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None, count: int = AHEAD,
    instead: Instead | None = None,
) -> list[Claim]:  # fmt: skip
    """Hold up to `count` cases before their turn, and those that are held already a little longer. First what comes first."""
    with _in_turn(reviewer) as holds_any:
        held = _held(reviewer, queue_id=queue.pk, source_id=source_id) if holds_any else []
        claims = leases_lengthen(_kept([claim for claim in held if claim.ahead], reviewer))
        while len(claims) < min(count, AHEAD):
            other = instead(True) if instead else None
            claim = other or case_claim_next(queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id, ahead=True)
            if claim is None:
                break
            claims.append(claim)
        return claims


_LENGTHEN = """
UPDATE cases_claim SET lease_until = statement_timestamp() + make_interval(secs => %s)
WHERE id = ANY (%s::bigint[]) AND state = 'open' AND ahead RETURNING id, lease_until
"""


def leases_lengthen(claims: Sequence[Claim]) -> list[Claim]:
    """Those of these that are held ahead still, a little longer."""
    until = dict(rows(_LENGTHEN, [lease_seconds(ahead=True), [claim.pk for claim in claims]])) if claims else {}
    for claim in claims:
        claim.lease_until = until.get(claim.pk, claim.lease_until)
    return [claim for claim in claims if claim.pk in until]


def claim_begin(*, hold: Hold) -> Claim:
    """Its turn has come: a full lease. Raises Conflict when the case was lost meanwhile."""
    with _in_turn(hold.reviewer):
        kept = _kept(_held(hold.reviewer), hold.reviewer)
        claim = next((claim for claim in kept if (claim.case_id, claim.token) == (hold.case_id, hold.token)), None)
        if claim is not None:
            begun = _begin(claim) if claim.ahead else claim
            step_aside(begun)
            return begun
    raise Conflict(LOST, code="ahead_lost")  # only here: what went back in the transaction stays back


def holds_begin(*, case_ids: Collection[UUID], reviewer: User) -> dict[UUID, int]:
    """Of these cases those that the person has already, each for a full lease from now on: case -> token."""
    with _in_turn(reviewer):
        held = Claim.objects.select_related("reviewer", "case").filter(
            case_id__in=case_ids, reviewer=reviewer, state=Claim.State.OPEN, lease_until__gt=Now()
        )
        claims = [_begin(claim) if claim.ahead else claim for claim in held]
        Claim.objects.filter(pk__in=[claim.pk for claim in claims], state=Claim.State.OPEN).update(
            lease_until=Now() + timedelta(seconds=lease_seconds(ahead=False))
        )
        return {claim.case_id: claim.token for claim in claims}


def holds_together(*, case_ids: Collection[UUID], reviewer: User) -> None:
    """What the person has of these is one of many from now on: it stands beside the case on the screen, not in its way."""
    Claim.objects.filter(case_id__in=case_ids, reviewer=reviewer, state=Claim.State.OPEN).update(together=True)


def _kept(claims: list[Claim], reviewer: User) -> list[Claim]:
    """A cap may be reached, or a category left out, after a case was fetched ahead: then it goes back, and its turn does not come."""
    weighing = [claim for claim in claims if claim.ahead and weighs(claim.case.queue.kind)]
    if not weighing:
        return claims
    limits = serve_limits(reviewer)
    beyond = [claim for claim in weighing if not limits.allow(claim.case)]
    _give_back(beyond, reviewer)
    return [claim for claim in claims if claim not in beyond]


def case_take(*, case_id: UUID, reviewer: User, is_lead: bool = False, undone: bool = False) -> Claim | None:
    """Hold this very case; what the person had on the screen comes after it. `undone`: they decided it and take that back."""
    with _in_turn(reviewer):
        claim = case_claim_one(case_id=case_id, reviewer=reviewer, is_lead=is_lead, undone=undone)
        if claim is not None:
            step_aside(claim)
        return claim


def cases_give_back(*, reviewer: User, queue: Queue | None = None, case_ids: list[UUID] | None = None) -> int:
    """What was fetched ahead waits again at its place, for everybody; returns how many."""
    with _in_turn(reviewer):
        ahead = Claim.objects.select_related("case").filter(reviewer=reviewer, state=Claim.State.OPEN, ahead=True)
        if queue is not None:
            ahead = ahead.filter(case__queue=queue)
        if case_ids is not None:
            ahead = ahead.filter(case_id__in=case_ids)
        return _give_back(list(ahead), reviewer)


def queue_give_back(*, queue: Queue, by: User) -> None:
    """Of what was fetched ahead of a queue nobody's turn comes now. Which of it is begun in this moment stays with who began it."""
    ahead = Claim.objects.select_for_update(of=("self",), skip_locked=True).select_related("case")
    _give_back(list(ahead.filter(case__queue=queue, state=Claim.State.OPEN, ahead=True)), by)


_BEGIN = """
UPDATE cases_claim SET ahead = false, started_at = statement_timestamp(), lease_until = statement_timestamp() + make_interval(secs => %s)
WHERE id = %s AND state = 'open' AND ahead AND lease_until > statement_timestamp() RETURNING started_at, lease_until
"""


def _begin(claim: Claim) -> Claim:
    changed = row(_BEGIN, [lease_seconds(ahead=False), claim.pk])
    if changed is None:
        raise Conflict(LOST, code="ahead_lost")
    claim.ahead, (claim.started_at, claim.lease_until) = False, changed
    audit_append_many([_entry(claim, "case.claimed")])
    return claim


def step_aside(current: Claim) -> None:
    """One case on the screen: what else the person has of the queue comes after it, and what is too much goes back."""
    others = [claim for claim in _held(current.reviewer, queue_id=current.case.queue_id) if claim.pk != current.pk]
    if shelved := [claim.pk for claim in others if not claim.ahead]:
        until = Now() + timedelta(seconds=lease_seconds(ahead=True))
        Claim.objects.filter(pk__in=shelved, state=Claim.State.OPEN).update(ahead=True, lease_until=until)
    _give_back(others[AHEAD:], current.reviewer)


def _give_back(claims: list[Claim], reviewer: User) -> int:
    for claim in claims:
        claim_close(claim=claim, state=Claim.State.RELEASED, case_state=Case.State.WAITING)
    audit_append_many([_entry(claim, "case.released", actor=actor_of(reviewer)) for claim in claims])
    return len(claims)


def _entry(claim: Claim, verb: str, *, actor: str = "") -> Entry:
    return Entry(
        actor=actor or actor_of(claim.reviewer), verb=verb, subject=f"case:{claim.case_id}", item_id=claim.case.item_id,
        data={"token": claim.token},
    )  # fmt: skip
