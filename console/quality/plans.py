"""What is checked in a queue and how often; and the one die that every draw uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import SystemRandom

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.models import Case, Queue
from console.common.errors import Invalid
from console.common.rows import first
from console.quality.models import LARGEST_SHARE, CheckPlan

SHARES = ("second_share", "gold_share", "gold_share_new", "blind_share")
_dice = SystemRandom()  # nobody can foresee which of their verdicts is looked at again


def luck() -> float:
    return _dice.random()


def plan_of(queue_id: int) -> CheckPlan | None:
    return first(CheckPlan, "WHERE t.queue_id = %s", [queue_id])


def plans_ensure_defaults() -> None:
    """Each queue that has no plan gets the usual shares."""
    CheckPlan.objects.bulk_create(
        [CheckPlan(queue=queue) for queue in Queue.objects.filter(check_plan__isnull=True)], ignore_conflicts=True
    )


@transaction.atomic
def plan_change(*, queue: Queue, shares: Mapping[str, float], feedback: bool | None, user: User) -> CheckPlan:
    """Shares lie between 0 and LARGEST_SHARE. Raises Invalid by field."""
    errors: dict[str, list[str]] = {name: ["There is no such share."] for name in shares if name not in SHARES}
    errors |= {
        name: [f"It is a share from 0 to {LARGEST_SHARE:.0%}."]
        for name, value in shares.items()
        if name in SHARES and not 0 <= value <= LARGEST_SHARE
    }
    if errors:
        raise Invalid(errors, "The checks were not changed.")
    plan, _ = CheckPlan.objects.get_or_create(queue=queue)
    changed = {**shares, **({} if feedback is None else {"feedback": feedback})}
    before = {name: getattr(plan, name) for name in changed}
    CheckPlan.objects.filter(pk=plan.pk).update(**changed, updated_at=Now())
    audit_append(
        actor=f"user:{user.get_username()}", verb="checks.changed", subject=f"queue:{queue.slug}"[:100],
        data={"before": before, "after": changed},
    )  # fmt: skip
    plan.refresh_from_db()
    return plan


def cases_blind(opened: Sequence[Case]) -> None:
    """Draw which of these unsaved cases are decided without the machine's opinion: what people are worth alone, and what hides
    the checks among them."""
    plans = {plan.queue_id: plan.blind_share for plan in CheckPlan.objects.filter(queue_id__in={case.queue_id for case in opened})}
    for case in opened:
        case.blind = luck() < plans.get(case.queue_id, 0.0)
