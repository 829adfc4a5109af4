"""A verdict in effect that turns out wrong: a later one takes its place, effects, labels and messages with it, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.models import AuditRow
from console.banks.models import BankEntry
from console.cases.models import Case, Claim
from console.common.errors import Conflict, Invalid, NotFound
from console.common.models import OutboxEvent
from console.enforcement.models import EnforcementAction
from console.flow import decisions_release, verdict_correct, verdict_give, verdict_undo
from console.intake.models import Item
from console.scores.models import Decision
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm

ENFORCE = VerdictForm(outcome="enforce", clauses=("4.4",))
ALLOW = VerdictForm(outcome="allow")
Claimed = Callable[..., Claim]


def take_effect() -> None:
    """As if the ten seconds were over."""
    Verdict.objects.update(undo_until=Now())
    OutboxEvent.objects.update(not_before=Now())
    decisions_release()


@pytest.fixture
def removed(claimed: Claimed, rita: User) -> Verdict:
    """Rita removed a review, and that took effect."""
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ENFORCE)
    take_effect()
    return Verdict.objects.select_related("decision", "item").get(pk=verdict.pk)


def correct(verdict: Verdict, who: User, form: VerdictForm = ALLOW, *, is_lead: bool = False, why: str = "I misread it.") -> Verdict:
    return verdict_correct(verdict_id=verdict.pk, reviewer=who, is_lead=is_lead, form=form, why=why)


def state_of(item: Item) -> dict[str, Any]:
    """Everything that an undo must bring back."""
    return {
        "item": Item.objects.get(pk=item.pk).status,
        "cases": list(Case.objects.filter(item=item).order_by("pk").values_list("state", "closed_at")),
        "decision": Decision.objects.get(item=item, state__in=["held", "effective"]).pk,
        "actions": list(EnforcementAction.objects.filter(item=item).order_by("pk").values_list("action", "state")),
        "labels": list(Label.objects.filter(item=item, withdrawn=False).order_by("name").values_list("name", "value", "verdict")),
        "given": list(Verdict.objects.filter(item=item, state="given").order_by("pk").values_list("pk", flat=True)),
        "pending": list(OutboxEvent.objects.filter(state="pending").order_by("pk").values_list("topic", flat=True)),
    }


def test_a_correction_supersedes_with_a_decision_version_of_its_own(removed: Verdict, rita: User) -> None:
    later = correct(removed, rita)
    removed.refresh_from_db()
    removed.decision.refresh_from_db()
    assert (removed.state, removed.decision.state) == ("superseded", "superseded")
    assert (later.state, later.outcome, later.supersedes, later.why_corrected) == ("given", "allow", removed, "I misread it.")
    assert (later.decision.state, later.decision.number) == ("held", removed.decision.number + 1)
    assert later.claim.token == removed.claim.token + 1  # a hold of its own, closed at once
    assert Case.objects.get(pk=later.case_id).state == "closed"
    assert Claim.objects.filter(case_id=later.case_id, state="open").count() == 0


def test_it_withdraws_the_labels_and_writes_new_ones(removed: Verdict, rita: User) -> None:
    later = correct(removed, rita)
    assert set(Label.objects.filter(verdict=removed).values_list("withdrawn", flat=True)) == {True}
    now = Label.objects.filter(item=removed.item, withdrawn=False)
    assert set(now.values_list("verdict", "value")) == {(later.pk, 0)}
    assert set(now.values_list("model_visible", flat=True)) == {True}  # the story was in view: it trains and never tests


def test_its_effects_wait_for_undo_and_then_compensate(removed: Verdict, rita: User) -> None:
    later = correct(removed, rita)
    assert EnforcementAction.objects.get(item=removed.item).state == "active"
    take_effect()
    assert EnforcementAction.objects.get(item=removed.item).state == "reversed"
    assert Decision.objects.get(pk=later.decision_id).state == "effective"
    assert not BankEntry.objects.filter(is_active=True).exists()
    told = OutboxEvent.objects.filter(dedupe_key__startswith=f"decision:{later.decision_id}:")
    assert set(told.values_list("topic", flat=True)) == {"item.decided", "item.restored"}
    assert {event.data["outcome"] for event in told} == {"allow"}
    assert {tuple(event.data["takes_back"]) for event in told} == {("remove",)}


def test_a_correction_to_another_action_says_what_it_ends(removed: Verdict, rita: User) -> None:
    later = correct(removed, rita, VerdictForm(outcome="enforce", clauses=("4.4",), action="restrict"))
    take_effect()
    assert list(EnforcementAction.objects.order_by("pk").values_list("action", "state")) == [("remove", "reversed"), ("restrict", "active")]
    told = OutboxEvent.objects.get(dedupe_key=f"decision:{later.decision_id}:item.enforced")
    assert (told.data["action"], told.data["takes_back"]) == ("restrict", ["remove"])
    assert not OutboxEvent.objects.filter(topic="item.restored").exists()


def test_what_was_let_through_can_be_enforced_later(claimed: Claimed, rita: User) -> None:
    claim = claimed()
    kept = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    take_effect()
    later = correct(kept, rita, ENFORCE)
    take_effect()
    assert EnforcementAction.objects.get(item_id=kept.item_id).state == "active"
    assert OutboxEvent.objects.filter(dedupe_key=f"decision:{later.decision_id}:item.enforced").exists()
    assert Decision.objects.get(pk=later.decision_id).statement


def test_undo_of_a_correction_restores_everything(removed: Verdict, rita: User) -> None:
    before = state_of(removed.item)
    later = correct(removed, rita)
    assert state_of(removed.item) != before
    verdict_undo(verdict_id=later.pk, reviewer=rita)
    assert state_of(removed.item) == before
    again = correct(removed, rita)  # and it can be corrected anew
    assert again.decision.number == later.decision.number + 1


def test_a_correction_is_corrected_like_any_verdict(removed: Verdict, rita: User, lena: User) -> None:
    second = correct(removed, rita)
    take_effect()
    third = correct(second, lena, ENFORCE, is_lead=True)
    take_effect()
    assert list(EnforcementAction.objects.order_by("pk").values_list("state", flat=True)) == ["reversed", "active"]
    assert list(Verdict.objects.order_by("created_at").values_list("state", flat=True)) == ["superseded", "superseded", "given"]
    assert third.supersedes == second


def test_it_leaves_one_audit_row_without_the_words_of_the_reason(removed: Verdict, rita: User) -> None:
    later = correct(removed, rita)
    row = AuditRow.objects.get(verb="verdict.corrected")
    assert (row.actor, row.item_id, row.data["supersedes"]) == ("user:rita", later.item_id, str(removed.pk))
    assert "misread" not in str(row.data)


def test_it_needs_a_reason(removed: Verdict, rita: User) -> None:
    for why in ("", "   ", "x" * 301):
        with pytest.raises(Invalid) as refused:
            correct(removed, rita, why=why)
        assert "why" in refused.value.fields
    with pytest.raises(Invalid):
        correct(removed, rita, VerdictForm(outcome="enforce"))
    assert Verdict.objects.get(pk=removed.pk).state == "given"


def test_only_the_same_person_or_a_lead_corrects(removed: Verdict, ravi: User, lena: User) -> None:
    with pytest.raises(NotFound):
        correct(removed, ravi)
    assert correct(removed, lena, is_lead=True).reviewer == lena


def test_what_only_compares_people_is_not_corrected(removed: Verdict, lena: User) -> None:
    Verdict.objects.update(decision=None)  # as that of a check
    with pytest.raises(NotFound):
        correct(removed, lena, is_lead=True)


def test_inside_the_window_it_says_to_undo(claimed: Claimed, rita: User) -> None:
    claim = claimed()
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=ALLOW)
    with pytest.raises(Conflict) as refused:
        correct(verdict, rita)
    assert refused.value.code == "undo_first"


def test_after_the_window_undo_says_how_to_correct(removed: Verdict, rita: User) -> None:
    with pytest.raises(Conflict, match="Correct it on the page of the item"):
        verdict_undo(verdict_id=removed.pk, reviewer=rita)


def test_it_is_refused_when_the_item_is_with_people_again_or_was_corrected(removed: Verdict, rita: User) -> None:
    fresh = Case.objects.get(item=removed.item)
    Case.objects.create(item=removed.item, queue=fresh.queue, reason="reported", sentence="x", due_at=fresh.due_at)
    with pytest.raises(Conflict) as refused:
        correct(removed, rita)
    assert refused.value.code == "in_review"
    Case.objects.exclude(pk=fresh.pk).delete()
    correct(removed, rita)
    with pytest.raises(Conflict) as twice:
        correct(removed, rita)
    assert twice.value.code == "superseded"
