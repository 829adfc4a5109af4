"""A sample of what a model scored, with what came of it: the same cost for a thousand items and for a million."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

WALKED = 20_000  # rows of a window that are read one by one; beyond it ids are guessed inside the window's span
GUESSES = 16_000
MOST_GUESSES = 256_000  # what a model that scored one item in sixty needs for a full sample

# The order of a hash is by chance, and the same whenever it is asked for.
_ALL = """
SELECT id FROM (SELECT id FROM scores_score WHERE model = %s AND created_at > %s AND created_at <= %s LIMIT %s) w
ORDER BY hashint8extended(id, 0) LIMIT %s
"""
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM scores_score WHERE model = %s AND created_at > %s AND created_at <= %s LIMIT %s) w"
_END = """
SELECT id FROM scores_score WHERE model = %(model)s AND created_at > %(since)s AND created_at <= %(until)s ORDER BY created_at {} LIMIT 1
"""
_GUESSED = """
SELECT s.id FROM (SELECT DISTINCT %(first)s + mod(hashint8extended(g, 1) & 4611686018427387903, %(span)s) AS id
                  FROM generate_series(1, %(guesses)s) g) t
JOIN scores_score s ON s.id = t.id WHERE s.model = %(model)s AND s.created_at > %(since)s AND s.created_at <= %(until)s
ORDER BY hashint8extended(s.id, 0) LIMIT %(most)s
"""
_ROWS = """
SELECT i.id, s.risk, s.labels,
       (SELECT jsonb_object_agg(key, value) FROM jsonb_each(s.signals) WHERE jsonb_typeof(value) IN ('number', 'boolean')),
       src.slug, coalesce(nullif(r.language, ''), s.signals->>'language', ''), first.outcome, ended.outcome,
       EXISTS (SELECT 1 FROM scores_decision n WHERE n.item_id = i.id AND n.number > ended.number AND n.state <> 'undone'
               AND n.outcome NOT IN ('review', ended.outcome))
FROM scores_score s JOIN intake_item i ON i.id = s.item_id JOIN accounts_source src ON src.id = i.source_id
LEFT JOIN insights_searchrow r ON r.item_id = i.id
LEFT JOIN LATERAL (SELECT outcome FROM scores_decision WHERE item_id = i.id ORDER BY number LIMIT 1) first ON true
LEFT JOIN LATERAL (SELECT number, outcome FROM scores_decision WHERE item_id = i.id AND outcome <> 'review' AND state <> 'undone'
                   ORDER BY number LIMIT 1) ended ON true
WHERE s.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    item_id: UUID
    risk: float | None
    labels: Mapping[str, float]
    signals: Mapping[str, float | bool]  # those that are numbers, or yes and no
    source: str
    language: str  # "" where it is not known
    asked: bool  # a person, before anything was decided
    ended: str  # allow | enforce, as it was first concluded; "" while it waits
    overturned: bool  # and later concluded otherwise


def scored_count(model: str, since: datetime, until: datetime, *, most: int) -> int:
    """How many a model scored in a window, counted up to `most`."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [model, since, until, most])
        return int(cursor.fetchone()[0])


def scored_sample(model: str, since: datetime, until: datetime, *, most: int) -> list[Sampled]:
    """Up to `most` scores of the window, each as likely as any other, the same ones whenever it is asked for."""
    ids = _ids(model, since, until, most)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [ids])
        rows = cursor.fetchall()
    return [
        Sampled(
            item_id=item, risk=risk, labels=_json(labels), signals=_json(signals), source=source, language=language or "",
            asked=first == "review", ended=ended or "", overturned=bool(overturned),
        )
        for item, risk, labels, signals, source, language, first, ended, overturned in rows
    ]  # fmt: skip


def _json(value: str | None) -> Any:
    return json.loads(value) if value else {}


def _ids(model: str, since: datetime, until: datetime, most: int) -> list[int]:
    window: dict[str, Any] = {"model": model, "since": since, "until": until}
    with connection.cursor() as cursor:
        if scored_count(model, since, until, most=WALKED + 1) <= WALKED:
            cursor.execute(_ALL, [model, since, until, WALKED, most])
            return [row[0] for row in cursor.fetchall()]
        ends = []
        for way in ("ASC", "DESC"):
            cursor.execute(_END.format(way), window)
            ends.append(int(cursor.fetchone()[0]))
        found: list[int] = []
        guesses = GUESSES
        while len(found) < most and guesses <= MOST_GUESSES:
            cursor.execute(_GUESSED, {**window, "first": min(ends), "span": abs(ends[1] - ends[0]) + 1, "guesses": guesses, "most": most})
            found = [row[0] for row in cursor.fetchall()]
            guesses *= 4
        return found
