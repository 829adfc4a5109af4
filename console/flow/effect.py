"""Effect: what a decision does to item and account, and who is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from console.banks.services import bank_forget, bank_remember
from console.common.outbox import Event, outbox_put_many
from console.enforcement.models import EnforcementAction
from console.enforcement.services import enforcement_apply, enforcement_end, enforcement_reverse
from console.flow.draw import second_draw
from console.intake.models import Item
from console.scores.models import Decision
from console.scores.services import (
    decision_take_effect,
)
from console.verdicts.models import Verdict


def events_of(
    decision: Decision, *, takes_back: Sequence[str] = (), not_before: datetime | None = None, marks: Sequence[Mapping[str, Any]] = ()
) -> list[Event]:
    """The events of a decision, once each: the key names decision and topic. `takes_back` are the actions in force that it ends,
    `marks` those of the verdict, if there is one."""
    restores = decision.outcome == "allow" and bool(takes_back)
    topics = ["item.decided"] + ["item.enforced"] * (decision.outcome == "enforce") + ["item.restored"] * restores
    return [
        Event(
            topic=topic,
            source_id=decision.item.source_id,
            subject=f"item:{decision.item_id}",
            data=_event_data(decision, takes_back, marks),
            dedupe_key=f"decision:{decision.pk}:{topic}",
            not_before=not_before,
        )
        for topic in topics
    ]


def _event_data(decision: Decision, takes_back: Sequence[str], marks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What an integration needs to act, and no content. Events may overtake each other, so one says what it ends and what it begins."""
    item = decision.item
    verdict = None if decision.automated else getattr(decision, "verdict", None)
    answers = {"fields": verdict.fields} if verdict is not None and verdict.fields else {}
    return {
        "item": str(item.pk),
        "external_id": item.external_id,
        "kind": item.kind,
        "decision": str(decision.pk),
        "number": decision.number,
        "outcome": decision.outcome,
        "action": decision.action,
        "duration_hours": decision.duration_hours,
        "ranges": [{"t0": mark["t0"], "t1": mark["t1"]} for mark in marks if "t0" in mark],
        "takes_back": list(takes_back),
        "clause": decision.clause,
        "automated": decision.automated,
        "statement_url": f"{settings.PUBLIC_URL}/api/v1/decisions/{decision.pk}/statement" if decision.statement else None,
        **answers,
    }


def decisions_release(*, limit: int = 500) -> int:
    """Let held decisions whose undo is over take effect; returns how many."""
    released = 0
    due = Verdict.objects.filter(state=Verdict.State.GIVEN, decision__state=Decision.State.HELD, undo_until__lte=Now())
    for verdict in due.select_related("decision__item", "item", "case__queue").order_by("undo_until")[:limit]:
        with transaction.atomic():
            Item.objects.select_for_update(of=("self",)).get(pk=verdict.item_id)  # the item first, as who undoes or corrects does
            if verdict.decision and decision_take_effect(decision=verdict.decision):
                decision_apply(verdict.decision)
                second_draw(verdict)
                released += 1
    return released


def actions_end(*, limit: int = 500) -> int:
    """Let effects end whose time is over, and tell so; returns how many."""
    ended = 0
    due = EnforcementAction.objects.filter(state=EnforcementAction.State.ACTIVE, ends_at__lte=Now())
    for action in due.select_related("decision__item").order_by("ends_at")[:limit]:
        with transaction.atomic():
            if enforcement_end(action):
                decision = action.decision
                outbox_put_many([
                    Event(
                        topic="item.restored", source_id=decision.item.source_id, subject=f"item:{action.item_id}",
                        data={**_event_data(decision, [action.action], ()), "ended": True}, dedupe_key=f"action:{action.pk}:ended",
                    )
                ])  # fmt: skip
                ended += 1
    return ended


def decision_apply(decision: Decision) -> None:
    """What a person's decision does to item and account; what an earlier decision did is taken back."""
    for earlier in Decision.objects.filter(item_id=decision.item_id, number__lt=decision.number, actions__state="active").distinct():
        enforcement_reverse(earlier)
    if decision.outcome == "allow":
        bank_forget(item_id=decision.item_id, actor="system")
    enforcement_apply(decision)
    if decision.outcome == "enforce":
        bank_remember(decision)
