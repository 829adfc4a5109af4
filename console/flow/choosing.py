"""Items for people to label, so that the model learns: what is chosen becomes an ordinary case, blind, with the chance it had.

Who decides it cannot tell it from others, so what they say may test a model as well as train it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases.models import Case
from console.cases.services import case_build, queue_for
from console.common.clock import db_now
from console.common.errors import Conflict
from console.intake.models import Item
from console.quality.bars import bar_earlier, bar_owners
from console.quality.checks import BLIND, check_open
from console.quality.models import Check
from console.scores.models import Decision
from console.training.label_work import actor_name
from console.training.models import Choice, Doubt, LabelWork
from console.verdicts.models import Label, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    item_id: UUID
    way: str
    propensity: float | None  # None: picked by somebody, or for its looks, and so no draw
    label: str = ""


@transaction.atomic
def item_choose(*, chosen: Chosen, user: User | None = None, work: LabelWork | None = None) -> Choice | None:
    """Open the case. None for an item that is with people already, or is a known answer: who is measured by it would meet it."""
    item = Item.objects.select_for_update(of=("self",)).select_related("source").filter(pk=chosen.item_id).first()
    if item is None or item.status != Item.Status.DECIDED or hasattr(item, "gold"):
        return None
    held = Decision.objects.filter(item=item, state=Decision.State.HELD).exists()
    if held or Case.objects.filter(item=item).exclude(state=Case.State.CLOSED).exists():
        return None
    score = item.scores.order_by("-pk").first()
    case = case_build(
        item=item, queue=queue_for(item), reason="chosen", sentence=BLIND, severity=0, chance=score.risk if score else None, now=db_now(),
        label=chosen.label,
    )  # fmt: skip
    case.blind = True
    case.save(force_insert=True)
    bar_earlier(case)
    bar_owners([case.pk])
    Item.objects.filter(pk=item.pk).update(status=Item.Status.IN_REVIEW)
    choice = Choice.objects.create(
        item=item, case=case, kind=item.kind, way=chosen.way, label=chosen.label, propensity=chosen.propensity, work=work
    )
    data = {"reason": "chosen", "queue": case.queue.slug}
    audit_append(actor=actor_name(user), verb="case.opened", subject=f"case:{case.pk}", item_id=item.pk, data=data)
    return choice


def items_choose(chosen: Sequence[Chosen], *, user: User | None = None, work: LabelWork | None = None) -> int:
    """Each by itself: one that is with people already keeps none of the others back. Returns how many cases were opened."""
    return sum(item_choose(chosen=one, user=user, work=work) is not None for one in chosen)


@transaction.atomic
def doubt_look_again(*, doubt: Doubt, user: User) -> Case:
    """Another person decides, blind: a second look where a verdict gave the label, an ordinary case where a file or the world did.

    Raises Conflict when it was asked for before, or the item is with people.
    """
    doubt = Doubt.objects.select_for_update(of=("self",)).select_related("item").get(pk=doubt.pk)
    if doubt.case_id is not None:
        raise Conflict("Somebody asked for it already.", code="asked")
    verdict = _verdict_of(doubt)
    if verdict is not None:
        case = check_open(
            purpose=Check.Purpose.SECOND, item=verdict.item, queue=verdict.case.queue, severity=verdict.case.severity,
            label=verdict.case.label, probability=None, about=verdict, actor=actor_name(user),
        ).case  # fmt: skip
    else:
        choice = item_choose(chosen=Chosen(item_id=doubt.item_id, way=Choice.Way.DOUBT, propensity=None, label=doubt.name), user=user)
        if choice is None:
            raise Conflict("The item is with people already, so it will be decided anew.", code="in_review")
        case = choice.case
    Doubt.objects.filter(pk=doubt.pk).update(case=case)
    return case


def _verdict_of(doubt: Doubt) -> Verdict | None:
    """The verdict in effect that gave the label, where no second person looked at it yet."""
    newest = Label.objects.filter(item=doubt.item, name=doubt.name, withdrawn=False, verdict__isnull=False).order_by("-pk").first()
    if newest is None or newest.verdict is None:
        return None
    verdict = Verdict.objects.select_related("case__queue", "item", "decision").get(pk=newest.verdict.pk)
    in_effect = verdict.decision is not None and verdict.decision.state == Decision.State.EFFECTIVE
    looked = Check.objects.filter(about=verdict, purpose=Check.Purpose.SECOND).exists()
    return verdict if in_effect and not looked and verdict.state == Verdict.State.GIVEN else None
