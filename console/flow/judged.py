"""What people said without the machine's opinion in sight, beside what the machine would have done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

NEWEST = 50_000  # verdicts of all kinds that are looked through

# The newest verdict of an item counts. What was asked about because somebody picked it (for its looks, for a label that was doubted, for
# a review that was contested) or because its answer was known says nothing of the traffic.
_VERDICTS = """
SELECT DISTINCT ON (v.item_id) v.item_id, v.created_at, v.outcome, src.slug, coalesce(nullif(r.language, ''), s.signals->>'language', ''),
       CASE WHEN d.automated AND d.outcome <> 'review' THEN d.outcome WHEN s.risk >= 0.5 THEN 'enforce' ELSE 'allow' END,
       CASE WHEN d.automated AND d.outcome <> 'review'
            THEN (SELECT 1 / chance FROM automation_sample WHERE decision_id = d.id AND check_case_id IS NOT NULL) ELSE 1 END
FROM (SELECT id, item_id, case_id, created_at, outcome, evidence_seen, state FROM verdicts_verdict ORDER BY id DESC LIMIT %(newest)s) v
JOIN intake_item i ON i.id = v.item_id JOIN accounts_source src ON src.id = i.source_id
JOIN LATERAL (SELECT risk, signals FROM scores_score WHERE item_id = i.id AND model = %(model)s AND risk IS NOT NULL
              ORDER BY id DESC LIMIT 1) s ON true
JOIN LATERAL (SELECT id, automated, outcome FROM scores_decision WHERE item_id = i.id ORDER BY number LIMIT 1) d ON true
LEFT JOIN insights_searchrow r ON r.item_id = i.id
WHERE i.kind = %(kind)s AND NOT v.evidence_seen AND v.state = 'given' AND v.created_at > %(since)s AND v.created_at <= %(until)s
  AND NOT EXISTS (SELECT 1 FROM quality_check k LEFT JOIN quality_check p ON p.id = k.parent_id WHERE k.case_id = v.case_id
                  AND (k.purpose = 'gold' OR coalesce(p.probability, k.probability) IS NULL))
  AND NOT EXISTS (SELECT 1 FROM training_choice c WHERE c.case_id = v.case_id AND c.propensity IS NULL)
ORDER BY v.item_id, v.id DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    item_id: UUID
    at: datetime
    outcome: str  # allow | enforce, by a person who saw no opinion
    machine: str  # what the machine did, or would have done at a risk of one half
    source: str
    language: str
    stands_for: float | None = None  # so many of all that came: what people get anyway for itself, an audit by its chance; else not known


def judged_blind(*, kind: str, model: str, since: datetime, until: datetime) -> list[Judged]:
    """One row an item that this model scored and a person decided blind in the window."""
    asked: dict[str, Any] = {"newest": NEWEST, "model": model, "kind": kind, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS, asked)
        rows = cursor.fetchall()
    return [
        Judged(item_id=item, at=at, outcome=outcome, source=source, language=language or "", machine=machine, stands_for=stands)
        for item, at, outcome, source, language, machine, stands in rows
    ]
