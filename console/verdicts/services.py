"""Give a verdict, take it back, let it take effect. Each is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from console.accounts.models import User
from console.cases.models import Claim
from console.common.errors import Conflict, Invalid, NotFound
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.scores.models import Decision
from console.verdicts.labels import SAME, SAME_ANSWERS, merges, target_of
from console.verdicts.models import Batch, Label, Verdict
from console.verdicts.spans import spans_check
from scoring.policy import PolicyDocument

UNDO_OVER = "The time to undo is over: it has taken effect. Correct it on the page of the item instead."
FIELD_ANSWERS = frozenset({"right", "wrong", "unknown"})
PARTIAL = frozenset({"trim"})  # actions on a part of a film: the verdict must say which
MOST_HOURS = 24 * 366


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictForm:
    outcome: str
    action: str | None = None
    duration_hours: int | None = None  # None: no end
    clauses: Sequence[str] = ()
    labels: Mapping[str, int] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    severity: int | None = None
    certain: bool = True
    note: str = ""
    spans: Sequence[Mapping[str, Any]] = ()


def form_check(form: VerdictForm, document: PolicyDocument, item: Item, record_fields: Sequence[str]) -> VerdictForm:
    """Fill in what follows from the policy. Raises Invalid with a sentence for each field that is not right."""
    errors: dict[str, list[str]] = {}
    known = {clause.id: clause for clause in document.clauses}
    if form.outcome not in ("allow", "enforce"):
        errors["outcome"] = ["Choose allow or enforce."]
    if unknown := [c for c in form.clauses if c not in known]:
        errors["clauses"] = [f"This policy has no clause {', '.join(map(str, unknown))}; it has {', '.join(known)}."]
    elif form.outcome == "enforce" and not form.clauses and not form.fields.keys() - merges(form.fields).keys():
        errors["clauses"] = ["Choose the clause that it breaks."]
    if form.action is not None and form.outcome == "enforce" and form.action not in document.actions:
        errors["action"] = [f"This policy allows {', '.join(document.actions)}."]
    same = merges(form.fields)
    for name, answer in form.fields.items():
        if name in same:
            if answer not in SAME_ANSWERS:
                errors.setdefault("fields", []).append(f"{name}: {answer!r} is not one of {', '.join(sorted(SAME_ANSWERS))}.")
        elif name not in record_fields or answer not in FIELD_ANSWERS:
            errors.setdefault("fields", []).append(f"{name}: {answer!r} is not one of right, wrong, unknown for a field of this record.")
    for name, value in (form.labels or {}).items():
        if value not in (0, 1) or not isinstance(name, str) or not 0 < len(name) <= 64:
            errors.setdefault("labels", []).append(f"{name}: a label is 0 or 1.")
    if not _are_here([name.removeprefix(SAME) for name in same], item):
        errors.setdefault("fields", []).append("A record that this one is compared with is not here.")
    if form.severity is not None and form.severity not in range(4):
        errors["severity"] = ["Severity is 0 to 3."]
    spans, wrong = spans_check(form.spans, item, {label for c in document.clauses for label in (target_of(c), *c.labels)})
    if wrong:
        errors["spans"] = wrong
    chosen = [known[c] for c in form.clauses if c in known]
    action = None
    if form.outcome == "enforce":
        action = form.action or next((c.action for c in chosen if c.action), None) or document.actions[0]
        errors |= _action_errors(action, form.duration_hours, spans, document)
    if errors:
        raise Invalid(errors)
    severity = form.severity if form.severity is not None else max((c.severity for c in chosen), default=0)
    return replace(
        form, action=action, duration_hours=form.duration_hours if action else None, clauses=tuple(form.clauses), fields=dict(form.fields),
        severity=severity if form.outcome == "enforce" else 0, note=form.note[:10_000], spans=tuple(spans),
    )  # fmt: skip


def _action_errors(action: str, hours: int | None, spans: Sequence[Mapping[str, Any]], document: PolicyDocument) -> dict[str, list[str]]:
    """What an action needs beside its name: an end only where it can end, a part only where it has one."""
    errors: dict[str, list[str]] = {}
    if hours is not None and action not in document.timed:
        errors["duration_hours"] = [f"{action.capitalize()} does not end by itself; {', '.join(document.timed) or 'nothing'} does here."]
    elif hours is not None and not 1 <= hours <= MOST_HOURS:
        errors["duration_hours"] = [f"An action lasts 1 to {MOST_HOURS} hours, or has no end."]
    if action in PARTIAL and not any("t0" in span for span in spans):
        errors["action"] = [f"Mark the part to {action} first: its start with I, its end with O."]
    return errors


def _are_here(records: Collection[str], item: Item) -> bool:
    """Ids of other items of the same source and kind."""
    try:
        wanted = {UUID(text) for text in records} - {item.pk}
    except ValueError:
        return False
    known = Item.objects.filter(pk__in=wanted, source_id=item.source_id, kind=item.kind).count() if wanted else 0
    return known == len(records)


def verdict_create(
    *, claim: Claim, decision: Decision | None, policy_version: PolicyVersion, form: VerdictForm, labels: Mapping[str, int],
    undo_until: datetime, batch: Batch | None = None, supersedes: Verdict | None = None, why: str = "", propensity: float | None = None,
) -> Verdict:  # fmt: skip
    """`propensity`: the chance with which the item was drawn to be labelled, where it was drawn."""
    verdict = Verdict.objects.create(
        claim=claim, case_id=claim.case_id, item_id=claim.case.item_id, reviewer=claim.reviewer, decision=decision,
        policy_version=policy_version, outcome=form.outcome, action=form.action or "", duration_hours=form.duration_hours,
        clauses=list(form.clauses), fields=dict(form.fields), severity=form.severity or 0, certain=form.certain, note=form.note,
        spans=list(form.spans), evidence_seen=claim.evidence_seen, undo_until=undo_until, batch=batch, supersedes=supersedes,
        why_corrected=why,
    )  # fmt: skip
    Label.objects.bulk_create(
        Label(
            item_id=verdict.item_id, name=name, value=value, source=Label.Source.VERDICT, verdict=verdict, reviewer=claim.reviewer,
            model_visible=claim.evidence_seen, propensity=propensity, weight=1.0 if form.certain else 0.5,
            spans=[span for span in form.spans if span["label"] in ("", name)] if value else [],
        )
        for name, value in labels.items()
    )  # fmt: skip
    return verdict


def verdict_withdraw(*, verdict_id: UUID, reviewer: User) -> Verdict:
    """Mark as undone inside the window and withdraw its labels. Raises NotFound, or Conflict when the window is over."""
    Item.objects.select_for_update(of=("self",)).filter(verdicts=verdict_id).first()  # as every verdict does first
    verdict = (
        Verdict.objects.select_for_update(of=("self",)).select_related("decision", "case__queue", "item").filter(pk=verdict_id).first()
    )
    if verdict is None or verdict.reviewer_id != reviewer.pk:
        raise NotFound("There is no such verdict of yours.")
    if verdict.state == Verdict.State.SUPERSEDED:
        raise Conflict("A later verdict took the place of this one.", code="superseded")
    if verdict.state != Verdict.State.GIVEN:
        raise Conflict("This verdict was undone already.", code="already_undone")
    changed = Verdict.objects.filter(pk=verdict.pk, state=Verdict.State.GIVEN, undo_until__gt=Now()).update(state=Verdict.State.UNDONE)
    if not changed:
        raise Conflict(UNDO_OVER, code="undo_over")
    verdict.state = Verdict.State.UNDONE
    Label.objects.filter(verdict=verdict).update(withdrawn=True)
    return verdict
