"""Write scores and decisions. Decisions are versions: at most one of an item is in effect, a constraint holds that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from django.db.models.functions import Now

from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.scores.models import Decision, Fingerprint, Score
from scoring.alike import Fingerprint as Found
from scoring.types import Decision as Decided
from scoring.types import Evidence, as_json
from scoring.types import Score as Scored


def score_build(*, item: Item, scored: Scored, checksum: str, took_ms: float | None) -> Score:
    """An unsaved row, so that a batch is written with one statement."""
    return Score(
        item=item,
        model=scored.model,
        checksum=checksum,
        risk=scored.risk,
        uncertainty=scored.uncertainty,
        labels=as_json(scored.labels),
        evidence=as_json(scored.evidence),
        signals=as_json(scored.signals),
        errors=as_json(scored.errors),
        extra=as_json(scored.extra),
        took_ms=took_ms,
    )


def fingerprint_build(*, item: Item, found: Found) -> Fingerprint:
    """An unsaved row, so that a batch is written with one statement."""
    return Fingerprint(item=item, kind=item.kind, text=found.text, frames=found.frames, bands=list(found.bands))


def fingerprints_put(rows: Sequence[Fingerprint]) -> int:
    """Write what is not there yet; returns how many were given."""
    Fingerprint.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def scored_of(row: Score | None) -> Scored | None:
    """The stored row as the library's type."""
    if row is None:
        return None
    return Scored(
        risk=row.risk, uncertainty=row.uncertainty, labels=row.labels, evidence=[Evidence(**e) for e in row.evidence], signals=row.signals,
        errors=row.errors, model=row.model, extra=row.extra,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """What a decision row records, whoever decided."""

    outcome: str
    reason: str
    sentence: str
    automated: bool
    action: str = ""
    duration_hours: int | None = None
    clause: str = ""
    label: str = ""
    rule: str = ""
    severity: int = 0
    thresholds: Mapping[str, Any] | None = None
    statement: Mapping[str, Any] | None = None


def facts_of(decided: Decided) -> DecisionFacts:
    return DecisionFacts(
        outcome=decided.outcome,
        reason=decided.reason,
        sentence=decided.sentence[:300],
        automated=decided.outcome != "review",
        action=decided.action or "",
        clause=decided.clause or "",
        label=decided.label or "",
        rule=decided.rule or "",
        severity=decided.severity,
        thresholds=as_json(decided.thresholds),
    )


def decision_build(
    *, item: Item, number: int, facts: DecisionFacts, policy_version: PolicyVersion, score: Score | None, held: bool = False
) -> Decision:
    """An unsaved decision, so that a batch is written with one statement."""
    return Decision(
        item=item,
        number=number,
        state=Decision.State.HELD if held else Decision.State.EFFECTIVE,
        effective_at=None if held else Now(),
        outcome=facts.outcome,
        reason=facts.reason,
        sentence=facts.sentence,
        automated=facts.automated,
        action=facts.action,
        duration_hours=facts.duration_hours,
        clause=facts.clause,
        label=facts.label,
        rule=facts.rule,
        severity=facts.severity,
        thresholds=dict(facts.thresholds or {}),
        statement=dict(facts.statement or {}),
        score=score,
        model=score.model if score else "",
        policy_version=policy_version,
    )


def decision_supersede(
    *, item: Item, facts: DecisionFacts, policy_version: PolicyVersion, score: Score | None, held: bool = False
) -> Decision:
    """Supersede what is in effect and write the next version; must run inside a transaction that locked the item."""
    Decision.objects.filter(item=item, state__in=[Decision.State.EFFECTIVE, Decision.State.HELD]).update(state=Decision.State.SUPERSEDED)
    last = Decision.objects.filter(item=item).aggregate(n=Max("number"))["n"] or 0
    decision = decision_build(item=item, number=last + 1, facts=facts, policy_version=policy_version, score=score, held=held)
    decision.save(force_insert=True)
    return decision


def decision_undo(*, decision: Decision) -> bool:
    """Take a held decision back; the one before it is in effect again. False when it was not held any more."""
    if not Decision.objects.filter(pk=decision.pk, state=Decision.State.HELD).update(state=Decision.State.UNDONE):
        return False
    before = (
        Decision.objects.filter(item_id=decision.item_id, number__lt=decision.number, state=Decision.State.SUPERSEDED)
        .order_by("-number")
        .first()
    )
    if before is not None:
        Decision.objects.filter(pk=before.pk).update(state=Decision.State.EFFECTIVE)
    return True


def decision_take_effect(*, decision: Decision) -> bool:
    """False when it was undone or superseded meanwhile."""
    changed = Decision.objects.filter(pk=decision.pk, state=Decision.State.HELD).update(state=Decision.State.EFFECTIVE, effective_at=Now())
    return bool(changed)
