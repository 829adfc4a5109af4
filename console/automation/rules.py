"""The limits: how much error an admin accepts, for each kind, label and side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.automation.certificates import certificate_end, certificate_valid
from console.automation.evidence import RISK
from console.automation.models import AutomationRule, Basis, Certificate, Method, Side
from console.common.errors import Invalid
from console.policies.selectors import active_policy
from scoring.policy import PolicyDocument

LEAST_RISK, LARGEST_RISK = 0.001, 0.2
CONFIDENCES = (0.9, 0.95, 0.99)


def rules_of(kind: str) -> list[AutomationRule]:
    """Both sides of "any rule", and those of labels that somebody set; unsaved where nobody did, and off."""
    known = {(row.side, row.label): row for row in AutomationRule.objects.filter(kind=kind).order_by("side", "label")}
    usual = [known.get((side, RISK)) or AutomationRule(kind=kind, side=side, label=RISK) for side in Side.values]
    return [*usual, *(row for (_, label), row in known.items() if label != RISK)]


def labels_for(document: PolicyDocument) -> list[str]:
    """What may be certified on the side of enforcing: any rule, and each label that a clause answers for."""
    return [RISK, *sorted({label for clause in document.clauses for label in clause.labels})]


@transaction.atomic
def rule_set(*, kind: str, side: str, label: str, values: Mapping[str, Any], user: User) -> AutomationRule:
    """`values`: risk, confidence, basis, method, is_on. A certificate of another limit ends at once. Raises Invalid by field."""
    errors = _errors(kind, side, label, values)
    if errors:
        raise Invalid(errors, "The limit was not changed.")
    rule, _ = AutomationRule.objects.select_for_update().get_or_create(kind=kind, side=side, label=label)
    before = {name: getattr(rule, name) for name in values}
    if before == dict(values) and rule.updated_by_id:
        return rule
    AutomationRule.objects.filter(pk=rule.pk).update(**values, looks={}, updated_by=user, updated_at=Now())
    audit_append(
        actor=f"user:{user.get_username()}", verb="automation.limit_set", subject=f"automation:{kind}:{side}:{label}"[:100],
        data={"before": before, "after": dict(values)},
    )  # fmt: skip
    rule.refresh_from_db()
    valid = certificate_valid(rule)
    if valid is not None:
        why = "Its limit was changed." if rule.is_on else "People decide again: somebody switched it off."
        certificate_end(valid, state=Certificate.State.WITHDRAWN, why=why, user=user)
    return rule


def _errors(kind: str, side: str, label: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if side not in Side.values:
        errors["side"] = ["It is allow or enforce."]
    allowed = labels_for(active_policy(kind)[1])
    if label not in allowed:
        errors["label"] = [f"No clause here answers for {label}; there are {', '.join(allowed)}."]
    elif side == Side.ALLOW and label != RISK:
        errors["label"] = ["An item is let through only where no rule at all is likely to be broken."]
    if not LEAST_RISK <= values.get("risk", LEAST_RISK) <= LARGEST_RISK:
        errors["risk"] = [f"The error that you accept is {LEAST_RISK:.1%} to {LARGEST_RISK:.0%}."]
    if values.get("confidence", 0.95) not in CONFIDENCES:
        errors["confidence"] = ["How sure it must be: 90, 95 or 99 in 100."]
    if values.get("basis", Basis.DECIDED) not in Basis.values:
        errors["basis"] = [f"It is one of {', '.join(Basis.values)}."]
    if values.get("method", Method.SEQUENCE) not in Method.values:
        errors["method"] = [f"It is one of {', '.join(Method.values)}."]
    return errors
