"""Raise an alert and clear it. Both may be said again and again: only a change is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from console.alerts.models import Alert
from console.alerts.outside import told_outside
from console.audit.services import audit_append
from console.common.outbox import outbox_put


def alert_raise(
    *, code: str, sentence: str, kind: str = "", subject: str = "", level: str = Alert.Level.WARNING, data: Mapping[str, Any] | None = None
) -> bool:  # fmt: skip
    """True when it is new: then it stands in the audit trail and goes out as `alert.raised`. One that is open is only refreshed."""
    facts = {"level": level, "sentence": sentence[:500], "data": dict(data or {})}
    with transaction.atomic():
        alert, new = Alert.objects.get_or_create(code=code, kind=kind, subject=subject, cleared_at=None, defaults=facts)
        if not new:
            Alert.objects.filter(pk=alert.pk).update(**facts, seen_at=Now())
            return False
        told = {"id": str(alert.pk), "code": code, "kind": kind, "subject": subject, **facts}
        audit_append(actor="system", verb="alert.raised", subject=f"alert:{alert.pk}", data=told)
        outside = told_outside(alert)  # every webhook belongs to a source
        heard = {**told, **{name: outside[name] for name in ("subject", "sentence", "data")}}
        outbox_put(topic="alert.raised", source_id=None, subject=f"alert:{alert.pk}", data=heard, dedupe_key=f"alert:{alert.pk}")
    return True


def alert_clear(*, code: str, kind: str = "", subject: str = "", why: str = "") -> bool:
    """True when one was open."""
    with transaction.atomic():
        open_ones = Alert.objects.filter(code=code, kind=kind, subject=subject, cleared_at=None)
        ids = list(open_ones.values_list("pk", flat=True))
        if not open_ones.update(cleared_at=Now(), why_cleared=why[:300]):
            return False
        audit_append(actor="system", verb="alert.cleared", subject=f"alert:{ids[0]}", data={"code": code, "kind": kind, "why": why[:300]})
    return True
