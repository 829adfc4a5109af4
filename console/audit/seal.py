"""Seal committed audit rows into a chain: each row's hash covers its content, its place and the hash before it.

Writers only insert and never wait for each other. One sealer at a time (an advisory lock) gives the rows their place in
the order in which it finds them committed; a row that commits late is sealed late, and none is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import orjson
from django.db import connection, transaction

from console.audit.models import AuditRow

GENESIS = "0" * 64
_LOCK = 0x5EC0_11D0  # any constant of our own


@dataclass(frozen=True)
class Broken:
    """The first place where the chain does not hold."""

    seal_seq: int
    row_id: int
    sentence: str


@dataclass(frozen=True)
class Verified:
    rows: int
    unsealed: int
    head: str
    broken: Broken | None


def row_hash(row: AuditRow, *, seal_seq: int, prev_hash: str) -> str:
    """SHA-256 in hex over canonical JSON (sorted keys, no blanks, UTC with microseconds)."""
    body: dict[str, Any] = {
        "id": row.pk,
        "actor": row.actor,
        "verb": row.verb,
        "subject": row.subject,
        "item_id": str(row.item_id) if row.item_id else None,
        "data": row.data,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "seal_seq": seal_seq,
        "prev_hash": prev_hash,
    }
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


@transaction.atomic
def audit_seal(*, limit: int = 5000) -> int:
    """Seal up to `limit` rows; returns how many. 0 also when another sealer is at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        last = AuditRow.objects.filter(seal_seq__isnull=False).order_by("-seal_seq").first()
        seq, prev = (last.seal_seq or 0, last.hash) if last else (0, GENESIS)
        sealed: list[tuple[int, int, str, str]] = []
        for row in AuditRow.objects.filter(seal_seq__isnull=True).order_by("pk")[:limit]:
            seq += 1
            digest = row_hash(row, seal_seq=seq, prev_hash=prev)
            sealed.append((row.pk, seq, prev, digest))
            prev = digest
        cursor.execute(
            """
            UPDATE audit_auditrow AS row SET seal_seq = new.seq, prev_hash = new.prev, hash = new.hash
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS new (id, seq, prev, hash)
            WHERE row.id = new.id
            """,
            [list(column) for column in zip(*sealed, strict=True)] or [[], [], [], []],
        )
    return len(sealed)


def audit_verify() -> Verified:
    """Walk the whole chain. Rows that are not sealed yet are counted, not judged."""
    count, prev, broken = 0, GENESIS, None
    for row in _sealed_rows():
        broken = _check(row, expected_seq=count + 1, prev=prev)
        if broken:
            break
        count, prev = count + 1, row.hash
    return Verified(rows=count, unsealed=AuditRow.objects.filter(seal_seq__isnull=True).count(), head=prev, broken=broken)


def _sealed_rows() -> Iterator[AuditRow]:
    return AuditRow.objects.filter(seal_seq__isnull=False).order_by("seal_seq").iterator(chunk_size=2000)


def _check(row: AuditRow, *, expected_seq: int, prev: str) -> Broken | None:
    seq = row.seal_seq or 0
    if seq != expected_seq:
        return Broken(expected_seq, row.pk, f"row {expected_seq} of the chain is missing; the next one there is {seq}")
    if row.prev_hash != prev:
        return Broken(seq, row.pk, "it does not continue from the row before it")
    if row.hash != row_hash(row, seal_seq=seq, prev_hash=prev):
        return Broken(seq, row.pk, "its content is not what was sealed")
    return None
