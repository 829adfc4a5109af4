"""What a subject would have decided, how it is counted, and what the counts say."""

from __future__ import annotations

import json
import random

import pytest

from scoring.backtest.near import conjuncts, nearly, variants
from scoring.backtest.rows import Row
from scoring.backtest.subjects import PolicySubject, RuleSubject, ThresholdSubject, reads_past
from scoring.backtest.summary import summarise, weighted_share
from scoring.backtest.tally import MOST_NAMES, SAMPLES, Tally
from scoring.policy import Clause, PolicyDocument, Rule, Threshold
from scoring.signals.rules import rule_context
from scoring.types import Item, Score

POLICY = PolicyDocument(
    kind="review", title="Reviews", automation="demo",
    clauses=(Clause(id="1", title="Spam", key="1", test="Is it spam?", labels=("spam",), action="remove"),),
    thresholds=(Threshold(label="risk", allow=0.2, enforce=0.9),),
)  # fmt: skip


def row(
    number: int = 1, *, risk: float | None = 0.5, was: str = "review", reason: str = "uncertain", harmful: bool | None = None,
    chance: float | None = None, text: str = "cold soup", **more: object,
) -> Row:  # fmt: skip
    item = Item(id=f"i{number}", kind="review", payload={"text": text, "stars": 3})
    score = None if risk is None else Score(risk=risk, labels={"spam": risk}, uncertainty=0.2)
    return Row(item=item, score=score, was=was, reason=reason, harmful=harmful, chance=chance, day="2026-11-01", source="shop", **more)  # type: ignore[arg-type]


def subject(when: str, then: str = "review") -> RuleSubject:
    return RuleSubject.of(Rule(name="tried", when=when, then=then, sentence="Tried."), POLICY)  # type: ignore[arg-type]


def test_a_rule_changes_only_what_it_holds_for() -> None:
    tried = subject('payload.text.contains("soup")', "enforce")
    assert tried.judge(row(was="allow", reason="threshold")).outcome == "enforce"
    missed = tried.judge(row(was="allow", reason="threshold", text="fine"))
    assert (missed.outcome, missed.hit) == ("allow", False)


@pytest.mark.parametrize("reason", ["match", "rule", "rule_errored"])
def test_a_rule_stands_behind_matches_and_earlier_rules(reason: str) -> None:
    judged = subject("true", "allow").judge(row(was="enforce", reason=reason))
    assert (judged.hit, judged.outcome) == (True, "enforce")


def test_a_rule_that_lets_through_needs_a_score_to_do_so() -> None:
    judged = subject("true", "allow").judge(row(risk=None, was="review", reason="no_score"))
    assert (judged.hit, judged.outcome) == (False, "review")


def test_a_rule_that_cannot_be_worked_out_sends_to_a_person() -> None:
    judged = subject("payload.missing > 3").judge(row(was="allow", reason="threshold"))
    assert (judged.outcome, judged.hit) == ("review", False)
    assert "missing" in judged.error


def test_a_rule_acts_only_as_far_as_the_policy_automates() -> None:
    off = POLICY.model_copy(update={"automation": "off"})
    rule = Rule(name="tried", when="true", then="enforce", sentence="Tried.")
    assert RuleSubject.of(rule, off).judge(row()).outcome == "review"


def test_a_policy_decides_every_row_anew() -> None:
    tried = PolicySubject(POLICY)
    assert [tried.judge(row(risk=risk)).outcome for risk in (0.1, 0.5, 0.95)] == ["allow", "review", "enforce"]
    near = tried.judge(row(risk=0.85))
    assert near.near == pytest.approx(0.05)
    assert "0.850" in near.why
    assert tried.judge(row(risk=0.5)).near is None


def test_thresholds_leave_what_rules_and_matches_decided() -> None:
    tried = ThresholdSubject.of((Threshold(label="risk", allow=0.6, enforce=0.7),), POLICY.model_copy(update={"automation": "off"}))
    assert tried.judge(row(risk=0.5)).outcome == "allow"
    assert tried.judge(row(risk=0.5, was="enforce", reason="match")).outcome == "enforce"
    assert tried.judge(row(risk=0.75)).hit


def test_it_reads_the_past_only_for_rules_that_ask_for_it() -> None:
    assert reads_past(subject("item.past > 3"))
    assert not reads_past(subject("reports > 3"))


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("a && b", ["a", "b"]), ("(a && b) && c(d && e)", ["(a && b)", "c(d && e)"]), ("a || b && c", ["a || b && c"]),
        ('payload.text == "a && b"', ['payload.text == "a && b"']), ("a && b && c", ["a", "b", "c"]), ("a ? b : c", ["a ? b : c"]),
    ],
)  # fmt: skip
def test_it_takes_a_rule_apart_where_its_parts_are_joined(expression: str, parts: list[str]) -> None:
    assert conjuncts(expression) == parts


def test_a_near_miss_lacks_one_part_or_a_tenth() -> None:
    when = 'payload.stars > 3 && score.risk >= 0.8 && payload.text.contains("> 3")'
    tried = variants(when)
    assert any("0.72" in one.rule.expression and "> 3" in one.rule.expression for one in tried)

    def missing(risk: float, text: str, stars: int = 4) -> str:
        item = Item(id="1", kind="review", payload={"text": text, "stars": stars})
        return nearly(tried, rule_context(item, Score(risk=risk)))

    assert missing(0.75, "> 3") == "a number is off by less than a tenth"
    assert missing(0.1, "> 3") == "all but: score.risk >= 0.8"
    assert missing(0.1, "no") == ""


