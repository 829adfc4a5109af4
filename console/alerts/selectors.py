"""Which alerts are open, and which were."""

from __future__ import annotations

from django.db.models import QuerySet

from console.alerts.models import Alert


def alerts_open(*, kind: str | None = None, code: str | None = None) -> QuerySet[Alert]:
    """Newest first."""
    rows = Alert.objects.filter(cleared_at=None).order_by("-raised_at")
    rows = rows if kind is None else rows.filter(kind=kind)
    return rows if code is None else rows.filter(code=code)


def alerts_history(*, kind: str | None = None) -> QuerySet[Alert]:
    rows = Alert.objects.order_by("-raised_at")
    return rows if kind is None else rows.filter(kind=kind)
