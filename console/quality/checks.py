"""Open a check and take its answer. What follows from the answer is the flow's part: console.flow.checks."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.functions import Now

from console.audit.services import audit_append
from console.cases.models import LEADS_ONLY, Case, Queue
from console.cases.services import case_build, queue_living
from console.common.clock import db_now
from console.common.errors import Conflict
from console.common.ids import uuid7_at
from console.intake.models import Item
from console.quality.bars import bar_earlier, bar_knowing, bar_owners
from console.quality.models import Check, Gold, QaReview
from console.verdicts.models import Verdict

BLIND = "For review."


def check_open(
    *, purpose: str, item: Item, queue: Queue, severity: int, label: str, probability: float | None,
    since: datetime | None = None, about: Verdict | None = None, gold: Gold | None = None, parent: Check | None = None,
    qa: QaReview | None = None, actor: str = "system",
) -> Check:  # fmt: skip
    """A blind case of this item, closed to who knows it already, and the check that says what it is for.

    `since` gives the case an age of its own; otherwise it is new. Its id is as old as it seems (console.insights.sealed).
    `probability` is that of the draw; None where somebody asked for it, so that no estimate takes it for one.
    Must run inside a transaction. Known answers are noted apart from the item: its story tells nobody that it is one.
    """
    queue, now = queue_living(queue), since or db_now()
    case = case_build(
        item=item, queue=queue, reason="check", sentence=BLIND, severity=severity, chance=None, now=now, label=label,
        pk=uuid7_at(about.case.created_at if about else now),
    )  # fmt: skip
    case.purpose, case.blind = LEADS_ONLY if purpose == Check.Purpose.ADJUDICATE else "check", True
    case.save(force_insert=True)
    bar_earlier(case)
    if gold is not None:
        bar_knowing(case, gold)
    bar_owners([case.pk])
    check = Check.objects.create(
        purpose=purpose, case=case, item=item, about=about, gold=gold, parent=parent, qa=qa, probability=probability
    )
    audit_append(
        actor=actor, verb=f"check.{purpose}", subject=f"case:{case.pk}", item_id=None if gold else item.pk,
        data={"queue": queue.slug, "probability": probability},
    )  # fmt: skip
    return check


def check_of(case: Case) -> Check | None:
    """What the case measures; None for a case that decides its item. Every check is blind, so the others ask nothing."""
    return Check.objects.filter(case=case).first() if case.blind else None


def check_is_gold(case_id: UUID) -> bool:
    return Check.objects.filter(case_id=case_id, gold__isnull=False).exists()


def check_answer(*, check: Check, verdict: Verdict) -> None:
    """Raises Conflict when it was answered or closed meanwhile."""
    rows = Check.objects.filter(pk=check.pk, state=Check.State.OPEN)
    if not rows.update(state=Check.State.ANSWERED, answer=verdict):
        raise Conflict("This case is decided already.", code="already_decided")


def check_reopen(*, verdict: Verdict) -> bool:
    """Undo: the case waits again. False when what follows has begun."""
    rows = Check.objects.filter(answer=verdict, state=Check.State.ANSWERED, result=Check.Result.NONE)
    return bool(rows.update(state=Check.State.OPEN, answer=None))


def check_close(*, check: Check, result: str) -> bool:
    """False when somebody else closed it."""
    rows = Check.objects.filter(pk=check.pk, state=Check.State.ANSWERED)
    return bool(rows.update(state=Check.State.CLOSED, result=result, closed_at=Now()))


def golds_withdraw(*, waited: timedelta) -> int:
    """A known answer that was given back, skipped or whose hold ran out leaves the queue after a while; returns how many."""
    late = Check.objects.filter(
        purpose=Check.Purpose.GOLD, state=Check.State.OPEN, case__state=Case.State.WAITING, created_at__lte=Now() - waited
    )
    cases = list(late.values_list("case_id", flat=True))
    closed = Case.objects.filter(pk__in=cases, state=Case.State.WAITING).update(state=Case.State.CLOSED, closed_at=Now())
    Check.objects.filter(case_id__in=cases, case__state=Case.State.CLOSED, state=Check.State.OPEN).update(
        state=Check.State.CLOSED, closed_at=Now()
    )
    return closed


def same_verdict(one: Verdict, other: Verdict) -> bool:
    """The same outcome for a reason in common, and no field called right by one and wrong by the other."""
    if one.outcome != other.outcome:
        return False
    clash = any({one.fields.get(name), other.fields.get(name)} == {"right", "wrong"} for name in one.fields)
    return not clash and same_reasons(one.outcome, one.clauses, other.clauses)


def same_reasons(outcome: str, one: list[str], other: list[str]) -> bool:
    return outcome == "allow" or bool(set(one) & set(other)) or not (one or other)