def test_a_simple_rule_has_no_near_misses() -> None:
    assert variants('payload.text.contains("x")') == []


def test_it_counts_what_would_change_and_what_nothing_had_caught() -> None:
    tally, tried = Tally(), subject("score.risk > 0.4")
    rows = [
        row(1, risk=0.9, was="allow", reason="threshold", harmful=True), row(2, risk=0.8, was="review", harmful=True),
        row(3, risk=0.7, was="allow", reason="threshold", harmful=False), row(4, risk=0.1, was="allow", reason="threshold", harmful=True),
        row(5, risk=0.6, was="enforce", reason="rule", rule="old"),
    ]  # fmt: skip
    for one in rows:
        tally.add(one, tried.judge(one))
    told = summarise(tally.data)
    assert (told["hits"]["count"], told["unique"]["count"], told["changed"]) == (4, 2, 2)
    assert told["matrix"]["allow"] == {"allow": 1, "review": 2, "enforce": 0, "none": 0}
    assert (told["precision"]["right"], told["precision"]["of"]) == (2, 3)
    assert (told["unique"]["right"], told["unique"]["of"]) == (1, 2)
    assert (told["recall"]["right"], told["recall"]["of"]) == (2, 3)
    assert (told["caught_was"]["right"], told["caught_would"]["right"]) == (1, 2)
    assert {one["name"]: one["count"] for one in told["overlap"]} == {"allow: threshold": 2, "review: uncertain": 1, "rule: old": 1}
    assert told["queue"] == {"days": 1, "was": 1.0, "would": 3.0, "change": 2.0}


def test_the_range_is_the_exact_one() -> None:
    tally, tried = Tally(), subject("true")
    for number in range(124):
        one = row(number, was="allow", harmful=number < 117)
        tally.add(one, tried.judge(one))
    precision = summarise(tally.data)["precision"]
    assert (precision["right"], precision["of"]) == (117, 124)
    assert precision["share"] == pytest.approx(0.9435, abs=1e-4)
    assert (precision["low"], precision["high"]) == (pytest.approx(0.8871, abs=1e-3), pytest.approx(0.9770, abs=1e-3))


def test_it_corrects_for_how_labels_were_drawn() -> None:
    """Harmful hits are checked ten times as often as others: counted as they come they look worse than they are."""
    rng, tally, tried = random.Random(3), Tally(), subject("true")
    for number in range(20_000):
        harmful = number % 10 == 0
        chance = 0.5 if harmful else 0.05
        known = rng.random() < chance
        one = row(number, was="enforce", harmful=harmful if known else None, chance=chance if known else None)
        tally.add(one, tried.judge(one))
    found = summarise(tally.data)["precision"]
    assert found["share"] > 0.4
    assert found["drawn"]["share"] == pytest.approx(0.1, abs=0.02)
    assert found["drawn"]["low"] < 0.1 < found["drawn"]["high"]


def test_the_range_of_drawn_labels_holds_the_truth_as_often_as_it_says() -> None:
    rng, inside, runs = random.Random(7), 0, 400
    for _ in range(runs):
        sums = [0.0] * 5
        for _ in range(600):
            risky = rng.random() < 0.3
            chance, harmful = (0.6 if risky else 0.15), rng.random() < (0.4 if risky else 0.05)
            if rng.random() < chance:
                weight = 1 / chance
                for i, part in enumerate((1, weight, weight * harmful, weight**2, weight**2 * harmful)):
                    sums[i] += part
        found = weighted_share(sums)
        assert found is not None
        inside += found["low"] <= 0.3 * 0.4 + 0.7 * 0.05 <= found["high"]
    assert inside / runs > 0.92


def test_one_drawn_label_says_nothing() -> None:
    assert weighted_share([1, 2.0, 2.0, 4.0, 4.0]) is None
    assert weighted_share(None) is None


def test_a_sample_says_what_it_stands_for() -> None:
    tally, tried = Tally(), subject("true")
    for number in range(1000):
        one = row(number)
        tally.add(one, tried.judge(one))
    told = summarise(tally.data, share=0.1)
    assert told["hits"]["whole"] == {"about": 10_000, "low": 9412, "high": 10_588}
    assert told["queue"]["was"] == pytest.approx(10_000)
    assert summarise(tally.data)["hits"]["whole"] is None


def test_a_run_that_was_broken_off_comes_to_the_same() -> None:
    tried, rows = subject("score.risk > 0.5"), [row(n, risk=(n % 97) / 97, harmful=n % 3 == 0 or None) for n in range(500)]
    whole = Tally()
    for one in rows:
        whole.add(one, tried.judge(one))
    first = Tally()
    for one in rows[:200]:
        first.add(one, tried.judge(one))
    second = Tally(json.loads(json.dumps(first.data)))
    for one in rows[200:]:
        second.add(one, tried.judge(one))
    assert second.data == whole.data


def test_it_stays_small_whatever_comes() -> None:
    tally, tried = Tally(), subject("true")
    for number in range(3000):
        one = row(number, language=f"l{number}")
        tally.add(one, tried.judge(one))
    assert len(tally.data["slices"]["language"]) == MOST_NAMES + 1
    assert len(tally.data["hit_samples"]) == SAMPLES
    assert sum(cells[0] for cells in tally.data["slices"]["language"].values()) == 3000
