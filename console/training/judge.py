"""May a challenger serve? The gates of scoring.training.compare, in words; and what holds while nothing serves yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.kind import Split
from scoring.training.compare import MIN_OF_EACH, MIN_TEST, compare, verdict
from scoring.training.evaluate import evaluate_risk
from scoring.types import Json, Score, as_json

LEAST_AUROC = 0.6  # for the first model of a kind: clearly better than a coin


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    passed: bool
    reasons: list[str]
    comparison: dict[str, Json]  # empty when there was nothing to compare with


def judge(parts: Split, *, challenger: Sequence[Score], champion: Sequence[Score] | None, seed: int) -> Judgement:
    """Both score the same frozen test part. `champion` is None when no model serves."""
    if champion is None:
        return _first(parts, challenger)
    comparison = compare(champion, challenger, parts.test, seed=seed)
    passed, reasons = verdict(comparison)
    return Judgement(passed=passed, reasons=reasons, comparison=as_json(comparison))


def _first(parts: Split, scores: Sequence[Score]) -> Judgement:
    risk = evaluate_risk(scores, parts.test)
    positives, auroc = risk["positives"], risk.get("auroc") or 0.0
    if len(parts.test) < MIN_TEST or min(positives, len(parts.test) - positives) < MIN_OF_EACH:
        reason = f"The test is too small to tell: {len(parts.test)} items, {positives} harmful."
        return Judgement(passed=False, reasons=[reason], comparison={})
    passed = auroc >= LEAST_AUROC
    reason = f"No model serves yet; this one ranks {auroc:.0%} of pairs right, {'enough' if passed else 'too few'} to begin with."
    return Judgement(passed=passed, reasons=[reason], comparison={})
