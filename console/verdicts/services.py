"""Give a verdict, take it back, let it take effect. Each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from console.accounts.models import User
from console.cases.models import Claim
from console.common.errors import Conflict, Invalid, NotFound
from console.policies.models import PolicyVersion
from console.scores.models import Decision
from console.verdicts.models import Label, Verdict
from scoring.policy import PolicyDocument

FIELD_ANSWERS = frozenset({"right", "wrong", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictForm:
    outcome: str
    action: str | None = None
    clauses: Sequence[str] = ()
    labels: Mapping[str, int] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    severity: int | None = None
    certain: bool = True
    note: str = ""
    spans: Sequence[Mapping[str, Any]] = ()


def form_check(form: VerdictForm, document: PolicyDocument, record_fields: Sequence[str]) -> VerdictForm:
    """Fill in what follows from the policy. Raises Invalid with a sentence for each field that is not right."""
    errors: dict[str, list[str]] = {}
    known = {clause.id: clause for clause in document.clauses}
    if form.outcome not in ("allow", "enforce"):
        errors["outcome"] = ["Choose allow or enforce."]
    if unknown := [c for c in form.clauses if c not in known]:
        errors["clauses"] = [f"This policy has no clause {', '.join(map(str, unknown))}; it has {', '.join(known)}."]
    elif form.outcome == "enforce" and not form.clauses and not form.fields:
        errors["clauses"] = ["Choose the clause that it breaks."]
    if form.action is not None and form.outcome == "enforce" and form.action not in document.actions:
        errors["action"] = [f"This policy allows {', '.join(document.actions)}."]
    for name, answer in form.fields.items():
        if name not in record_fields or answer not in FIELD_ANSWERS:
            errors.setdefault("fields", []).append(f"{name}: {answer!r} is not one of right, wrong, unknown for a field of this record.")
    for name, value in (form.labels or {}).items():
        if value not in (0, 1) or not isinstance(name, str) or not 0 < len(name) <= 64:
            errors.setdefault("labels", []).append(f"{name}: a label is 0 or 1.")
    if form.severity is not None and form.severity not in range(4):
        errors["severity"] = ["Severity is 0 to 3."]
    if errors:
        raise Invalid(errors)
    chosen = [known[c] for c in form.clauses]
    severity = form.severity if form.severity is not None else max((c.severity for c in chosen), default=0)
    action = None
    if form.outcome == "enforce":
        action = form.action or next((c.action for c in chosen if c.action), None) or document.actions[0]
    return VerdictForm(
        outcome=form.outcome, action=action, clauses=tuple(form.clauses), labels=form.labels, fields=dict(form.fields),
        severity=severity if form.outcome == "enforce" else 0, certain=form.certain, note=form.note[:10_000], spans=tuple(form.spans),
    )  # fmt: skip


def verdict_create(
    *, claim: Claim, reviewer: User, decision: Decision, policy_version: PolicyVersion, form: VerdictForm, labels: Mapping[str, int],
    undo_until: datetime,
) -> Verdict:  # fmt: skip
    verdict = Verdict.objects.create(
        case_id=claim.case_id, item_id=claim.case.item_id, claim=claim, reviewer=reviewer, decision=decision, policy_version=policy_version,
        outcome=form.outcome, action=form.action or "", clauses=list(form.clauses), fields=dict(form.fields), severity=form.severity or 0,
        certain=form.certain, note=form.note, spans=list(form.spans), evidence_seen=claim.evidence_seen, undo_until=undo_until,
    )  # fmt: skip
    Label.objects.bulk_create(
        Label(
            item_id=verdict.item_id, name=name, value=value, source="verdict", verdict=verdict, model_visible=claim.evidence_seen,
            weight=1.0 if form.certain else 0.5, spans=list(form.spans) if value else [],
        )
        for name, value in labels.items()
    )  # fmt: skip
    return verdict


def verdict_withdraw(*, verdict_id: UUID, reviewer: User) -> Verdict:
    """Mark as undone inside the window and withdraw its labels. Raises NotFound, or Conflict when the window is over."""
    verdict = (
        Verdict.objects.select_for_update(of=("self",)).select_related("decision", "case__queue", "item").filter(pk=verdict_id).first()
    )
    if verdict is None or verdict.reviewer_id != reviewer.pk:
        raise NotFound("There is no such verdict of yours.")
    if verdict.state != Verdict.State.GIVEN:
        raise Conflict("This verdict was undone already.", code="already_undone")
    changed = Verdict.objects.filter(pk=verdict.pk, state=Verdict.State.GIVEN, undo_until__gt=Now()).update(state=Verdict.State.UNDONE)
    if not changed:
        raise Conflict("The time to undo is over: it has taken effect. Give a new verdict instead.", code="undo_over")
    verdict.state = Verdict.State.UNDONE
    Label.objects.filter(verdict=verdict).update(withdrawn=True)
    return verdict
