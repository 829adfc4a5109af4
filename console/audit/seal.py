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
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Count, Max, Min

from console.audit.models import AuditRow

GENESIS = "0" * 64
LONGEST = 20_000  # rows of a stretch that are walked while somebody waits: half a second
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


@dataclass(frozen=True)
class Stretch:
    """The part of the chain that one item's rows lie in. `first` and `last` are 0 when none is sealed yet."""

    first: int
    last: int
    own: int  # rows of the item in it
    unsealed: int  # rows of the item that wait to be sealed
    head: str  # hash of the newest sealed row of all
    broken: Broken | None
    whole: bool  # every row of the stretch was walked; else those of the item, each with the row before it


def audit_verify_item(item_id: UUID) -> Stretch:
    """Walk the chain from the first to the last row of an item. A stretch longer than LONGEST is looked at row by own row."""
    rows = AuditRow.objects.filter(item_id=item_id)
    found = rows.filter(seal_seq__isnull=False).aggregate(first=Min("seal_seq"), last=Max("seal_seq"), own=Count("pk"))
    first, last = found["first"] or 0, found["last"] or 0
    whole = last - first <= LONGEST
    walked = AuditRow.objects.filter(seal_seq__range=(first, last)) if whole else rows.filter(seal_seq__isnull=False)
    head = AuditRow.objects.filter(seal_seq__isnull=False).order_by("-seal_seq").values_list("hash", flat=True).first()
    in_order = walked.order_by("seal_seq").iterator(chunk_size=2000)
    return Stretch(
        first=first, last=last, own=found["own"], unsealed=rows.filter(seal_seq__isnull=True).count(), head=head or GENESIS,
        broken=_first_broken(in_order, first, consecutive=whole) if first else None, whole=whole,
    )  # fmt: skip


def _first_broken(rows: Iterator[AuditRow], first: int, *, consecutive: bool) -> Broken | None:
    expected, prev = first, _hash_before(first)
    for row in rows:
        if not consecutive:
            expected, prev = row.seal_seq or 0, _hash_before(row.seal_seq or 0)
        if broken := _check(row, expected_seq=expected, prev=prev):
            return broken
        expected, prev = expected + 1, row.hash
    return None


def _hash_before(seq: int) -> str:
    """Of the row before; what cannot be right when that row is not there."""
    return GENESIS if seq == 1 else AuditRow.objects.filter(seal_seq=seq - 1).values_list("hash", flat=True).first() or "missing"


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
