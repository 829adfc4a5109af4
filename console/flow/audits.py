"""Audits: which decisions of the machine are looked at again, blind, and what follows from the answer.

What the machine decided alone gets a blind case like any other; what goes to people anyway is decided blind by whoever has it, and
that verdict is the audit. Neither can be told from an ordinary blind case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest, Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.automation.draw import is_drawn, sample_build
from console.automation.models import Sample
from console.automation.plans import audit_plan_of
from console.cases.models import Case, Claim, Queue
from console.cases.services import queue_usual
from console.common.errors import Conflict, Invalid
from console.quality.checks import check_open
from console.quality.models import Check
from console.scores.models import Decision

MOST_AT_ONCE = 500
LOOKED_BACK = timedelta(days=7)


def audits_draw(kind: str, decisions: Sequence[Decision], cases: Mapping[UUID, Case]) -> list[Sample]:
    """Unsaved samples of first decisions; `cases` are those that people have anyway, by item: blind from now on where they are drawn."""
    plan = audit_plan_of(kind)
    if plan is None:
        return []
    samples = [sample_build(plan=plan, decision=decision) for decision in decisions]
    for sample in samples:
        case = cases.get(sample.decision.item_id)
        if case is not None and is_drawn(sample):
            case.blind, sample.own_case = True, case
    return samples


def audits_open(samples: Sequence[Sample], routes: Mapping[UUID, Callable[[], Queue]]) -> None:
    """Open the cases of those that were drawn among what the machine decided alone, and write all samples. `routes` by item."""
    for sample in samples:
        if sample.outcome != "review" and is_drawn(sample):
            sample.check_case = _open(sample, routes[sample.decision.item_id]())
    Sample.objects.bulk_create(samples)


def _open(sample: Sample, queue: Queue) -> Check:
    decision = sample.decision
    return check_open(
        purpose=Check.Purpose.AUDIT, item=decision.item, queue=queue, severity=decision.severity,
        label=decision.label, probability=sample.chance,
    )  # fmt: skip


@transaction.atomic
def audits_draw_more(*, kind: str, count: int, user: User) -> int:
    """Lower the bar for everything of the last seven days until about `count` more are drawn: still as likely for any of them as for
    another. Raises Invalid for the number, Conflict where nothing is left to draw."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise Invalid({"count": [f"Draw 1 to {MOST_AT_ONCE} at a time."]}, "Nothing was drawn.")
    week = Sample.objects.select_for_update().filter(kind=kind, created_at__gt=Now() - LOOKED_BACK)
    rest = week.filter(check_case=None, own_case=None).order_by("luck")
    ids = list(rest.values_list("pk", "luck")[: count + 1])
    if not ids:
        raise Conflict("Nothing of the last seven days is left to draw.", code="nothing_left")
    bar = ids[-1][1] if len(ids) > count else 1.0
    week.update(chance=Greatest("chance", bar))
    drawn = list(rest.select_related("decision__item").filter(luck__lt=bar, pk__in=[pk for pk, _ in ids]))
    for sample in drawn:
        _draw_late(sample)
    audit_append(
        actor=f"user:{user.get_username()}", verb="audits.drawn", subject=f"audits:{kind}", data={"asked": count, "drawn": len(drawn)}
    )
    return len(drawn)


def _draw_late(sample: Sample) -> None:
    """A case that still waits becomes blind itself; what is decided, in somebody's hands, or was given back by somebody who saw the
    evidence, gets a blind case beside it."""
    waiting = Case.objects.filter(item=sample.decision.item_id, state=Case.State.WAITING, purpose="review", measurement=None)
    waiting = waiting.exclude(pk__in=Claim.objects.filter(case__item=sample.decision.item_id, evidence_seen=True).values("case"))
    if sample.outcome == "review" and (case := waiting.first()) is not None and waiting.filter(pk=case.pk).update(blind=True):
        Sample.objects.filter(pk=sample.pk).update(own_case=case)
        return
    Sample.objects.filter(pk=sample.pk).update(check_case=_open(sample, queue_usual(sample.kind)))
