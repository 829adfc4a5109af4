"""Draw: which claim is given a known answer, and which verdict another person looks at again."""

from __future__ import annotations

import random
from datetime import timedelta

from django.db import transaction

from console.accounts.models import User
from console.cases import claiming
from console.cases.limits import serve_limits
from console.cases.models import Case, Claim, Queue
from console.common.clock import db_now
from console.policies.selectors import active_policy
from console.quality.checks import check_open
from console.quality.gold import gold_facts, gold_pick
from console.quality.models import LARGEST_SHARE, Check
from console.quality.plans import luck, plan_of
from console.verdicts.models import Verdict

NEW_UNTIL = 200  # decisions of a person


def gold_claim(ahead_of_turn: bool, *, queue: Queue, reviewer: User, is_lead: bool, source_id: int | None) -> Claim | None:
    """Now and then an item whose answer is known, instead of the next; it looks as old as what it stands before.

    None when the die says so, when nothing else waits (alone it would be known for what it is), or when no item is left that
    this person never held. The die falls first: most claims ask the database nothing more.
    """
    drawn = luck()
    if queue.is_paused or drawn >= LARGEST_SHARE or (plan := plan_of(queue.pk)) is None:
        return None
    if drawn >= max(plan.gold_share, plan.gold_share_new):
        return None
    share = plan.gold_share_new if _is_new(reviewer) else plan.gold_share
    other = _next_for(queue, reviewer, source_id) if drawn < share else None
    gold = gold_pick(queue=queue, reviewer=reviewer, limits=serve_limits(reviewer), source_id=source_id) if other else None
    if gold is None or other is None:
        return None
    severity, label = gold_facts(gold, active_policy(queue.kind)[1])
    since = min(other.created_at + timedelta(seconds=random.uniform(-60, 60)), db_now())
    with transaction.atomic():
        check = check_open(
            purpose=Check.Purpose.GOLD, item=gold.item, queue=queue, severity=severity, label=label, probability=share,
            since=since, gold=gold,
        )  # fmt: skip
        claim = claiming.case_claim_one(case_id=check.case_id, reviewer=reviewer, is_lead=is_lead, ahead=ahead_of_turn)
        if claim is None:  # a cap that was reached in this moment
            transaction.set_rollback(True)
        return claim


def _is_new(reviewer: User) -> bool:
    return Verdict.objects.filter(reviewer=reviewer).exclude(state=Verdict.State.UNDONE)[:NEW_UNTIL].count() < NEW_UNTIL


def _next_for(queue: Queue, reviewer: User, source_id: int | None) -> Case | None:
    """What this person would be served."""
    rows = Case.objects.filter(queue=queue, state=Case.State.WAITING, assigned_to=None).exclude(skips__reviewer=reviewer)
    rows = rows.filter(item__source_id=source_id) if source_id is not None else rows
    return rows.only("created_at").order_by("-priority", "pk").first()


def second_draw(verdict: Verdict) -> Check | None:
    """After a verdict took effect: with the queue's chance, another person looks at the same item, blind."""
    case = verdict.case
    plan = plan_of(case.queue_id)
    if plan is None or luck() >= plan.second_share or not _somebody_else(verdict):
        return None
    return check_open(
        purpose=Check.Purpose.SECOND, item=verdict.item, queue=case.queue, severity=case.severity, label=case.label,
        probability=plan.second_share, about=verdict,
    )  # fmt: skip


def _somebody_else(verdict: Verdict) -> bool:
    """Without another person who works in this queue the case would wait for ever."""
    people = User.objects.filter(is_active=True, is_service=False, groups__name__in=["moderator", "lead", "admin"])
    if verdict.case.queue.groups.exists():
        people = people.filter(groups__in=verdict.case.queue.groups.all())
    return people.exclude(pk=verdict.reviewer_id).exists()
