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

# What was done, where the kind's own word ("Removed") would say something else.
DONE = {"warn": "Warned", "mute": "Muted", "suspend": "Suspended", "trim": "Trimmed", "age_gate": "Kept for adults only"}


def verdict_facts(item: Item, form: VerdictForm, document: PolicyDocument) -> DecisionFacts:
    words = KINDS[item.kind].words
    if form.outcome == "allow":
        return DecisionFacts(outcome="allow", reason="verdict", automated=False, sentence=f"{words.allowed} by a person.")
    clause = next((c for c in document.clauses if c.id in form.clauses), None)
    asks = f"Held, to {form.action}" if form.action in document.asking else words.enforced
    done = DONE.get(form.action or "", asks) + _for_how_long(form.duration_hours)
    facts = DecisionFacts(
        outcome="enforce",
        reason="verdict",
        automated=False,
        action=form.action or "",
        duration_hours=form.duration_hours,
        clause=clause.id if clause else "",
        label=target_of(clause) if clause else "",
        severity=form.severity or 0,
        sentence=f"{done}: {clause.title.lower()}." if clause else f"{done} by a person.",
    )
    return replace(facts, statement=statement_of_reasons(item, facts, document))


def _for_how_long(hours: int | None) -> str:
    if hours is None:
        return ""
    amount, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f" for {amount} {unit}{'s' if amount > 1 else ''}"
