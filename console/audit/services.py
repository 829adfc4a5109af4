"""Append to the audit trail, inside the transaction of the change. Sealing into the chain comes after (seal.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from console.audit.models import AuditRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    actor: str  # "user:rita", "source:shop", "machine:review@3", "system"
    verb: str
    subject: str
    item_id: UUID | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def audit_append(
    *, actor: str, verb: str, subject: str, item_id: UUID | None = None, data: Mapping[str, Any] | None = None
) -> None:
    AuditRow.objects.create(actor=actor, verb=verb, subject=subject, item_id=item_id, data=dict(data or {}))


_INSERT = """
INSERT INTO audit_auditrow (actor, verb, subject, item_id, data, prev_hash, hash)
SELECT actor, verb, subject, item_id, data, '', ''
FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[], %s::jsonb[]) AS t(actor, verb, subject, item_id, data)
"""


def audit_append_many(entries: Sequence[Entry]) -> None:
    """One statement for many rows; the hot paths use it."""
    if not entries:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                [e.actor for e in entries],
                [e.verb for e in entries],
                [e.subject for e in entries],
                [e.item_id for e in entries],
                [orjson.dumps(dict(e.data)).decode() for e in entries],
            ],
        )
