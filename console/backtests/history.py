"""Read history in chunks, by key and never by page number, with only the columns that the subject asks for.

One statement a chunk joins each item to its first decision and the score that led to it; what its labels add up to is read
beside it. Reports are counted as of that decision, so that what came later does not change what would have been decided. The language
is the one that it was decided by, which search keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from console.training.consensus import events_standing, labels_agreed
from console.verdicts.models import Label
from scoring.backtest.rows import NOT_DECIDED, Row
from scoring.training.labels import breaks_policy
from scoring.types import Evidence, Example, Item, Score

Place = tuple[datetime, UUID]

# The hash decides which items a sample holds: the same ones in every turn and in every run.
_WHERE = """
i.kind = %(kind)s AND i.created_at < %(until)s
  AND (%(since)s::timestamptz IS NULL OR i.created_at >= %(since)s::timestamptz)
  AND (%(source)s::bigint IS NULL OR i.source_id = %(source)s::bigint)
  AND (%(share)s >= 1 OR (hashtextextended(i.id::text, 7) & 1073741823) < %(share)s::float8 * 1073741824)
"""
_COUNT = f"SELECT count(*) FROM intake_item i WHERE {_WHERE}"
_CHUNK = f"""
SELECT i.id, i.created_at, (i.created_at AT TIME ZONE %(zone)s)::date::text, i.source_id, coalesce(i.conversation, ''),
       CASE WHEN %(payload)s THEN i.payload::text END, CASE WHEN %(payload)s THEN i.actor::text END,
       coalesce(nullif(r.language, ''), i.language),
       CASE WHEN i.reports > 0 AND d.id IS NOT NULL
            THEN (SELECT count(*) FROM intake_report r WHERE r.item_id = i.id AND r.created_at <= d.created_at) ELSE 0 END,
       d.outcome, d.reason, d.rule, s.id, s.risk, s.uncertainty, s.labels::text, s.signals::text, s.errors::text, s.model,
       CASE WHEN s.evidence @> '[{{"type": "match"}}]' THEN s.evidence::text END
FROM (
    SELECT i.id, i.created_at, i.source_id, i.conversation, i.payload, i.actor, i.reports,
           coalesce(i.payload->>'language', '') AS language
    FROM intake_item i
    WHERE {_WHERE} AND (i.created_at, i.id) > (%(last_at)s::timestamptz, %(last_id)s::uuid)
    ORDER BY i.created_at, i.id LIMIT %(limit)s
) i
LEFT JOIN scores_decision d ON d.item_id = i.id AND d.number = 1
LEFT JOIN scores_score s ON s.id = d.score_id
LEFT JOIN insights_searchrow r ON r.item_id = i.id
ORDER BY i.created_at, i.id
"""
_BEFORE_ALL: Place = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which items: of a kind, maybe of one source, from `since` (None = the first) to before `until`, each with chance `share`."""

    kind: str
    until: datetime
    since: datetime | None = None
    source_id: int | None = None
    share: float = 1.0

    @property
    def values(self) -> dict[str, Any]:
        return {"kind": self.kind, "since": self.since, "until": self.until, "source": self.source_id, "share": self.share}


def history_count(window: Window) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, window.values)
        return int(cursor.fetchone()[0])


def history_chunk(
    window: Window, *, after: Place | None, limit: int, payload: bool, names: Mapping[int, str]
) -> tuple[list[Row], Place | None]:
    """The next rows, oldest first, and the place of the last; ([], None) at the end. `names` are those of the sources."""
    last = after or _BEFORE_ALL
    with connection.cursor() as cursor:
        cursor.execute(
            _CHUNK,
            {**window.values, "zone": settings.TIME_ZONE, "payload": payload, "last_at": last[0], "last_id": last[1], "limit": limit},
        )
        found = cursor.fetchall()
        if not found:
            return [], None
    known = _known(window.kind, [row[0] for row in found])
    return [_row(window.kind, raw, known.get(raw[0]), names) for raw in found], (found[-1][1], found[-1][0])


@dataclass(slots=True)
class _Known:
    labels: dict[str, int] = field(default_factory=dict)
    chance: float | None = None  # of having been drawn, where it was


def _known(kind: str, ids: Sequence[UUID]) -> dict[UUID, _Known]:
    """What their labels add up to, as everywhere. Known answers only measure people: they say nothing here."""
    found: dict[UUID, _Known] = {}
    for label in labels_agreed(events_standing().filter(item_id__in=ids).exclude(source=Label.Source.GOLD), kind):
        known = found.setdefault(label.item_id, _Known())
        known.labels[label.name] = label.agreed.value
        known.chance = max((event["propensity"] for event in label.events if event["propensity"]), default=known.chance)
    return found


def _row(kind: str, raw: Sequence[Any], known: _Known | None, names: Mapping[int, str]) -> Row:
    (item_id, at, day, source_id, conversation, payload, actor, language, reports, outcome, reason, rule, score_id, risk,
     uncertainty, values, signals, errors, model, evidence) = raw  # fmt: skip
    item = Item(
        id=str(item_id), kind=kind, payload=orjson.loads(payload) if payload else {}, created_at=at, conversation=conversation or None,
        actor=orjson.loads(actor) if actor else {}, reports=reports,
    )  # fmt: skip
    score = None
    if score_id is not None:
        found = orjson.loads(signals)
        language = language or str(found.get("language") or "")
        score = Score(
            risk=risk, uncertainty=uncertainty, labels=orjson.loads(values), signals=found, errors=orjson.loads(errors), model=model,
            evidence=[Evidence(**e) for e in orjson.loads(evidence)] if evidence else (),
        )  # fmt: skip
    return Row(
        item=item, score=score, was=outcome or NOT_DECIDED, reason=reason or "", rule=rule or "", source=names.get(source_id, ""),
        language=_language(language), day=day, harmful=bool(breaks_policy(Example(item=item, labels=known.labels))) if known else None,
        chance=known.chance if known else None,
    )  # fmt: skip


def _language(text: str) -> str:
    return text.replace("_", "-").split("-")[0].lower()[:12] or "not known"
