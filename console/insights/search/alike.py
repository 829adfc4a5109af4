"""The vectors in the database: is there room for them, write them, and which lie nearest. No numeric library is needed for that."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

_AVAILABLE = """
SELECT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'insights_itemvector'::regclass AND attname = 'vector' AND NOT attisdropped)
"""
_WRITE = """
UPDATE insights_itemvector v SET vector = t.vector::halfvec, encoder = %s
FROM unnest(%s::uuid[], %s::text[]) AS t(item_id, vector) WHERE v.item_id = t.item_id AND v.encoder = ''
"""
_MINE = "SELECT encoder, vector::text FROM insights_itemvector WHERE item_id = %s AND encoder <> ''"
_NEAREST = """
SELECT item_id, encoder, vector <=> %(mine)s::halfvec AS distance FROM insights_itemvector
ORDER BY vector <=> %(mine)s::halfvec LIMIT %(limit)s
"""
MOST = 1000  # the index looks at no more


def vectors_available() -> bool:
    """False where the database has no pgvector."""
    with connection.cursor() as cursor:
        cursor.execute(_AVAILABLE)
        return bool(cursor.fetchone()[0])


def vectors_write(*, encoder: str, rows: Sequence[tuple[UUID, Sequence[float]]]) -> int:
    with connection.cursor() as cursor:
        texts = ["[" + ",".join(f"{x:.5f}" for x in vector) + "]" for _, vector in rows]
        cursor.execute(_WRITE, [encoder, [pk for pk, _ in rows], texts])
        return int(cursor.rowcount)


def vector_of_item(item_id: UUID) -> tuple[str, str] | None:
    """Its encoder and its vector as text; None while it waits for one."""
    with connection.cursor() as cursor:
        cursor.execute(_MINE, [item_id])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


@transaction.atomic
def nearest(item_id: UUID, mine: tuple[str, str], *, limit: int, farthest: float) -> list[UUID]:
    """Other items by cosine distance, nearest first, of the same encoder: vectors of two say nothing of each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hnsw.ef_search', %s, true)", [str(max(40, min(limit, MOST)))])
        cursor.execute(_NEAREST, {"mine": mine[1], "limit": limit})
        return [pk for pk, encoder, distance in cursor.fetchall() if pk != item_id and encoder == mine[0] and distance <= farthest]
