"""From a score to a decision: a table of cases, and what must hold for every score and policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decide import decide
from scoring.policy import Automation, Clause, PolicyDocument, Rule, Threshold
from scoring.types import Evidence, Item, Score

ITEM = Item(id="i1", kind="review", payload={"text": "hello"})
CLAUSES = (
    Clause(id="1.1", title="Attack", key="1", test="Is a person attacked?", labels=("hate",), severity=3, action="suspend"),
    Clause(id="1.2", title="Advertising", key="2", test="Is it an advertisement?", labels=("spam",), severity=1),
)
BARS = (Threshold(label="risk", allow=0.1, enforce=0.95), Threshold(label="hate", allow=None, enforce=0.9))
LOW = Score(risk=0.05, labels={"hate": 0.02, "spam": 0.03})
MIDDLE = Score(risk=0.5, labels={"hate": 0.3, "spam": 0.5})
HIGH = Score(risk=0.97, labels={"hate": 0.93, "spam": 0.1})


def policy(automation: Automation = "demo", *, rules: tuple[Rule, ...] = (), **changes: Any) -> PolicyDocument:
    fields: dict[str, Any] = {"thresholds": BARS, "actions": ("remove", "suspend"), **changes}
    return PolicyDocument(kind="review", title="Reviews", automation=automation, clauses=CLAUSES, rules=rules, **fields)


def rule(when: str, then: Any, **changes: Any) -> Rule:
    return Rule(name=f"rule-{then}", when=when, then=then, sentence="The rule says so.", **changes)


@pytest.mark.parametrize(
    ("automation", "score", "outcome", "reason"),
    [
        ("demo", LOW, "allow", "threshold"),
        ("demo", MIDDLE, "review", "uncertain"),
        ("demo", HIGH, "enforce", "threshold"),
        ("off", LOW, "review", "automation_off"),
        ("off", HIGH, "review", "automation_off"),
        ("certified", LOW, "review", "not_certified"),
        ("certified", HIGH, "review", "not_certified"),
        ("certified", MIDDLE, "review", "uncertain"),
        ("demo", Score(risk=None), "review", "no_score"),
        ("demo", Score(risk=None, errors={"ocr": "The picture could not be read."}), "review", "detector_failed"),
        ("demo", replace(LOW, errors={"ocr": "The picture could not be read"}), "review", "detector_failed"),
        ("demo", replace(HIGH, errors={"ocr": "The picture could not be read"}), "review", "detector_failed"),
        ("demo", replace(LOW, signals={"out_of_scope": True}), "review", "out_of_scope"),
        ("demo", replace(LOW, risk=float("nan")), "review", "no_score"),
        ("demo", replace(LOW, labels={"hate": 1.7}), "review", "no_score"),
        ("demo", Score(risk=0.05, labels={}), "review", "uncertain"),  # the label of a threshold is missing
    ],
)
def test_it_decides_by_score(automation: Automation, score: Score, outcome: str, reason: str) -> None:
    decision = decide(ITEM, score, policy(automation))
    assert (decision.outcome, decision.reason) == (outcome, reason)
    assert decision.sentence.endswith(".")


def test_it_names_clause_label_severity_action_and_thresholds() -> None:
    decision = decide(ITEM, HIGH, policy())
    assert (decision.clause, decision.label, decision.severity, decision.action) == ("1.1", "hate", 3, "suspend")
    assert decision.thresholds["hate"] == {"value": 0.93, "allow": None, "enforce": 0.9}
    assert decide(ITEM, MIDDLE, policy()).action is None
    assert decide(ITEM, LOW, policy()).clause is None


def test_it_speaks_in_people_sized_chances() -> None:
    assert decide(ITEM, MIDDLE, policy()).sentence == "The machine could not decide."
    assert decide(ITEM, HIGH, policy()).sentence == "9 in 10 like this break the rule."
    assert decide(ITEM, LOW, policy()).sentence == "Fewer than 1 in 10 like this break the rule."


@pytest.mark.parametrize("automation", ["off", "demo", "certified"])
def test_it_keeps_the_chance_out_of_why_a_person_looks(automation: Automation) -> None:
    decision = decide(ITEM, MIDDLE, policy(automation))
    assert decision.outcome == "review"
    assert " in 10" not in decision.sentence


def test_it_enforces_by_certified_thresholds_only() -> None:
    proven = {"hate": Threshold(label="hate", allow=None, enforce=0.92)}
    decision = decide(ITEM, HIGH, policy("certified"), certified=proven)
    assert (decision.outcome, decision.label) == ("enforce", "hate")
    assert set(decision.thresholds) == {"hate"}
    assert decide(ITEM, LOW, policy("certified"), certified=proven).reason == "not_certified"
    both = {**proven, "risk": Threshold(label="risk", allow=0.06, enforce=None)}
    assert decide(ITEM, LOW, policy("certified"), certified=both).outcome == "allow"


def test_it_does_not_allow_while_a_label_has_no_bar() -> None:
    only_hate = policy(thresholds=(Threshold(label="hate", allow=0.1, enforce=0.9),))
    assert decide(ITEM, Score(risk=0.8, labels={"hate": 0.01, "spam": 0.8}), only_hate).outcome == "review"
    assert decide(ITEM, Score(risk=0.01, labels={"hate": 0.01}), only_hate).outcome == "allow"


def test_it_does_not_allow_what_people_reported() -> None:
    one = decide(replace(ITEM, reports=1), LOW, policy())
    assert (one.outcome, one.reason, one.sentence) == ("review", "reports", "1 person reported it.")
    assert decide(replace(ITEM, reports=3), LOW, policy()).sentence == "3 people reported it."
    assert decide(replace(ITEM, reports=3), HIGH, policy()).outcome == "enforce"


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (replace(LOW, signals={"known_match": True}), "enforce"),
        (Score(risk=None, signals={"known_match": True}, errors={"ocr": "failed"}), "enforce"),
        (replace(MIDDLE, evidence=(Evidence(type="match", label="hate", value="b1", weight=4.0),)), "enforce"),
        (replace(MIDDLE, evidence=(Evidence(type="match", value="b1", weight=40.0),)), "review"),
        (replace(MIDDLE, evidence=(Evidence(type="match", value="b1", weight=4.0),), signals={"match_limit": 0}), "review"),
        (replace(MIDDLE, evidence=(Evidence(type="match", value="b1", weight=4.0),), signals={"known_match": False}), "review"),
    ],
)
def test_it_enforces_known_content_without_a_person(score: Score, outcome: str) -> None:
    for automation in ("off", "demo", "certified"):
        assert decide(ITEM, score, policy(automation)).outcome == outcome
    assert decide(ITEM, score, policy("off", match_enforces=False)).outcome == "review"


@pytest.mark.parametrize(
    ("automation", "hard", "then", "outcome"),
    [
        ("demo", False, "enforce", "enforce"), ("demo", False, "allow", "allow"), ("demo", False, "review", "review"),
        ("certified", False, "enforce", "enforce"), ("off", False, "enforce", "review"), ("off", False, "allow", "review"),
        ("off", True, "enforce", "enforce"), ("off", True, "allow", "allow"),
    ],
)  # fmt: skip
def test_it_applies_rules(automation: Automation, hard: bool, then: str, outcome: str) -> None:
    decision = decide(ITEM, MIDDLE, policy(automation, rules=(rule("score.risk > 0.4", then, hard=hard, clause="1.1"),)))
    assert (decision.outcome, decision.reason, decision.rule) == (outcome, "rule", f"rule-{then}")
    assert decision.sentence == "The rule says so."


def test_it_takes_the_first_rule_that_holds() -> None:
    rules = (rule("score.risk > 0.9", "allow"), rule("reports == 0", "review"), rule("true", "enforce"))
    assert decide(ITEM, MIDDLE, policy(rules=rules)).rule == "rule-review"


def test_it_sends_an_errored_rule_to_a_person() -> None:
    for when in ("payload.missing > 1", "score.risk", "not cel at all", "().__class__"):
        decision = decide(ITEM, LOW, policy(rules=(rule(when, "allow"),)))
        assert (decision.outcome, decision.reason, decision.rule) == ("review", "rule_errored", "rule-allow")


def test_it_does_not_allow_by_rule_what_could_not_be_scored() -> None:
    rules = (rule("true", "allow", hard=True),)
    for score in (Score(risk=None), replace(LOW, errors={"x": "failed"}), replace(LOW, signals={"out_of_scope": True})):
        assert decide(ITEM, score, policy(rules=rules)).outcome == "review"


def test_it_sends_an_item_too_large_for_rules_to_a_person() -> None:
    huge = replace(ITEM, payload={"n": list(range(60_000))})
    assert decide(huge, LOW, policy(rules=(rule("true", "allow"),))).reason == "rule_errored"


PROBABILITY = st.floats(0, 1)
SCORES = st.builds(
    Score, risk=st.none() | PROBABILITY, labels=st.dictionaries(st.sampled_from(["hate", "spam", "new"]), PROBABILITY),
    errors=st.dictionaries(st.just("ocr"), st.just("failed")), signals=st.dictionaries(st.just("out_of_scope"), st.booleans()),
)  # fmt: skip
AUTOMATION = st.sampled_from(["off", "demo", "certified"])


@st.composite
def bars(draw: st.DrawFn) -> tuple[Threshold, ...]:
    labels = draw(st.lists(st.sampled_from(["risk", "hate", "spam"]), unique=True))
    made = []
    for label in labels:
        low, high = sorted((draw(PROBABILITY), draw(PROBABILITY)))
        allow = low if draw(st.booleans()) else None
        enforce = high if low < high and draw(st.booleans()) else None
        made.append(Threshold(label=label, allow=allow, enforce=enforce))
    return tuple(made)


@given(SCORES, bars(), bars(), AUTOMATION, st.integers(0, 3))
def test_it_allows_only_what_was_wholly_scored(
    score: Score, known: tuple[Threshold, ...], proven: tuple[Threshold, ...], automation: Automation, reports: int
) -> None:
    certified = {t.label: t for t in proven}
    decision = decide(replace(ITEM, reports=reports), score, policy(automation, thresholds=known), certified=certified)
    assert decision == decide(replace(ITEM, reports=reports), score, policy(automation, thresholds=known), certified=certified)
    if decision.outcome == "allow":
        assert score.risk is not None
        assert not score.errors
        assert not score.signals.get("out_of_scope")
        assert reports == 0
        assert automation != "off"
    if decision.outcome == "enforce":
        used = proven if automation == "certified" else known
        assert automation != "off"
        assert any(t.enforce is not None for t in used)
    assert decision.sentence


@given(PROBABILITY, PROBABILITY, PROBABILITY, bars())
def test_it_is_monotone_in_risk(low: float, high: float, hate: float, known: tuple[Threshold, ...]) -> None:
    order = {"allow": 0, "review": 1, "enforce": 2}
    low, high = sorted((low, high))
    outcomes = [decide(ITEM, Score(risk=r, labels={"hate": hate}), policy(thresholds=known)).outcome for r in (low, high)]
    assert order[outcomes[0]] <= order[outcomes[1]]


def test_it_says_once_that_a_person_looks() -> None:
    score = Score(risk=None, errors={"frames": "No frame classifier is configured, so a person looks."})
    assert decide(ITEM, score, policy("demo")).sentence == "A check failed, so a person looks: No frame classifier is configured."
