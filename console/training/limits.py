"""What the runs of a kind may take: threads, memory, time, disk; and how long they search for settings."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.services import audit_append
from console.common.errors import Invalid
from console.training.models import RunLimits
from scoring.registry import KINDS

BOUNDS = {"threads": (1, 64), "memory_mb": (256, 1_000_000), "minutes": (1, 10_000), "disk_mb": (0, 1_000_000), "search_minutes": (0, 600)}


def limits_of(kind: str) -> RunLimits:
    """As they are, or the defaults as a row that is not saved."""
    return RunLimits.objects.select_related("changed_by").filter(kind=kind).first() or RunLimits(kind=kind)


def limits_change(*, kind: str, user: User | None, **values: int) -> RunLimits:
    """Raises Invalid with every field that is not right."""
    errors = {
        name: [f"Write a whole number from {low:,} to {high:,}."]
        for name, (low, high) in BOUNDS.items()
        if name in values and not low <= values[name] <= high
    }
    if kind not in KINDS:
        errors["kind"] = [f"There is no kind {kind!r}; there are {', '.join(KINDS)}."]
    if errors:
        raise Invalid(errors, "The limits cannot be saved.")
    with transaction.atomic():
        RunLimits.objects.update_or_create(kind=kind, defaults={**values, "changed_by": user, "changed_at": Now()})
        actor = f"user:{user.username}" if user else "system"
        audit_append(actor=actor, verb="run_limits.changed", subject=f"kind:{kind}", data=dict(values))
    return limits_of(kind)
