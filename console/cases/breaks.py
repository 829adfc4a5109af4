"""Leave work, for a break, for lighter work or for the day: what the person holds goes back first, so that nobody waits for them."""

from __future__ import annotations

from django.db import transaction

from console.accounts.models import User
from console.accounts.stretches import break_begin
from console.cases.holding import Hold, case_release
from console.cases.models import Claim, Queue
from console.common.errors import Conflict


def holds_release(*, user: User) -> Queue | None:
    """Give back every case that the person holds; returns the queue of the last one. A hold that was lost meanwhile is gone anyway."""
    last: Queue | None = None
    for claim in Claim.objects.select_related("case__queue").filter(reviewer=user, state=Claim.State.OPEN).order_by("started_at"):
        try:
            case_release(hold=Hold(case_id=claim.case_id, reviewer=user, token=claim.token))
        except Conflict:
            continue
        last = claim.case.queue
    return last


@transaction.atomic
def break_start(*, user: User) -> Queue | None:
    """Begin a break; returns the queue to come back to."""
    break_begin(user=user)
    return holds_release(user=user)
