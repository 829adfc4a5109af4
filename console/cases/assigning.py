"""Who a case is for: a lead assigns and takes over, a moderator may hand what they hold to a named colleague."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from console.accounts.models import User
from console.accounts.roles import Role, user_has_role
from console.audit.services import audit_append
from console.cases.claiming import actor_of, claim_get, lease_seconds
from console.cases.holding import Hold, claim_close, claim_require
from console.cases.limits import serve_limits
from console.cases.models import LEADS_ONLY, Case, Claim, Queue, Skip
from console.cases.selectors import open_claim, queues_for
from console.cases.serving import step_aside
from console.common.errors import Conflict, Invalid


def colleagues_for(queue: Queue) -> list[User]:
    """People who may decide cases of this queue, by name."""
    people = User.objects.filter(is_active=True, is_service=False, groups__name__in=[Role.MODERATOR, Role.LEAD, Role.ADMIN])
    groups = list(queue.groups.values_list("pk", flat=True))
    if groups:
        people = people.filter(Q(pk__in=User.objects.filter(groups__in=groups)) | Q(is_superuser=True))
    return sorted(set(people), key=lambda person: person.display_name.lower())


def _bar(case: Case, person: User) -> str:
    """Why the case cannot be theirs, "" when it can."""
    name = person.display_name
    if not person.is_active:
        return f"the account of {name} is closed"
    works_here = user_has_role(person, Role.MODERATOR) and queues_for(person).filter(pk=case.queue_id).exists()
    if not works_here or (case.purpose == LEADS_ONLY and not user_has_role(person, Role.LEAD)):
        return f"{name} does not work there"
    return f"{name} passed it on or decided it before" if Skip.objects.filter(case=case, reviewer=person).exists() else ""


def _require_able(case: Case, person: User) -> None:
    """Raises Invalid in words when the case cannot be theirs."""
    if _bar(case, person):
        raise Invalid({"to": [f"{person.display_name} cannot take this one; choose somebody else."]})


@transaction.atomic
def case_assign(*, case_id: UUID, to: User | None, by: User) -> Case:
    """Keep a waiting case for one person, or for nobody in particular. Raises Conflict when somebody holds it or it is decided."""
    case = Case.objects.select_for_update(of=("self",)).select_related("queue").get(pk=case_id)
    if case.state == Case.State.CLOSED:
        raise Conflict("This case is decided already.", code="already_decided")
    if to is not None:
        _require_able(case, to)
    if (claim := open_claim(case)) is not None:
        raise Conflict(f"{claim.reviewer.display_name} has it on the screen; take it over first.", code="held")
    Case.objects.filter(pk=case.pk).update(assigned_to=to)
    case.assigned_to = to
    _note(case, "case.assigned" if to else "case.unassigned", by, to=to.get_username() if to else "")
    return case


@transaction.atomic
def assignments_end(*, limit: int = 200) -> int:
    """What waits for a person who cannot have it any more, or not today, waits for everybody again; returns how many.

    The reason stands in the story of the item; that somebody had enough hard content today is nobody else's business, so it is not in it.
    """
    kept = Case.objects.select_for_update(of=("self",), skip_locked=True).select_related("queue", "assigned_to")
    ended = 0
    for case in kept.filter(state=Case.State.WAITING, assigned_to__isnull=False).order_by("assigned_to", "pk")[:limit]:
        person = case.assigned_to
        assert person is not None
        why = _bar(case, person)
        if not why and case.severity > serve_limits(person, case.queue.kind).cap:
            why = f"{person.display_name} cannot take it today"
        if why:
            ended += Case.objects.filter(pk=case.pk, state=Case.State.WAITING, assigned_to=person).update(assigned_to=None)
            audit_append(
                actor="system", verb="case.assignment_ended", subject=f"case:{case.pk}", item_id=case.item_id,
                data={"was": person.get_username(), "why": why},
            )  # fmt: skip
    return ended


@transaction.atomic
def case_hand_over(*, hold: Hold, to: User) -> None:
    """The holder gives the case to a named colleague, who is served it next."""
    claim = claim_require(hold)
    if to.pk == hold.reviewer.pk:
        raise Invalid({"to": ["You have it already; choose a colleague."]})
    _require_able(claim.case, to)
    claim_close(claim=claim, state=Claim.State.RELEASED, case_state=Case.State.WAITING)
    Case.objects.filter(pk=claim.case_id).update(assigned_to=to)
    _note(claim.case, "case.assigned", hold.reviewer, to=to.get_username())


@transaction.atomic
def case_take_over(*, case_id: UUID, lead: User, reason: str) -> Claim:
    """A lead continues what somebody holds. Who held it is told by name and reason at their next sign of life."""
    if not reason.strip():
        raise Invalid({"reason": ["Say why, so that who holds it can read it."]})
    held = Claim.objects.select_for_update(of=("self",)).select_related("case__queue", "reviewer")
    held = held.filter(case_id=case_id, state=Claim.State.OPEN)
    claim = held.filter(lease_until__gt=Now()).first()
    if claim is None:
        raise Conflict("Nobody holds it now; take it as it is.", code="not_held")
    if claim.reviewer_id == lead.pk:
        raise Conflict("You hold it already.", code="held")
    if Skip.objects.filter(case_id=case_id, reviewer=lead).exists():
        raise Conflict("You decided it before, wrote it or passed it on, so this one is for somebody else.", code="not_yours")
    if claim.case.severity > serve_limits(lead, claim.case.queue.kind).cap:
        raise Conflict("You had as much hard content today as anybody should; leave this one to somebody else.", code="cap_reached")
    why = reason.strip()[:200]
    because = f"{lead.display_name} took this case over: {why}{'' if why[-1:] in '.!?…' else '.'}"[:300]
    Claim.objects.filter(pk=claim.pk).update(state=Claim.State.TAKEN, ended_at=Now(), ended_because=because)
    token = claim.token + 1
    moved = Case.objects.filter(pk=case_id, state=Case.State.CLAIMED, lease_token=claim.token).update(lease_token=token, assigned_to=None)
    if not moved:
        raise Conflict("It moved on just now; load it again.", code="stale_token")
    until = Now() + timedelta(seconds=lease_seconds(ahead=False))
    seen = Claim.objects.filter(case_id=case_id, reviewer=lead, evidence_seen=True).exists()
    mine = Claim.objects.create(case_id=case_id, reviewer=lead, token=token, lease_until=until, evidence_seen=seen)
    _note(claim.case, "case.taken_over", lead, was=claim.reviewer.get_username(), reason=why, token=token)
    found = claim_get(mine.pk, lead)
    step_aside(found)
    return found


def _note(case: Case, verb: str, by: User, **data: object) -> None:
    audit_append(actor=actor_of(by), verb=verb, subject=f"case:{case.pk}", item_id=case.item_id, data=data)
