"""From a person's conclusion to the facts of a decision."""

from __future__ import annotations

from dataclasses import replace

from console.enforcement.statements import statement_of_reasons
from console.intake.models import Item
from console.scores.services import DecisionFacts
from console.verdicts.labels import target_of
from console.verdicts.services import VerdictForm
from scoring.policy import PolicyDocument
from scoring.registry import KINDS


def verdict_facts(item: Item, form: VerdictForm, document: PolicyDocument) -> DecisionFacts:
    words = KINDS[item.kind].words
    if form.outcome == "allow":
        return DecisionFacts(outcome="allow", reason="verdict", automated=False, sentence=f"{words.allowed} by a person.")
    clause = next((c for c in document.clauses if c.id in form.clauses), None)
    facts = DecisionFacts(
        outcome="enforce",
        reason="verdict",
        automated=False,
        action=form.action or "",
        clause=clause.id if clause else "",
        label=target_of(clause) if clause else "",
        severity=form.severity or 0,
        sentence=f"{words.enforced}: {clause.title.lower()}." if clause else f"{words.enforced} by a person.",
    )
    return replace(facts, statement=statement_of_reasons(item, facts, document))
