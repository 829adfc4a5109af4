"""May a challenger serve? Every gate of scoring.gates, asked of both models on the same frozen test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scoring.artifacts import Bundle
from scoring.gates.gate import Side, Trial
from scoring.gates.report import examine
from scoring.kind import Kind, Split
from scoring.types import Json, RunContext, Score, as_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    passed: bool
    headline: str
    reasons: list[str]
    comparison: dict[str, Json]  # the differences (none when nothing serves), and under "report" every gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A version on trial: its bundle and its scores of the frozen test part, in order."""

    bundle: Bundle
    scores: Sequence[Score]


def judge(
    kind: Kind, parts: Split, *, challenger: Model, champion: Model | None, seed: int, context: RunContext,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Judgement:  # fmt: skip
    """`champion` is None when no model serves. `tell` hears each gate before it is asked, and may raise to stop."""
    trial = Trial(
        kind=kind, examples=parts.test, challenger=_side(kind, challenger), champion=_side(kind, champion) if champion else None,
        parts=parts, context=context, seed=seed,
    )  # fmt: skip
    report = examine(trial, tell)
    comparison: dict[str, Json] = as_json(trial.comparison) if trial.comparison is not None else {}
    comparison["report"] = {**as_json(report), "n": len(parts.test)}
    return Judgement(passed=report.passed, headline=report.headline, reasons=report.reasons, comparison=comparison)


def _side(kind: Kind, model: Model) -> Side:
    return Side(scores=model.scores, bundle=model.bundle, scorer=kind.load_scorer(model.bundle))
