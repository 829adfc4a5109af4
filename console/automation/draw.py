"""The draw: which chance a decision has of being audited, and whether it falls. Known for every decision, drawn or not."""

from __future__ import annotations

from math import isfinite

from console.automation.models import AuditPlan, Sample
from console.scores.models import Decision
from scoring.audits import decile, luck, probability

LARGEST_LEAST = 0.2  # what the weekly minimum of a small stratum may ask for at most
BY_SCORE = frozenset({"threshold", "certified", "uncertain", "not_certified", "automation_off", "reports"})
_RATES = {"allow": "allow_rate", "enforce": "enforce_rate", "review": "review_rate"}


def sample_build(*, plan: AuditPlan, decision: Decision) -> Sample:
    """An unsaved row. Nobody can foresee the luck of a decision: the seed of the plan never leaves the server."""
    risk = decision.score.risk if decision.score else None
    risk = risk if risk is not None and isfinite(risk) else None
    stratum = 9 if risk is None else decile(risk)
    return Sample(
        decision=decision, kind=plan.kind, model=decision.model, outcome=decision.outcome, by_score=decision.reason in BY_SCORE, risk=risk,
        stratum=stratum, luck=luck(plan.seed, str(decision.pk)), chance=_chance(plan, decision.outcome, risk, stratum),
    )  # fmt: skip


def is_drawn(sample: Sample) -> bool:
    return sample.luck < sample.chance


def _chance(plan: AuditPlan, outcome: str, risk: float | None, stratum: int) -> float:
    rate: float = getattr(plan, _RATES[outcome])
    week = plan.measured.get(outcome)
    if outcome == "review" or week is None or risk is None:
        return rate
    doubt = risk if outcome == "allow" else 1 - risk
    count = week["strata"].get(str(stratum), 0)
    least = min(LARGEST_LEAST, plan.weekly_minimum / count) if count else 0.0
    return probability(rate, doubt, week["usual"], least)
