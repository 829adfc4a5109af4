"""What can be tried on history. Each says of a row what it would have decided, from the stored score."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scoring.backtest.near import Variant, nearly, variants
from scoring.backtest.rows import NOT_DECIDED, Judged, Row
from scoring.decide import RISK, decide
from scoring.policy import PolicyDocument, Rule, Threshold
from scoring.signals.rules import RuleError, rule_context
from scoring.types import Score
from scoring.withheld import Held, marks_here

EARLIER = frozenset({"match", "rule", "rule_errored"})  # what speaks before thresholds do, and before a rule that is added last
NEAR = 0.1  # below a bar by so much or less is a near miss
_PAST = re.compile(r"\bpast\b")
_NOTHING = Score(risk=None)


class Subject(Protocol):
    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that are worked out: without any, rows may come without their payload."""
        ...

    @property
    def needs_score(self) -> bool:
        """Rows without one are left out."""
        ...

    def judge(self, row: Row, *, closely: bool = False) -> Judged:
        """`closely` asks for near misses too where they cost something."""
        ...


@dataclass(frozen=True, slots=True)
class RuleSubject:
    """One rule, added at the end of the list that was in force: what an earlier rule or a match decided stays decided.

    The change is that of the rule alone: a row that it does not hold for keeps the decision that it had.
    """

    rule: Rule
    alone: PolicyDocument
    looser: list[Variant]
    needs_score: bool = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (self.rule,)

    @classmethod
    def of(cls, rule: Rule, policy: PolicyDocument) -> RuleSubject:
        alone = policy.model_copy(update={"rules": (rule,), "thresholds": (), "match_enforces": False})
        return cls(rule, alone, variants(rule.when))

    def judge(self, row: Row, *, closely: bool = False) -> Judged:
        score = row.score or _NOTHING
        decided = decide(row.item, score, self.alone)
        if decided.reason == "rule":
            return Judged(outcome=row.was if row.reason in EARLIER else decided.outcome, hit=True)
        if decided.reason == "rule_errored":
            return Judged(outcome=row.was if row.reason in EARLIER else "review", error=decided.sentence)
        why = self._missing(row, score) if closely and self.looser else ""
        return Judged(outcome=row.was, near=0.0 if why else None, why=why)

    def _missing(self, row: Row, score: Score) -> str:
        try:
            return nearly(self.looser, rule_context(row.item, score))
        except RuleError:
            return ""


@dataclass(frozen=True, slots=True)
class PolicySubject:
    """A whole policy: every row is decided anew from its score."""

    policy: PolicyDocument
    certified: Mapping[str, Mapping[str, Threshold]] = field(default_factory=dict)  # what is proven now, by model and label
    held: Sequence[Held] = ()  # what people decide all the same
    needs_score: bool = True

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.policy.rules

    def judge(self, row: Row, *, closely: bool = False) -> Judged:
        score = row.score or _NOTHING
        proven = marks_here(self.certified.get(score.model, {}), self.held, model=score.model, source=row.source, language=row.language)
        decided = decide(row.item, score, self.policy, certified=proven)
        hit = decided.outcome == "enforce"
        bars = tuple(proven.values()) if self.policy.automation == "certified" else self.policy.thresholds
        near, why = (None, "") if hit else _below(score, bars)
        error = decided.sentence if decided.reason == "rule_errored" else ""
        return Judged(outcome=decided.outcome, hit=hit, near=near, why=why, error=error)


@dataclass(frozen=True, slots=True)
class ThresholdSubject:
    """Thresholds as if they acted: what a rule or a match decided stays decided, and what people decide all the same goes to people,
    whichever model scored it then: they would act with the one that serves."""

    inner: PolicySubject
    bars: Mapping[str, Threshold]
    held: Sequence[Held] = ()
    needs_score: bool = True

    @property
    def rules(self) -> tuple[Rule, ...]:
        return ()

    @classmethod
    def of(cls, thresholds: tuple[Threshold, ...], policy: PolicyDocument, held: Sequence[Held] = ()) -> ThresholdSubject:
        update = {"rules": (), "match_enforces": False, "thresholds": thresholds, "automation": "demo"}
        return cls(PolicySubject(policy.model_copy(update=update)), {bar.label: bar for bar in thresholds}, held)

    def judge(self, row: Row, *, closely: bool = False) -> Judged:
        if row.reason in EARLIER and row.was != NOT_DECIDED:
            return Judged(outcome=row.was)
        here = marks_here(self.bars, self.held, model=None, source=row.source, language=row.language)
        if here is self.bars:
            return self.inner.judge(row, closely=closely)
        policy = self.inner.policy.model_copy(update={"thresholds": tuple(here.values())})
        return PolicySubject(policy).judge(row, closely=closely)


def reads_past(subject: Subject) -> bool:
    """Whether one of its rules asks for what came before an item: then rows must bring it."""
    return any(_PAST.search(rule.when) for rule in subject.rules)


def _below(score: Score, bars: tuple[Threshold, ...]) -> tuple[float | None, str]:
    """How far below the nearest bar to act, and in words."""
    found = []
    for bar in bars:
        value = score.risk if bar.label == RISK else score.labels.get(bar.label)
        if bar.enforce is not None and value is not None and 0 <= bar.enforce - value <= NEAR:
            found.append((bar.enforce - value, f"{bar.label} {value:.3f}, the bar is at {bar.enforce:g}"))
    return min(found, default=(None, ""))
