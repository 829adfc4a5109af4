"""Receive: items, reports about them, and what the world answered later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from console import dispatch
from console.accounts.models import Source
from console.audit.services import Entry, audit_append, audit_append_many
from console.cases import services as cases
from console.cases.models import Case
from console.cases.priority import PLACE_FIELDS, case_place
from console.cases.routing import router_load
from console.common.clock import db_now
from console.common.errors import Invalid
from console.common.jobs import job_put_many
from console.intake import services as intake
from console.intake.history import scoring_items
from console.intake.models import Item
from console.intake.parsing import NewItem
from console.intake.services import Received
from console.policies.selectors import active_policy
from console.quality.bars import bar_owners
from console.scores.models import Decision, Score
from console.scores.services import scored_of
from console.verdicts.models import Label
from scoring.registry import KINDS

SCORE = "score_item"
FEEDBACK_LABELS = {"bounce": {"email": 1}, "chargeback": {"fraud": 1}, "refund": {}, "complaint": {}, "confirmed": {"email": 0, "fraud": 0}}


def items_receive(*, source: Source, rows: Sequence[NewItem], actor: str) -> list[Received]:
    """Accept items: rows, keys, jobs and audit in one transaction. The bell rings after the commit, and may be lost."""
    with transaction.atomic():
        answers = intake.items_insert(source=source, rows=rows)
        lanes: dict[str, list[str]] = {}
        for row, answer in zip(rows, answers, strict=True):
            if answer.result == "created":
                lanes.setdefault(KINDS[row.kind].lane, []).append(str(answer.id))
        for lane, subjects in lanes.items():
            ids = job_put_many(task=SCORE, lane=lane, subjects=subjects)
            transaction.on_commit(partial(dispatch.ring, SCORE, lane, ids))
        audit_append_many(
            [
                Entry(actor=actor, verb="item.received", subject=f"item:{a.id}", item_id=a.id, data={"kind": r.kind})
                for r, a in zip(rows, answers, strict=True)
                if a.result == "created"
            ]
        )
    return answers


@transaction.atomic
def item_report(*, item: Item, reporter: str, reason: str, text: str, actor: str) -> None:
    """A report brings a waiting case forward and opens one for an item that was let through."""
    if not intake.report_create(item=item, reporter=reporter, reason=reason, text=text):
        return
    audit_append(actor=actor, verb="item.reported", subject=f"item:{item.pk}", item_id=item.pk, data={"reason": reason})
    item = Item.objects.select_for_update(of=("self",)).select_related("source").get(pk=item.pk)
    score = item.scores.order_by("-pk").first()
    _place_again(item, score)
    if item.status == Item.Status.DECIDED and _was_let_through_by_machine(item):
        _send_to_person(item, reason="reported", sentence="It was let through, and somebody reported it.", score=score)


@transaction.atomic
def item_viewed(*, item: Item, views: int, actor: str) -> None:
    """How many people it reached so far: what is seen more is looked at sooner."""
    if not intake.views_note(item=item, views=views):
        return
    audit_append(actor=actor, verb="item.viewed", subject=f"item:{item.pk}", item_id=item.pk, data={"views": views})
    item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    _place_again(item, item.scores.order_by("-pk").first())


def _place_again(item: Item, score: Score | None) -> None:
    """Work out anew where the item's open cases stand."""
    now = db_now()
    for case in Case.objects.select_for_update(of=("self",)).select_related("queue").filter(item=item).exclude(state=Case.State.CLOSED):
        case_place(case, item=item, queue=case.queue, risk=score.risk if score else None, now=now)
        case.save(update_fields=PLACE_FIELDS)


def _was_let_through_by_machine(item: Item) -> bool:
    return item.decisions.filter(state=Decision.State.EFFECTIVE, outcome="allow", automated=True).exists()


def _send_to_person(item: Item, *, reason: str, sentence: str, score: Score | None, severity: int = 0) -> Case:
    router = router_load(item.kind)
    routed = router.route(item=item, asked=scoring_items([item])[0], score=scored_of(score), severity=severity)
    case = cases.case_build(
        item=item, queue=routed.queue, reason=reason, sentence=sentence, severity=severity, chance=score.risk if score else None,
        now=db_now(),
    )  # fmt: skip
    case.save(force_insert=True)
    router.keep_faults()
    bar_owners([case.pk])
    Item.objects.filter(pk=item.pk).update(status=Item.Status.IN_REVIEW)
    data = {"reason": reason, **routed.told()}
    audit_append(actor="system", verb="case.opened", subject=f"case:{case.pk}", item_id=item.pk, data=data)
    return case


@transaction.atomic
def item_feedback(*, item: Item, event: str, data: Mapping[str, Any], actor: str) -> None:
    """What the world answered later becomes a label: a chargeback, a bounce."""
    if event not in FEEDBACK_LABELS:
        raise Invalid({"event": [f"{event!r} is not known; use one of {', '.join(FEEDBACK_LABELS)}."]})
    known = {label for clause in active_policy(item.kind)[1].clauses for label in clause.labels}
    labels = {name: value for name, value in FEEDBACK_LABELS[event].items() if name in known}
    if FEEDBACK_LABELS[event] and not labels:
        raise Invalid({"event": [f"A {event} says nothing of a {KINDS[item.kind].words.one}."]})
    if not intake.feedback_create(item=item, event=event, data=data):
        return
    Label.objects.bulk_create(Label(item=item, name=name, value=value, source=Label.Source.FEEDBACK) for name, value in labels.items())
    audit_append(actor=actor, verb="item.feedback", subject=f"item:{item.pk}", item_id=item.pk, data={"event": event})
    item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    asked = item.decisions.filter(state=Decision.State.EFFECTIVE, action__in=active_policy(item.kind)[1].asking).first()
    # Cases that measure do not count: they decide nothing, so the answer would wait for ever.
    if asked is not None and not Case.objects.filter(item=item, measurement=None).exclude(state=Case.State.CLOSED).exists():
        sentence = f"It was held to {asked.action}, and the answer is here: {event}."
        _send_to_person(item, reason="answered", sentence=sentence, score=item.scores.order_by("-pk").first(), severity=asked.severity)
