"""A verdict that is in effect and turns out wrong is not changed: a later one takes its place, with the reason."""

from __future__ import annotations

from uuid import UUID

from console.accounts.models import User
from console.cases.models import Case
from console.common.errors import Conflict, Invalid, NotFound
from console.intake.models import Item
from console.scores.models import Decision
from console.verdicts.models import Label, Verdict

LONGEST_REASON = 300


def correctable(verdict: Verdict, user: User, *, is_lead: bool) -> bool:
    """Whether this person may put another verdict in its place now."""
    if verdict.reviewer_id != user.pk and not is_lead:
        return False
    if verdict.decision is None:  # it measures another verdict, and is not in force
        return False
    in_effect = verdict.state == Verdict.State.GIVEN and verdict.decision.state == Decision.State.EFFECTIVE
    return in_effect and not _in_review(verdict)


def _in_review(verdict: Verdict) -> bool:
    """Cases that measure do not count: to refuse a correction because of one would tell of it."""
    return Case.objects.filter(item_id=verdict.item_id, measurement=None).exclude(state=Case.State.CLOSED).exists()


def verdict_supersede(*, verdict_id: UUID, reviewer: User, is_lead: bool, why: str) -> Verdict:
    """Mark a verdict as superseded and withdraw its labels, item locked; must run in the transaction that writes the later one.

    Raises NotFound for somebody else's unless a lead asks, Invalid without a reason, Conflict when it is not in effect.
    """
    Item.objects.select_for_update(of=("self",)).filter(verdicts=verdict_id).first()  # as every verdict does first
    verdict = Verdict.objects.select_related("decision", "case").select_for_update(of=("self",)).filter(pk=verdict_id).first()
    if verdict is None or verdict.decision is None or (verdict.reviewer_id != reviewer.pk and not is_lead):
        raise NotFound("There is no such verdict that you may correct.")
    if not why.strip():
        raise Invalid({"why": ["Say why it is corrected."]})
    if len(why) > LONGEST_REASON:
        raise Invalid({"why": [f"Say it in {LONGEST_REASON} characters at most."]})
    if verdict.state == Verdict.State.GIVEN and verdict.decision.state == Decision.State.HELD:
        raise Conflict("It has not taken effect yet: undo it instead.", code="undo_first")
    if verdict.state != Verdict.State.GIVEN or verdict.decision.state != Decision.State.EFFECTIVE:
        raise Conflict("This verdict is not in effect any more, so there is nothing to correct. Load the page again.", code="superseded")
    if _in_review(verdict):
        raise Conflict("The item is with people again, so it will be decided anew.", code="in_review")
    Verdict.objects.filter(pk=verdict.pk).update(state=Verdict.State.SUPERSEDED)
    Label.objects.filter(verdict=verdict).update(withdrawn=True)
    return verdict


def verdict_reinstate(*, verdict_id: UUID) -> None:
    """The correction was undone: what it superseded counts again, its labels too."""
    Verdict.objects.filter(pk=verdict_id, state=Verdict.State.SUPERSEDED).update(state=Verdict.State.GIVEN)
    Label.objects.filter(verdict_id=verdict_id).update(withdrawn=False)
