"""A closed case is taken again and decided at once: how a correction gets its hold."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from console.accounts.models import User
from console.cases.models import Case, Claim
from console.common.clock import db_now
from console.common.errors import Conflict


def case_decide_again(*, case_id: UUID, reviewer: User) -> Claim:
    """A hold that begins and ends in one step, with a fence of its own; the case stays closed. Raises Conflict when it is open again.

    Who corrects has read the story of the item, the machine's opinion included.
    """
    if not Case.objects.filter(pk=case_id, state=Case.State.CLOSED).update(lease_token=F("lease_token") + 1):
        raise Conflict("This case is open again, so it will be decided anew.", code="in_review")
    case = Case.objects.select_related("item", "queue").get(pk=case_id)
    claim = Claim.objects.create(
        case=case, reviewer=reviewer, token=case.lease_token, state=Claim.State.DECIDED, lease_until=Now(), ended_at=Now(),
        evidence_seen=True,
    )  # fmt: skip
    claim.now = db_now()
    return claim
