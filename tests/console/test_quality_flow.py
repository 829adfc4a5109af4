"""Second looks, adjudication, reviews by a lead and contests, verb by verb."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from console.accounts.models import Source, User
from console.audit.models import AuditRow
from console.cases.claiming import case_claim_one
from console.cases.holding import Hold, case_pass_on
from console.cases.models import Case, Claim, Queue, Skip
from console.common.errors import Conflict, Forbidden, Invalid, NotFound
from console.common.models import OutboxEvent
from console.enforcement.models import EnforcementAction
from console.flow import adjudication_close, checks_settle, qa_contest, verdict_undo
from console.intake.models import Item
from console.quality.models import Check, CheckPlan, OwnAccount, QaReview
from console.quality.plans import plan_change
from console.quality.qa import qa_draw, qa_give
from console.scores.models import Decision
from console.verdicts.models import Label
from console.verdicts.services import VerdictForm
from tests.console.dice import dice
from tests.console.quality import ALLOW, ENFORCE, Waiting, decide, next_of, settle, time_passes

OTHER_CLAUSE = VerdictForm(outcome="enforce", clauses=("4.1",))


@pytest.fixture
def second(plan: CheckPlan, waiting: Waiting, rita: User, ravi: User) -> Check:
    """Rita removed an item; another person is to look at it, and Ravi may."""
    case = waiting("You are a liar.")
    decide(case, rita)
    with dice(0.0):
        settle()
    return Check.objects.select_related("case__queue", "item").get(purpose="second")


def in_force(item: Item) -> Decision:
    return Decision.objects.get(item=item, state="effective")


def test_a_verdict_that_took_effect_is_looked_at_again_by_chance(second: Check, plan: CheckPlan) -> None:
    assert (second.state, second.probability, second.case.queue_id) == ("open", plan.second_share, plan.queue_id)
    assert (second.case.blind, second.case.sentence, second.case.state) == (True, "For review.", "waiting")
    assert in_force(second.item).outcome == "enforce"


def test_no_second_look_is_drawn_before_undo_is_over_nor_by_the_other_luck(
    plan: CheckPlan, waiting: Waiting, rita: User, ravi: User
) -> None:
    decide(waiting(), rita)
    with dice(0.0):
        checks_settle()
    assert not Check.objects.exists()
    with dice(0.5):
        settle()
    assert not Check.objects.exists()


def test_a_queue_without_a_plan_is_not_checked(waiting: Waiting, rita: User, ravi: User) -> None:
    decide(waiting(), rita)
    with dice(0.0):
        settle()
    assert not Check.objects.exists()


def test_nobody_is_asked_again_where_nobody_else_works(plan: CheckPlan, waiting: Waiting, rita: User) -> None:
    decide(waiting(), rita)
    with dice(0.0):
        settle()
    assert not Check.objects.exists()


def test_the_second_look_never_goes_to_the_first(second: Check, rita: User, ravi: User) -> None:
    assert next_of(second.case, rita) is None
    assert case_claim_one(case_id=second.case_id, reviewer=rita) is None
    assert case_claim_one(case_id=second.case_id, reviewer=rita, is_lead=True) is None
    claim = next_of(second.case, ravi)
    assert claim is not None
    assert claim.case_id == second.case_id


def test_two_who_agree_change_nothing_and_leave_a_blind_label(second: Check, ravi: User) -> None:
    verdict = decide(second.case, ravi)
    assert verdict.decision is None
    before = OutboxEvent.objects.count()
    settle()
    second.refresh_from_db()
    assert (second.state, second.result) == ("closed", "same")
    assert OutboxEvent.objects.count() == before
    label = Label.objects.filter(item=second.item, value=1).latest("pk")
    assert (label.source, label.model_visible) == ("second", False)
    assert not Check.objects.filter(purpose="adjudicate").exists()
    assert in_force(second.item).verdict.reviewer.username == "rita"


def test_a_second_verdict_can_be_undone_like_any_other(second: Check, ravi: User) -> None:
    verdict = decide(second.case, ravi, ALLOW)
    verdict_undo(verdict_id=verdict.pk, reviewer=ravi)
    second.refresh_from_db()
    assert (second.state, second.answer, Case.objects.get(pk=second.case_id).state) == ("open", None, "waiting")
    second.item.refresh_from_db()
    assert second.item.status == "decided"
    assert in_force(second.item).outcome == "enforce"
    decide(second.case, ravi)
    settle()
    second.refresh_from_db()
    assert second.result == "same"


@pytest.fixture
def disagreement(second: Check, ravi: User) -> Check:
    decide(second.case, ravi, ALLOW)
    settle()
    return Check.objects.select_related("case__queue", "item").get(purpose="adjudicate")


def test_two_who_differ_are_a_leads_to_decide(disagreement: Check, rita: User, ravi: User, lena: User) -> None:
    assert in_force(disagreement.item).outcome == "enforce"
    assert not Label.objects.filter(item=disagreement.item, source="second").exists()
    assert next_of(disagreement.case, rita) is None
    assert next_of(disagreement.case, ravi) is None
    assert case_claim_one(case_id=disagreement.case_id, reviewer=ravi) is None
    claim = next_of(disagreement.case, lena, lead=True)
    assert claim is not None
    assert claim.case.blind


def test_the_leads_word_supersedes_with_effects_and_becomes_the_label(disagreement: Check, lena: User) -> None:
    item = disagreement.item
    assert EnforcementAction.objects.get(item=item).state == "active"
    decide(disagreement.case, lena, ALLOW, lead=True)
    with pytest.raises(Conflict):
        adjudication_close(check_id=disagreement.pk, lead=lena)  # undo is still open
    settle()
    assert in_force(item).outcome == "enforce"
    closed = adjudication_close(check_id=disagreement.pk, lead=lena)
    assert (closed.state, closed.result, closed.final["outcome"]) == ("closed", "other", "allow")
    assert in_force(item).outcome == "allow"
    assert EnforcementAction.objects.get(item=item).state == "reversed"
    assert OutboxEvent.objects.filter(topic="item.restored", subject=f"item:{item.pk}").exists()
    newest = Label.objects.filter(item=item).latest("pk")
    assert (newest.source, newest.model_visible, newest.value) == ("adjudicated", False, 0)
    with pytest.raises(Conflict):
        adjudication_close(check_id=disagreement.pk, lead=lena)


def test_the_lead_may_change_their_mind_with_both_verdicts_in_view(disagreement: Check, lena: User) -> None:
    decide(disagreement.case, lena, ALLOW, lead=True)
    settle()
    closed = adjudication_close(check_id=disagreement.pk, lead=lena, form=ENFORCE)
    assert (closed.result, closed.final) == ("same", {"outcome": "enforce", "clauses": ["4.4"]})
    assert closed.answer is not None
    assert closed.answer.outcome == "allow"
    assert Decision.objects.filter(item=disagreement.item, outcome="enforce").count() == 1


def test_only_who_decided_blind_has_the_last_word(disagreement: Check, lena: User, ada: User) -> None:
    decide(disagreement.case, lena, ALLOW, lead=True)
    settle()
    with pytest.raises(Forbidden):
        adjudication_close(check_id=disagreement.pk, lead=ada)
    with pytest.raises(Invalid):
        adjudication_close(check_id=disagreement.pk, lead=lena, form=VerdictForm(outcome="enforce", clauses=("no",)))
    with pytest.raises(NotFound):
        adjudication_close(check_id=0, lead=lena)


def test_after_a_day_the_blind_verdict_stands_by_itself(disagreement: Check, lena: User) -> None:
    decide(disagreement.case, lena, ALLOW, lead=True)
    settle()
    time_passes(hours=23)
    checks_settle()
    disagreement.refresh_from_db()
    assert disagreement.state == "answered"
    time_passes(hours=1)
    checks_settle()
    disagreement.refresh_from_db()
    assert disagreement.state == "closed"
    assert in_force(disagreement.item).outcome == "allow"


def test_another_clause_is_a_disagreement_too(second: Check, ravi: User) -> None:
    decide(second.case, ravi, OTHER_CLAUSE)
    settle()
    assert Check.objects.filter(purpose="adjudicate").exists()


def test_an_opinion_that_a_colleague_asked_for_decides_and_measures_nothing(
    plan: CheckPlan, claimed: Callable[..., Claim], ravi: User
) -> None:
    claim = claimed()
    case_pass_on(hold=Hold(case_id=claim.case_id, reviewer=claim.reviewer, token=claim.token), purpose="second", note="Sarcasm?")
    verdict = decide(claim.case, ravi, ALLOW)
    settle()
    assert verdict.decision is not None
    assert not Check.objects.exists()
    assert in_force(claim.case.item).outcome == "allow"


def test_a_share_of_new_cases_is_decided_blind(plan: CheckPlan, waiting: Waiting) -> None:
    with dice(0.0):
        assert waiting("One.").blind
    with dice(0.5):
        assert not waiting("Two.").blind


def test_a_lead_reviews_a_verdict_and_its_reviewer_may_contest_it(
    plan: CheckPlan, waiting: Waiting, rita: User, ravi: User, lena: User
) -> None:
    case = waiting()
    verdict = decide(case, rita)
    with dice(0.99):
        settle()
    drawn = qa_draw(kind="review", lead=lena)
    assert drawn == verdict
    review = qa_give(verdict=verdict, finding="disagree", note="It is sarcasm.", lead=lena)
    with pytest.raises(Conflict):
        qa_give(verdict=verdict, finding="agree", note="", lead=lena)
    assert qa_draw(kind="review", lead=lena) is None
    with pytest.raises(NotFound):
        qa_contest(review_id=review.pk, reviewer=ravi, why="Not mine.")
    qa_contest(review_id=review.pk, reviewer=rita, why="It is a plain insult.")
    with pytest.raises(Conflict):
        qa_contest(review_id=review.pk, reviewer=rita, why="Again.")
    check = Check.objects.select_related("case").get(purpose="contest")
    for barred in (rita, lena):
        assert case_claim_one(case_id=check.case_id, reviewer=barred, is_lead=True) is None
    decide(check.case, ravi)
    settle()
    review.refresh_from_db()
    assert review.settled == "reviewer"
    assert (check.probability, {label.propensity for label in Label.objects.filter(verdict__case=check.case)}) == (None, {None})
    verbs = set(AuditRow.objects.filter(item_id=case.item_id).values_list("verb", flat=True))
    assert {"qa.reviewed", "check.contest", "check.contest_closed"} <= verbs


def test_a_third_person_who_agrees_with_the_lead_changes_the_decision(
    plan: CheckPlan, waiting: Waiting, rita: User, ravi: User, lena: User
) -> None:
    verdict = decide(waiting(), rita)
    with dice(0.99):
        settle()
    review = qa_give(verdict=verdict, finding="disagree", note="", lead=lena)
    qa_contest(review_id=review.pk, reviewer=rita, why="")
    decide(Check.objects.get(purpose="contest").case, ravi, ALLOW)
    settle()
    review.refresh_from_db()
    assert review.settled == "lead"
    assert in_force(verdict.item).outcome == "allow"


def test_there_is_nothing_to_contest_where_the_lead_agrees(plan: CheckPlan, waiting: Waiting, rita: User, lena: User) -> None:
    verdict = decide(waiting(), rita)
    with dice(0.99):
        settle()
    review = qa_give(verdict=verdict, finding="agree", note="", lead=lena)
    with pytest.raises(Conflict):
        qa_contest(review_id=review.pk, reviewer=rita, why="")
    assert QaReview.objects.get().contested_at is None


def test_a_lead_does_not_review_their_own_verdict(plan: CheckPlan, waiting: Waiting, lena: User) -> None:
    verdict = decide(waiting(), lena)
    with dice(0.99):
        settle()
    assert qa_draw(kind="review", lead=lena) is None
    with pytest.raises(Forbidden):
        qa_give(verdict=verdict, finding="agree", note="", lead=lena)


def test_nobody_decides_what_they_wrote_themselves(waiting: Waiting, shop: Source, rita: User, ravi: User) -> None:
    OwnAccount.objects.create(user=rita, source=shop, actor_id="rita-at-home")
    case = waiting("My own soup.", actor={"id": "rita-at-home"})
    assert next_of(case, rita) is None
    assert case_claim_one(case_id=case.pk, reviewer=rita, is_lead=True) is None
    assert Skip.objects.get(case=case).reason == "own"
    assert next_of(case, ravi) is not None


def test_shares_are_kept_in_bounds_and_changes_are_written_down(plan: CheckPlan, lena: User) -> None:
    queue = Queue.objects.get(slug="reviews")
    changed = plan_change(queue=queue, shares={"second_share": 0.2}, feedback=True, user=lena)
    assert (changed.second_share, changed.feedback, changed.gold_share) == (0.2, True, 0.05)
    assert AuditRow.objects.get(verb="checks.changed").data["before"] == {"second_share": 0.05, "feedback": False}
    for shares in ({"second_share": 0.6}, {"gold_share": -0.1}, {"no_share": 0.1}):
        with pytest.raises(Invalid):
            plan_change(queue=queue, shares=shares, feedback=None, user=lena)
