"""What a decision does to item and account, and what the affected person is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from console.audit.models import AuditRow
from console.enforcement.models import EnforcementAction
from console.enforcement.services import enforcement_apply, enforcement_reverse
from console.enforcement.statements import statement_of_reasons
from console.flow import decision_apply
from console.intake.models import Item
from console.policies.selectors import active_policy
from console.scores.models import Decision
from console.scores.services import DecisionFacts, decision_supersede
from scoring.policy import Clause, PolicyDocument

Post = Callable[..., Item]


def decide(item: Item, outcome: str = "enforce", action: str = "remove") -> Decision:
    facts = DecisionFacts(
        outcome=outcome, reason="verdict", sentence="Removed.", automated=False, action=action if outcome == "enforce" else ""
    )
    return decision_supersede(item=item, facts=facts, policy_version=active_policy(item.kind)[0], score=None)


def test_it_puts_an_effect_in_force_once(post: Post) -> None:
    decision = decide(post())
    first, again = enforcement_apply(decision), enforcement_apply(decision)
    assert first == again == EnforcementAction.objects.get()
    assert (first.action, first.target, first.state) == ("remove", "item", "active")
    assert AuditRow.objects.filter(verb="action.applied").count() == 1


@pytest.mark.parametrize("outcome", ["allow", "review"])
def test_what_restricts_nothing_has_no_effect(post: Post, outcome: str) -> None:
    assert enforcement_apply(decide(post(), outcome)) is None
    assert not EnforcementAction.objects.exists()


def test_some_actions_hold_the_account(post: Post) -> None:
    known = enforcement_apply(decide(post(actor={"id": "u-7"}), action="suspend"))
    unknown = enforcement_apply(decide(post("No author."), action="suspend"))
    assert known is not None
    assert unknown is not None
    assert (known.target, unknown.target) == ("account:u-7", "item")


def test_a_later_decision_ends_what_the_earlier_one_did(post: Post) -> None:
    item = post()
    first = decide(item)
    enforcement_apply(first)
    decision_apply(decide(item, "allow"))
    assert EnforcementAction.objects.get().state == "reversed"
    assert enforcement_reverse(first) == 0
    assert AuditRow.objects.filter(verb="action.reversed").count() == 1


def test_a_reversal_ends_the_effects_of_one_decision_only(post: Post) -> None:
    mine, other = decide(post("One.")), decide(post("Two."))
    enforcement_apply(mine), enforcement_apply(other)
    assert [enforcement_reverse(mine), enforcement_reverse(mine)] == [1, 0]
    assert EnforcementAction.objects.get(state="active").decision == other


@dataclass(frozen=True)
class Given:
    outcome: str = "enforce"
    sentence: str = "Removed: personal attack."
    action: str = "remove"
    clause: str = "4.2"
    label: str = "harassment"
    automated: bool = True


def policy() -> PolicyDocument:
    clause = Clause(
        id="4.2",
        title="Personal attack",
        key="1",
        test="Does it attack a person?",
        text="Attack the work, not the person.",
        labels=("harassment",),
    )
    return PolicyDocument(kind="review", title="Reviews", clauses=(clause,), actions=("remove", "hide", "suspend", "verify"))


def item(**more: Any) -> Item:
    return Item(**({"kind": "review", "payload": {"text": "x"}, "created_at": datetime(2026, 3, 1, tzinfo=UTC), "reports": 0} | more))


def test_a_statement_says_what_was_done_why_and_by_whom() -> None:
    statement = statement_of_reasons(item(), Given(), policy())
    assert statement["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert statement["category"] == "STATEMENT_CATEGORY_CYBER_VIOLENCE"
    assert statement["category_specification"] == ["KEYWORD_CYBER_HARASSMENT"]
    assert statement["decision_facts"] == "Removed: personal attack."
    assert statement["incompatible_content_ground"] == "4.2 Personal attack"
    assert statement["incompatible_content_explanation"] == "Attack the work, not the person."
    assert statement["content_type"] == ["CONTENT_TYPE_TEXT"]
    assert statement["content_date"] == "2026-03-01"
    assert statement["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    assert statement["source_type"] == "SOURCE_VOLUNTARY"
    assert statement["redress"]


@pytest.mark.parametrize(
    ("given", "machine_read", "decision", "detection"),
    [
        (Given(automated=True), True, "FULLY", "YES"),
        (Given(automated=False), True, "PARTIALLY", "YES"),
        (Given(automated=False), False, "NOT_AUTOMATED", "NO"),
    ],
)
def test_a_statement_says_how_much_the_machine_did(given: Given, machine_read: bool, decision: str, detection: str) -> None:
    statement = statement_of_reasons(item(), given, policy(), machine_read=machine_read)
    assert statement["automated_decision"] == f"AUTOMATED_DECISION_{decision}"
    assert statement["automated_detection"] == f"AUTOMATED_DETECTION_{detection}"


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("hide", "decision_visibility", ["DECISION_VISIBILITY_CONTENT_DISABLED"]),
        ("suspend", "decision_account", "DECISION_ACCOUNT_SUSPENDED"),
        ("restrict", "decision_provision", "DECISION_PROVISION_PARTIAL_SUSPENSION"),
        ("verify", "decision_visibility", ["DECISION_VISIBILITY_OTHER"]),
        ("", "decision_visibility", ["DECISION_VISIBILITY_CONTENT_REMOVED"]),
    ],
)
def test_each_action_is_one_restriction(action: str, field: str, value: Any) -> None:
    statement = statement_of_reasons(item(), Given(action=action), policy())
    restrictions = {
        name for name in statement if name.startswith("decision_") and name.split("_")[1] in ("visibility", "provision", "account")
    }
    assert restrictions - {"decision_visibility_other"} == {field}
    assert statement[field] == value
    assert ("decision_visibility_other" in statement) == (value == ["DECISION_VISIBILITY_OTHER"])


def test_a_report_by_somebody_is_its_source() -> None:
    assert statement_of_reasons(item(reports=2), Given(), policy())["source_type"] == "SOURCE_TYPE_OTHER_NOTIFICATION"


def test_an_unknown_clause_falls_back_to_the_label_and_then_to_the_policy() -> None:
    assert statement_of_reasons(item(), Given(clause="9.9"), policy())["incompatible_content_ground"] == "4.2 Personal attack"
    bare = statement_of_reasons(item(payload={}), Given(clause="", label="novel"), policy())
    assert bare["incompatible_content_ground"] == "Reviews"
    assert (bare["category"], bare["content_type"]) == ("STATEMENT_CATEGORY_OTHER_VIOLATION_TC", ["CONTENT_TYPE_OTHER"])


@pytest.mark.parametrize("outcome", ["allow", "review"])
def test_what_restricts_nothing_has_no_statement(outcome: str) -> None:
    assert statement_of_reasons(item(), Given(outcome=outcome), policy()) == {}
