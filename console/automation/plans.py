"""How much of what is decided is audited: one plan a kind, and what it knows of last week's traffic."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.automation.models import AuditPlan
from console.common.errors import Invalid
from scoring.registry import KINDS

RATES = ("allow_rate", "enforce_rate", "review_rate")
LEAST_RATE, LARGEST_RATE = 0.001, 1.0
_CURRENCY = 8

# The doubt is what the chance of an audit grows with: the risk of what was allowed, what is missing to certainty of what was enforced.
_WEEK = """
SELECT kind, outcome, stratum, count(*), coalesce(avg(CASE WHEN outcome = 'allow' THEN risk ELSE 1 - risk END), 0)
FROM automation_sample WHERE created_at > now() - interval '7 days' AND outcome <> 'review' GROUP BY 1, 2, 3
"""


def audit_plans_ensure_defaults() -> None:
    """Each kind that has no plan gets the usual one, with a seed of its own."""
    known = set(AuditPlan.objects.values_list("kind", flat=True))
    AuditPlan.objects.bulk_create(
        [AuditPlan(kind=name, seed=secrets.token_hex(16)) for name in KINDS if name not in known], ignore_conflicts=True
    )


def audit_plan_of(kind: str) -> AuditPlan | None:
    return AuditPlan.objects.filter(kind=kind).first()


@transaction.atomic
def audit_plan_change(*, kind: str, values: Mapping[str, Any], user: User) -> AuditPlan:
    """`values`: rates (0.001 to 1), weekly_minimum (0 to 1,000), hourly_cost (None or 0 to 10,000), currency. Raises Invalid by field."""
    errors = {name: found for name, value in values.items() if (found := _wrong(name, value))}
    if errors:
        raise Invalid({name: [sentence] for name, sentence in errors.items()}, "The audits were not changed.")
    audit_plans_ensure_defaults()
    plan = AuditPlan.objects.select_for_update().get(kind=kind)
    before = {name: getattr(plan, name) for name in values}
    AuditPlan.objects.filter(pk=plan.pk).update(**values, updated_at=Now())
    audit_append(
        actor=f"user:{user.get_username()}", verb="audits.changed", subject=f"audits:{kind}", data={"before": before, "after": dict(values)}
    )
    plan.refresh_from_db()
    return plan


def _wrong(name: str, value: Any) -> str:
    if name in RATES:
        return "" if LEAST_RATE <= value <= LARGEST_RATE else f"It is a share from {LEAST_RATE:.1%} to {LARGEST_RATE:.0%}."
    if name == "weekly_minimum":
        return "" if 0 <= value <= 1000 else "It is a number from 0 to 1,000."
    if name == "hourly_cost":
        return "" if value is None or 0 <= value <= 10_000 else "It is an amount from 0 to 10,000, or nothing."
    if name == "currency":
        return "" if 0 < len(value) <= _CURRENCY and value.isprintable() else f"It has 1 to {_CURRENCY} letters."
    return "There is no such setting."


def plans_measure() -> int:
    """Keep with each plan what its strata held in the last seven days; returns how many changed."""
    found: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WEEK)
        for kind, outcome, stratum, count, doubt in cursor.fetchall():
            part = found.setdefault(kind, {}).setdefault(outcome, {"strata": {}, "count": 0, "sum": 0.0})
            part["strata"][str(stratum)] = count
            part["count"] += count
            part["sum"] += count * float(doubt)
    changed = 0
    for plan in AuditPlan.objects.all():
        measured = {
            outcome: {"strata": part["strata"], "usual": round(part["sum"] / part["count"], 6)}
            for outcome, part in found.get(plan.kind, {}).items()
        }
        if measured != plan.measured:
            changed += AuditPlan.objects.filter(pk=plan.pk).update(measured=measured)
    return changed
