"""How many items a day people are asked to label for the model's sake, set by an admin; and the work of each day."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Conflict, Invalid
from console.training.choices import budget_left
from console.training.label_work import actor_name, work_request
from console.training.models import LabelBudget, LabelWork
from scoring.registry import KINDS

MOST = 10_000
LEAST_RANDOM = 0.05  # without what is drawn by chance nobody knows what the rest misses


@transaction.atomic
def budget_set(*, kind: str, per_day: int, random_share: float, user: User) -> LabelBudget:
    """Raises Invalid by field."""
    errors: dict[str, list[str]] = {}
    if kind not in KINDS:
        errors["kind"] = [f"There is no kind {kind!r}."]
    if not 0 <= per_day <= MOST:
        errors["per_day"] = [f"It is a number from 0 to {MOST:,}."]
    if not LEAST_RANDOM <= random_share <= 1:
        errors["random_share"] = [f"It is a share from {LEAST_RANDOM:.0%} to 100%."]
    if errors:
        raise Invalid(errors, "The budget was not changed.")
    facts = {"per_day": per_day, "random_share": random_share}
    budget, _ = LabelBudget.objects.update_or_create(kind=kind, defaults={**facts, "updated_by": user, "updated_at": Now()})
    audit_append(actor=actor_name(user), verb="labels.budget_set", subject=f"kind:{kind}", data=facts)
    return budget


def choices_ask() -> int:
    """Each hour: a choice for every kind that has something left of its day. Returns how many were asked for."""
    asked = 0
    for kind in LabelBudget.objects.filter(per_day__gt=0, kind__in=KINDS).values_list("kind", flat=True):
        if budget_left(kind):
            try:
                work_request(purpose=LabelWork.Purpose.CHOOSE, kind=kind)
                asked += 1
            except Conflict:
                continue  # the last one is still under way
    return asked
