"""Idempotency-Key: the first answer to a key is kept, in the transaction that made it true, and given again.

A second call that comes while the first one runs waits for its row (the unique index makes it wait), at most a few
seconds. A failed call rolls back with its row; what was refused for good is kept like an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from console.common.errors import Conflict, Invalid
from console.common.models import IdempotencyKey

WAIT_SECONDS = 5
KEEP = timedelta(days=7)
LONGEST_KEY = 255


class KeyReused(Invalid):
    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`replayed`: it was given before and nothing was done now."""

    status: int
    body: bytes
    content_type: str
    replayed: bool = False


def answer_once(*, caller: str, key: str, request_hash: str, run: Callable[[], Kept]) -> Kept:
    """Run once for each caller and key. Raises Invalid for a key used with another request, Conflict while the first runs.

    `run` raises to leave no trace: its work and the key are rolled back together.
    """
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Invalid({"Idempotency-Key": [f"Use 1 to {LONGEST_KEY} printable ASCII characters."]})
    with transaction.atomic():
        if not _reserve(caller, key, request_hash):
            return _known(caller, key, request_hash)
        kept = run()
        _keep(caller, key, kept)
    return kept


def answer_replace(*, caller: str, key: str, kept: Kept) -> None:
    """Keep what was really answered, when that became known only after the transaction."""
    _keep(caller, key, kept)


def answers_forget(*, older_than: timedelta = KEEP) -> int:
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=Now() - older_than).delete()
    return deleted


_RESERVE = """
INSERT INTO common_idempotencykey (caller, key, request_hash, content_type) VALUES (%s, %s, %s, '')
ON CONFLICT (caller, key) DO NOTHING
"""


def _reserve(caller: str, key: str, request_hash: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_SECONDS}s"])
            cursor.execute(_RESERVE, [caller, key, request_hash])
            reserved = bool(cursor.rowcount == 1)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Conflict("The first call with this Idempotency-Key is still running; try again shortly.", code="in_progress") from error
        raise
    return reserved


def _known(caller: str, key: str, request_hash: str) -> Kept:
    row = IdempotencyKey.objects.get(caller=caller, key=key)
    if row.request_hash != request_hash:
        raise KeyReused({"Idempotency-Key": ["It was used with another request before."]}, "This Idempotency-Key is taken.")
    if row.status is None:
        raise Conflict("The first call with this Idempotency-Key is still running; try again shortly.", code="in_progress")
    return Kept(status=row.status, body=bytes(row.body or b""), content_type=row.content_type, replayed=True)


def _keep(caller: str, key: str, kept: Kept) -> None:
    IdempotencyKey.objects.filter(caller=caller, key=key).update(status=kept.status, body=kept.body, content_type=kept.content_type)
