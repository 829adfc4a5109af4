"""Known answers: which, to whom, how often, and that they change nothing outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from console.accounts.models import User
from console.audit.models import AuditRow
from console.cases.claiming import case_claim_one
from console.cases.holding import Hold, case_release
from console.cases.models import Case
from console.common.errors import Conflict, Invalid, NotFound
from console.common.models import OutboxEvent
from console.flow import case_claim, checks_settle, verdict_undo
from console.insights.agreement import gold_share
from console.intake.models import Item
from console.quality.gold import gold_mark, gold_retire, golds_open_to
from console.quality.measuring import measure
from console.quality.models import Check, CheckPlan, Gold, Reliability
from console.quality.qa import qa_give
from console.scores.models import Decision
from console.verdicts.models import Label, Verdict
from tests.console.dice import dice
from tests.console.quality import ALLOW, Waiting, decide, give, settle


def in_force(item: Item) -> Decision:
    return Decision.objects.get(item=item, state="effective")


@pytest.fixture
def gold(plan: CheckPlan, waiting: Waiting, rita: User, lena: User) -> Gold:
    """Rita decided it; Lena says that it is an attack."""
    case = waiting("You are a liar.")
    decide(case, rita)
    with dice(0.99):
        settle()
    return gold_mark(item=case.item, outcome="enforce", clauses=["4.4"], note="", user=lena)


def test_a_known_answer_comes_instead_of_the_next_and_changes_nothing_outside(gold: Gold, waiting: Waiting, ravi: User) -> None:
    ordinary = waiting("The soup was cold.")
    before = (OutboxEvent.objects.count(), Label.objects.count(), Decision.objects.count())
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    assert (claim.case.item_id, claim.case.blind, claim.case.sentence) == (gold.item_id, True, "For review.")
    give(claim, ALLOW)
    settle()
    check = Check.objects.get(gold=gold)
    assert (check.state, check.result, check.probability) == ("closed", "other", 0.10)
    assert (OutboxEvent.objects.count(), Label.objects.count(), Decision.objects.count()) == before
    assert in_force(gold.item).outcome == "enforce"
    assert not Check.objects.filter(purpose="second", about=check.answer).exists()


def test_a_known_answer_is_as_old_as_what_stands_next(gold: Gold, waiting: Waiting, ravi: User) -> None:
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    assert abs((claim.case.created_at - ordinary.created_at).total_seconds()) <= 60
    assert claim.case.due_at - claim.case.created_at == ordinary.due_at - ordinary.created_at


def test_nobody_meets_a_known_answer_twice_nor_one_that_they_decided(gold: Gold, waiting: Waiting, rita: User, ravi: User) -> None:
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        own = case_claim(queue=ordinary.queue, reviewer=rita)
        assert own is not None
        assert own.case_id == ordinary.pk
        case_release(hold=Hold(case_id=own.case_id, reviewer=rita, token=own.token))
        first = case_claim(queue=ordinary.queue, reviewer=ravi)
        assert first is not None
        assert first.case.item_id == gold.item_id
        give(first)
        settle()
        second = case_claim(queue=ordinary.queue, reviewer=ravi)
        assert second is not None
        assert second.case_id == ordinary.pk


def test_nobody_is_served_an_answer_that_they_set_whoever_set_it_again(
    gold: Gold, waiting: Waiting, lena: User, ada: User, ravi: User
) -> None:
    """Lena marked it, Ada marked it again: both know it. Lena is no longer named on it."""
    gold_mark(item=gold.item, outcome="allow", clauses=[], note="", user=ada)
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        for lead in (lena, ada):
            claim = case_claim(queue=ordinary.queue, reviewer=lead, is_lead=True)
            assert claim is not None
            assert claim.case_id == ordinary.pk, lead.username
            case_release(hold=Hold(case_id=claim.case_id, reviewer=lead, token=claim.token))
        other = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert other is not None
    assert other.case.item_id == gold.item_id
    assert gold in golds_open_to(lena)
    assert gold in golds_open_to(ada)


def test_nor_is_it_where_it_waits_because_somebody_gave_it_back(gold: Gold, waiting: Waiting, lena: User, ada: User, ravi: User) -> None:
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    case_release(hold=Hold(case_id=claim.case_id, reviewer=ravi, token=claim.token))
    gold_mark(item=gold.item, outcome="enforce", clauses=["4.1"], note="", user=ada)
    for lead in (lena, ada):
        assert case_claim_one(case_id=claim.case_id, reviewer=lead, is_lead=True) is None, lead.username


@pytest.mark.parametrize("answered_first", [False, True])
def test_who_says_the_answer_while_they_hold_it_is_not_measured_by_it(
    gold: Gold, waiting: Waiting, ada: User, answered_first: bool
) -> None:
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ada, is_lead=True)
    assert claim is not None
    assert claim.case.item_id == gold.item_id
    if answered_first:
        give(claim, ALLOW)
    gold_mark(item=gold.item, outcome="allow", clauses=[], note="", user=ada)
    if not answered_first:
        give(claim, ALLOW)
    settle()
    check = Check.objects.get(gold=gold)
    assert (check.state, check.result) == ("closed", "")
    assert gold_share(user=ada).of == 0
    measure("review")
    assert not Reliability.objects.filter(reviewer=ada).exists()


def test_nor_who_judged_a_verdict_of_the_item(gold: Gold, waiting: Waiting, ada: User, rita: User) -> None:
    verdict = Verdict.objects.get(reviewer=rita)
    assert gold not in golds_open_to(ada)
    qa_give(verdict=verdict, finding="agree", note="", lead=ada)
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ada, is_lead=True)
    assert claim is not None
    assert claim.case_id == ordinary.pk
    assert gold in golds_open_to(ada)


def test_a_known_answer_never_comes_alone(gold: Gold, plan: CheckPlan, ravi: User) -> None:
    with dice(0.0):
        assert case_claim(queue=plan.queue, reviewer=ravi) is None


def test_new_people_meet_known_answers_twice_as_often(gold: Gold, waiting: Waiting, ravi: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = waiting("The soup was cold.")
    monkeypatch.setattr("console.flow.draw.NEW_UNTIL", 0)
    with dice(0.07):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    assert claim.case_id == ordinary.pk
    case_release(hold=Hold(case_id=claim.case_id, reviewer=ravi, token=claim.token))
    monkeypatch.setattr("console.flow.draw.NEW_UNTIL", 200)
    with dice(0.07):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    assert claim.case.item_id == gold.item_id


def test_a_known_answer_that_was_given_back_leaves_the_queue(gold: Gold, waiting: Waiting, ravi: User) -> None:
    from django.db.models import F

    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    case_release(hold=Hold(case_id=claim.case_id, reviewer=ravi, token=claim.token))
    checks_settle()
    assert Case.objects.get(pk=claim.case_id).state == "waiting"
    Check.objects.update(created_at=F("created_at") - timedelta(hours=2))
    checks_settle()
    assert Case.objects.get(pk=claim.case_id).state == "closed"
    assert Check.objects.get().state == "closed"


def test_most_of_what_is_known_breaks_a_rule_and_each_clause_is_met(
    plan: CheckPlan, waiting: Waiting, rita: User, lena: User, ravi: User
) -> None:
    answers = [("enforce", ["4.4"]), ("enforce", ["4.4"]), ("enforce", ["4.1"]), ("allow", []), ("allow", [])]
    cases = [waiting(f"Text number {n}.") for n, _ in enumerate(answers)]
    for case, (outcome, clauses) in zip(cases, answers, strict=True):
        decide(case, rita)
        with dice(0.99):
            settle()
        gold_mark(item=case.item, outcome=outcome, clauses=clauses, note="", user=lena)
    waiting("Something else.")
    met: list[str] = []
    for _ in range(3):
        with dice(0.0):
            claim = case_claim(queue=plan.queue, reviewer=ravi)
        assert claim is not None
        check = Check.objects.select_related("gold").get(case=claim.case)
        assert check.gold is not None
        met += check.gold.clauses
        give(claim)
        settle()
    assert sorted(met) == ["4.1", "4.4", "4.4"]
    assert set(met[:2]) == {"4.1", "4.4"}


def test_only_what_is_decided_can_be_a_known_answer(gold: Gold, waiting: Waiting, lena: User) -> None:
    with pytest.raises(Conflict):
        gold_mark(item=waiting("Still open.").item, outcome="allow", clauses=[], note="", user=lena)
    for outcome, clauses in (("perhaps", []), ("enforce", []), ("enforce", ["99"])):
        with pytest.raises(Invalid):
            gold_mark(item=gold.item, outcome=outcome, clauses=clauses, note="", user=lena)
    gold_retire(gold_id=gold.pk, user=lena)
    with pytest.raises(Conflict):
        gold_retire(gold_id=gold.pk, user=lena)
    with pytest.raises(NotFound):
        gold_retire(gold_id=0, user=lena)


def test_the_story_of_an_item_does_not_tell_that_it_is_a_known_answer(gold: Gold, waiting: Waiting, ravi: User) -> None:
    from console.insights.timeline import item_timeline

    before = len(item_timeline(gold.item))
    ordinary = waiting("The soup was cold.")
    with dice(0.0):
        claim = case_claim(queue=ordinary.queue, reviewer=ravi)
    assert claim is not None
    verdict = give(claim)
    verdict_undo(verdict_id=verdict.pk, reviewer=ravi)
    assert len(item_timeline(gold.item)) == before
    assert AuditRow.objects.filter(verb="check.gold", item_id=None).exists()
