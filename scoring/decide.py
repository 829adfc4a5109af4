"""From a score to allow, review or enforce, with the reason. Pure: the same input gives the same decision.

Whatever is missing, failed or unproven goes to a person. Nothing but a complete score can lead to "allow".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from scoring.policy import Clause, PolicyDocument, Rule, Threshold
from scoring.signals.rules import RuleError, compile_rule, rule_context
from scoring.types import Decision, Item, Json, Outcome, Score

RISK = "risk"
PDQ_LIMIT = 31  # bits of 256: what the authors of PDQ call the same picture


def decide(
    item: Item, score: Score, policy: PolicyDocument, *, certified: Mapping[str, Threshold] | None = None
) -> Decision:  # fmt: skip
    """Known content, rules, gaps in the score, reports, thresholds: the first that has something to say decides.

    `certified` holds the thresholds whose error is proven, by label; with automation "certified" only they count.
    """
    return (
        _by_match(score, policy)
        or _by_rules(item, score, policy)
        or _by_gap(score, policy)
        or _by_thresholds(item, score, policy, certified or {})
    )


def _by_match(score: Score, policy: PolicyDocument) -> Decision | None:
    if not policy.match_enforces or score.signals.get("known_match") is False:
        return None
    limit = score.signals.get("match_limit", PDQ_LIMIT)
    near = [e for e in score.evidence if e.type == "match" and e.weight <= limit]
    if score.signals.get("known_match") is not True and not near:
        return None
    label = next((e.label for e in near if e.label), None) or _top_label(score)
    sentence = "It equals content that was removed before."
    return _decision("enforce", "match", sentence, policy, label=label, clause=_clause(policy, label))


def _by_rules(item: Item, score: Score, policy: PolicyDocument) -> Decision | None:
    if not policy.rules:
        return None
    try:
        context = rule_context(item, score)
    except RuleError as error:
        return _decision("review", "rule_errored", f"The rules could not be used: {error}.", policy)
    for rule in policy.rules:
        try:
            holds = compile_rule(rule.when).holds(context)
        except RuleError as error:
            sentence = f"The rule “{rule.name}” could not be used, so a person looks: {error}."
            return _decision("review", "rule_errored", sentence, policy, rule=rule.name, label=_top_label(score))
        if holds and (decision := _apply_rule(rule, score, policy)):
            return decision
    return None


def _apply_rule(rule: Rule, score: Score, policy: PolicyDocument) -> Decision | None:
    outcome: Outcome = rule.then
    if outcome == "allow" and _gap(score):
        return None  # a rule may say yes only to what could be scored
    if outcome != "review" and policy.automation == "off" and not rule.hard:
        outcome = "review"
    clause = next((c for c in policy.clauses if c.id == rule.clause), None)
    label = clause.labels[0] if clause and len(clause.labels) == 1 else _top_label(score, clause)
    return _decision(outcome, "rule", rule.sentence, policy, rule=rule.name, label=label, clause=clause, action=rule.action)


def _gap(score: Score) -> tuple[str, str] | None:
    """Why the score cannot be trusted to decide: reason code and sentence."""
    values = [score.risk, *score.labels.values()]
    if score.risk is None:
        if score.errors:
            return "detector_failed", f"A check failed, so a person looks: {_first_error(score)}"
        return "no_score", "The machine could not decide, so a person looks."
    if any(v is None or not math.isfinite(v) or not 0 <= v <= 1 for v in values):
        return "no_score", "The machine gave no usable score, so a person looks."
    if score.errors:
        return "detector_failed", f"A check failed, so a person looks: {_first_error(score)}"
    if score.signals.get("out_of_scope"):
        return "out_of_scope", "It is unlike what the machine has learnt from, so a person looks."
    return None


def _first_error(score: Score) -> str:
    name, sentence = next(iter(score.errors.items()))
    text = " ".join(str(sentence or name).split())[:200].removesuffix(", so a person looks.")
    return text if text.endswith(".") else f"{text}."


def _by_gap(score: Score, policy: PolicyDocument) -> Decision | None:
    gap = _gap(score)
    if gap is None:
        return None
    label = _top_label(score)
    return _decision("review", *gap, policy, label=label, clause=_clause(policy, label))


def _by_thresholds(item: Item, score: Score, policy: PolicyDocument, certified: Mapping[str, Threshold]) -> Decision:
    wanted, label = _compare(score, policy.thresholds)
    active = list(certified.values()) if policy.automation == "certified" else policy.thresholds
    outcome: Outcome = "review"
    if policy.automation != "off":
        outcome, label = _compare(score, active)
    compared = _compared(score, active)
    reason = "certified" if policy.automation == "certified" else "threshold"  # a mark that is proven, or one that somebody chose
    sentence = _chance(score, label)
    if outcome == "allow" and item.reports > 0:
        outcome, reason, sentence = "review", "reports", _reported(item.reports)
    elif outcome == "review":
        reason, sentence = _why_review(item, policy, wanted)
    return _decision(outcome, reason, sentence, policy, label=label, clause=_clause(policy, label), thresholds=compared)


def _why_review(item: Item, policy: PolicyDocument, wanted: Outcome) -> tuple[str, str]:
    """Without the chance: that is evidence, and a reviewer sees it only after asking."""
    if item.reports > 0:
        return "reports", _reported(item.reports)
    if policy.automation == "off":
        return "automation_off", "People decide everything here."
    if policy.automation == "certified" and wanted != "review":
        return "not_certified", "Not enough proof yet to decide this without a person."
    return "uncertain", "The machine could not decide."


def _compare(score: Score, thresholds: Sequence[Threshold]) -> tuple[Outcome, str | None]:
    """Enforce when any label reaches its bar; allow only when every label is known to lie at or below its own."""
    bars = [(t.label, t.enforce, _value(score, t.label)) for t in thresholds]
    over = [(value - bar, label) for label, bar, value in bars if bar is not None and value is not None and value >= bar]
    if over:
        label = max(over)[1]
        return "enforce", _top_label(score) if label == RISK else label
    low = [t for t in thresholds if t.allow is not None]
    below = all((v := _value(score, t.label)) is not None and t.allow is not None and v <= t.allow for t in low)
    known = all(_value(score, t.label) is not None for t in thresholds)
    covered = any(t.label == RISK for t in low) or {t.label for t in low} >= set(score.labels)
    if low and below and known and covered:
        return "allow", None
    return "review", _top_label(score)


def _compared(score: Score, thresholds: Sequence[Threshold]) -> dict[str, Json]:
    return {t.label: {"value": _value(score, t.label), "allow": t.allow, "enforce": t.enforce} for t in thresholds}


def _value(score: Score, label: str) -> float | None:
    return score.risk if label == RISK else score.labels.get(label)


def _top_label(score: Score, clause: Clause | None = None) -> str | None:
    """The likeliest label, of those of the clause if one is given; ties go by name."""
    labels = {k: v for k, v in score.labels.items() if v is not None and (clause is None or k in clause.labels)}
    return max(sorted(labels), key=lambda k: labels[k]) if labels else None


def _clause(policy: PolicyDocument, label: str | None) -> Clause | None:
    return policy.clause_for(label) if label else None


def _chance(score: Score, label: str | None) -> str:
    value = score.labels.get(label) if label else score.risk
    value = score.risk if value is None else value
    tenths = round((value or 0.0) * 10)
    share = "Fewer than 1 in 10" if tenths < 1 else "More than 9 in 10" if tenths > 9 else f"{tenths} in 10"
    return f"{share} like this break{'s' if tenths == 1 else ''} the rule."


def _reported(reports: int) -> str:
    return "1 person reported it." if reports == 1 else f"{reports} people reported it."


def _decision(
    outcome: Outcome, reason: str, sentence: str, policy: PolicyDocument, *, label: str | None = None, clause: Clause | None = None,
    rule: str | None = None, action: str | None = None, thresholds: Mapping[str, Json] | None = None,
) -> Decision:  # fmt: skip
    if outcome == "enforce":
        action = action or (clause.action if clause else None) or next(iter(policy.actions), None)
    return Decision(
        outcome=outcome, reason=reason, sentence=sentence, action=action if outcome == "enforce" else None,
        clause=clause.id if clause and outcome != "allow" else None, label=label, rule=rule,
        severity=clause.severity if clause and outcome != "allow" else 0, thresholds=dict(thresholds or {}),
    )  # fmt: skip
