"""The limits: how much error an admin accepts, for each kind, label and side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import Source, User
from console.audit.services import audit_append
from console.automation.certificates import certificate_end, certificate_valid, subject_of
from console.automation.evidence import RISK
from console.automation.models import AutomationRule, Basis, Certificate, Method, Side
from console.automation.parts import MOST_PARTS, band_lock, own_rules
from console.common.errors import Invalid
from console.policies.selectors import active_policy
from scoring.policy import PolicyDocument
from scoring.text.language_names import LANGUAGES
from scoring.withheld import LANGUAGE, SOURCE

LEAST_RISK, LARGEST_RISK = 0.001, 0.2
CONFIDENCES = (0.9, 0.95, 0.99)


def rules_of(kind: str) -> list[AutomationRule]:
    """Both sides of "any rule", and those of labels that somebody set; unsaved where nobody did, and off. Then the parts that have a
    limit of their own now."""
    known = {(row.side, row.label): row for row in AutomationRule.objects.filter(kind=kind, name="").order_by("side", "label")}
    usual = [known.get((side, RISK)) or AutomationRule(kind=kind, side=side, label=RISK) for side in Side.values]
    bands = [*usual, *(row for (_, label), row in known.items() if label != RISK)]
    own = AutomationRule.objects.filter(kind=kind, is_on=True).exclude(name="").order_by("side", "label", "name")
    return [*bands, *own]


def labels_for(document: PolicyDocument) -> list[str]:
    """What may be certified on the side of enforcing: any rule, and each label that a clause answers for."""
    return [RISK, *sorted({label for clause in document.clauses for label in clause.labels})]


@transaction.atomic
def rule_set(
    *, kind: str, side: str, label: str, values: Mapping[str, Any], user: User, cut: str = "", name: str = ""
) -> AutomationRule:  # fmt: skip
    """`values`: risk, confidence, basis, method, is_on. With `cut` and `name` of one part of the band: switched off, it belongs to the
    rest again. A certificate of another limit, or of other items, ends at once. Raises Invalid by field."""
    errors = _errors(kind, side, label, values)
    if not errors:
        band_lock(AutomationRule(kind=kind, side=side, label=label))
    errors |= _part_errors(kind, side, label, cut, name, on=bool(values.get("is_on")))
    if errors:
        raise Invalid(errors, "The limit was not changed.")
    rule, _ = AutomationRule.objects.select_for_update().get_or_create(
        kind=kind, side=side, label=label, cut=cut, name=name
    )  # fmt: skip
    before = {name: getattr(rule, name) for name in values}
    if before == dict(values) and rule.updated_by_id:
        return rule
    AutomationRule.objects.filter(pk=rule.pk).update(**values, updated_by=user, updated_at=Now())
    audit_append(
        actor=f"user:{user.get_username()}", verb="automation.limit_set", subject=subject_of(rule),
        data={"before": before, "after": dict(values)},
    )  # fmt: skip
    rule.refresh_from_db()
    if rule.name and before.get("is_on") != rule.is_on:
        _rest_ends(rule, user)
    valid = certificate_valid(rule)
    if valid is not None:
        why = "Its limit was changed." if rule.is_on else "People decide again: somebody switched it off."
        certificate_end(valid, state=Certificate.State.WITHDRAWN, why=why, user=user)
    return rule


def _rest_ends(part: AutomationRule, user: User) -> None:
    """What the rest is proven of has changed. The looks that it spent stay spent: who divides anew does not begin anew."""
    whole = AutomationRule.objects.filter(kind=part.kind, side=part.side, label=part.label, name="").first()
    valid = certificate_valid(whole) if whole else None
    if whole is not None and valid is not None:
        why = "A part of it has a limit of its own now." if part.is_on else "A part that had a limit of its own belongs to it again."
        certificate_end(valid, state=Certificate.State.WITHDRAWN, why=why, user=user)


def _part_errors(kind: str, side: str, label: str, cut: str, name: str, *, on: bool) -> dict[str, list[str]]:
    if not cut and not name:
        return {}
    if not (name in LANGUAGES if cut == LANGUAGE else cut == SOURCE and Source.objects.filter(slug=name).exists()):
        return {"part": ["Choose a language or a source that is known here."]}
    own = [row for row in own_rules(kind, side, label) if (row.cut, row.name) != (cut, name)]  # a source may be called "de"
    if on and any(row.cut != cut for row in own):
        return {"part": [f"This band is divided by {own[0].cut} already: an item lies in one part only."]}
    if on and len(own) >= MOST_PARTS:
        return {"part": [f"A band has at most {MOST_PARTS} parts with a limit of their own."]}
    return {}


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
