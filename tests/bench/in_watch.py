"""Inside a throw-away console: a model's day of many scores, sampled and compared, against all of them read into Python."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from console.accounts.services import source_ensure
from console.common.clock import db_now
from console.flow.sampled import scored_sample
from console.flow.watch import SAMPLE, figures_of
from console.scores.models import Score
from scoring.drift import Shift, Value, compare_numbers, compare_shares
from tests.bench.result import Result, pairs

SIZES = (10_000, 100_000, 1_000_000)
MODEL = "review@bench"
_ITEMS = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, received_at,
                         status, severity_hint, reports, headline)
SELECT gen_random_uuid(), %s, 'review', 'w-' || g, 'x', '{"text": "The soup was cold."}', '', '{}', '', now(), now(), 'decided', 0, 0, ''
FROM generate_series(%s, %s) g
"""
_SCORES = """
INSERT INTO scores_score (item_id, model, checksum, risk, uncertainty, labels, evidence, signals, errors, extra, created_at)
SELECT id, %s, 'c', r, 0.5, jsonb_build_object('spam', r, 'hate', r / 2), '[]',
       jsonb_build_object('length', (r * 300)::int, 'rating', 1 + (r * 5)::int, 'urls', (r > 0.9)::int, 'language', 'en', 'sure', r > 0.1),
       '{}', '{}', now() - interval '20 hours' * random()
FROM (SELECT id, random() AS r FROM intake_item WHERE substr(external_id, 3)::int > %s) i
"""


def measure(rounds: int) -> list[Result]:
    source, there, results = source_ensure(name="bench"), 0, []
    for size in SIZES:
        with connection.cursor() as cursor:  # the filling is not measured: no trigger, no limit
            cursor.execute("SET statement_timeout = 0")
            for table in ("intake_item", "scores_score"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(_ITEMS, [source.pk, there + 1, size])
            cursor.execute(_SCORES, [MODEL, there])
            cursor.execute("VACUUM ANALYZE scores_score, intake_item")
        there = size
        ours, naive = pairs(_ours, _naive, min(rounds, 3))
        what, note = f"a day of {size:,} scores against the first day", f"{SAMPLE:,} of them, a sample by hash"
        results.append(Result(what=what, naive_name="all of it read", units=1, ours=ours, naive=naive, note=note))
    return results


def _ours() -> list[Shift]:
    now = db_now()
    found = figures_of(scored_sample(MODEL, now - timedelta(days=1), now, most=SAMPLE))
    return [
        compare_shares(figures, figures) if isinstance(figures, dict) else compare_numbers(list(figures), list(figures))  # type: ignore[arg-type]
        for figures in found.values()
    ]


def _naive() -> list[Shift]:
    """The risk and the labels only, streamed: what a script would do."""
    now = db_now()
    rows = Score.objects.filter(model=MODEL, created_at__gt=now - timedelta(days=1), created_at__lte=now)
    columns: list[list[Value]] = [[], [], []]
    for risk, labels in rows.values_list("risk", "labels").iterator(chunk_size=5000):
        for column, value in zip(columns, (risk, labels["spam"], labels["hate"]), strict=True):
            column.append(value)
    return [compare_numbers(column, column) for column in columns]
