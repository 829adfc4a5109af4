"""Reads of what was chosen to be labelled."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count

from console.common.clock import db_now
from console.training.models import Choice, LabelBudget


def propensity_of(case_id: UUID) -> float | None:
    """With which chance the item of this case was drawn; None where nobody drew it: it came, or was picked."""
    return Choice.objects.filter(case_id=case_id).values_list("propensity", flat=True).first()


def budget_left(kind: str) -> int:
    """How many more may be chosen today (UTC)."""
    budget = LabelBudget.objects.filter(kind=kind).first()
    if budget is None:
        return 0
    midnight = db_now().replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, budget.per_day - Choice.objects.filter(kind=kind, created_at__gte=midnight).exclude(way=Choice.Way.DOUBT).count())


def chosen_counts(kind: str) -> dict[str, dict[str, int]]:
    """{way: {"chosen", "decided"}}"""
    rows = Choice.objects.filter(kind=kind).values("way", "case__state").annotate(n=Count("id"))
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = found.setdefault(row["way"], {"chosen": 0, "decided": 0})
        counts["chosen"] += row["n"]
        counts["decided"] += row["n"] * (row["case__state"] == "closed")
    return found
