"""Inside a throw-away console: a million decided reviews, and how fast, and in how much memory, a subject is tried on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from django.db import connection

from console.accounts.models import Source
from console.accounts.services import source_ensure
from console.backtests.history import Window, history_chunk
from console.backtests.run import CHUNK, judge_rows
from console.backtests.subjects import Asked, asked_policy, asked_rule, asked_thresholds, subject_of
from console.common.clock import db_now
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.scores.services import scored_of
from scoring.backtest.rows import Row
from scoring.backtest.tally import Tally
from scoring.training.labels import risk_target
from scoring.types import Item as ScoringItem
from tests.bench.result import Result, pairs

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
PART = 2_000  # for the pair of ways, since the naive one takes its time
RULE = 'score.risk > 0.7 && payload.text.contains("soup")'
_ITEMS = """
INSERT INTO intake_item (id, source_id, kind, external_id, body_hash, payload, actor_id, actor, conversation, created_at, received_at,
                         status, severity_hint, reports, headline)
SELECT gen_random_uuid(), %s, 'review', 'b-' || n, md5(n::text),
       jsonb_build_object('text', repeat('The soup was cold and the waiter ', 3) || n,
                          'language', CASE WHEN n %% 5 = 0 THEN 'de' ELSE 'en' END),
       'a-' || n %% 50000, '{}', '', now() - make_interval(secs => %s - n * 7), now(), 'decided', 0, (n %% 200 = 0)::int, 'Soup ' || n
FROM generate_series(1, %s) AS n
"""
_SCORES = """
INSERT INTO scores_score (item_id, model, checksum, risk, uncertainty, labels, evidence, signals, errors, extra, created_at)
SELECT id, 'review@1', '', r, 0.2, jsonb_build_object('hate', r * 0.5, 'harassment', r, 'spam', r * 0.3), '[]',
       '{"language": "en", "words": 21, "links": 0, "capitals": 0.02}', '{}', '{}', received_at
FROM (SELECT *, (hashtext(external_id) & 1023) / 1024.0 AS r FROM intake_item) i
"""
_DECISIONS = """
INSERT INTO scores_decision (id, item_id, number, state, outcome, reason, sentence, action, clause, label, rule, severity, thresholds,
                             automated, score_id, model, policy_version_id, statement, created_at)
SELECT gen_random_uuid(), item_id, 1, 'effective', CASE WHEN risk < 0.2 THEN 'allow' WHEN risk > 0.95 THEN 'enforce' ELSE 'review' END,
       CASE WHEN risk BETWEEN 0.2 AND 0.95 THEN 'uncertain' ELSE 'threshold' END, '', '', '', '', '', 0, '{}', true, id, model, %s,
       '{}', created_at
FROM scores_score
"""
_LABELS = """
INSERT INTO verdicts_label (item_id, name, value, source, model_visible, weight, spans, withdrawn, created_at)
SELECT item_id, 'harassment', (risk > 0.6)::int, 'import', false, 1, '[]', false, now() FROM scores_score WHERE id %% 20 = 0
"""


def measure(rounds: int) -> list[Result]:
    _fill()
    subjects = {
        "a rule": asked_rule(kind="review", when=RULE),
        "thresholds": asked_thresholds(kind="review", thresholds=[{"label": "risk", "allow": 0.3, "enforce": 0.9}]),
        "a policy": asked_policy(kind="review", number=1),
    }
    notes = {name: _whole(asked) for name, asked in subjects.items()}
    return [_pair(name, asked, rounds, notes[name]) for name, asked in subjects.items()]


def _fill() -> None:
    source, version = source_ensure(name="bench"), PolicyVersion.objects.get(policy__kind="review")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_ITEMS, [source.pk, ROWS * 7, ROWS])
        cursor.execute(_SCORES)
        cursor.execute(_DECISIONS, [version.pk])
        cursor.execute(_LABELS, [])
        for table in ("intake_item", "scores_score", "scores_decision", "verdicts_label"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def walk(asked: Asked, *, until: datetime | None = None, see: Callable[[int], None] = lambda seen: None) -> Tally:
    """As a turn of the worker does, without writing how far it came."""
    subject, tally, place = subject_of(asked), Tally(), None
    window, names = Window(kind=asked.kind, until=until or db_now()), dict(Source.objects.values_list("pk", "slug"))
    while True:
        rows, then = history_chunk(window, after=place, limit=CHUNK, payload=bool(subject.rules), names=names)
        if then is None:
            return tally
        judge_rows(subject, rows, tally, total=ROWS)
        place = then
        see(tally.data["seen"])


def _whole(asked: Asked) -> str:
    """Over everything: rows a second, and the memory of the process at a tenth of the way and at the end."""
    memory: dict[int, float] = {}

    def see(seen: int) -> None:
        if seen in (ROWS // 10, ROWS):
            memory[seen] = _resident_mb()

    started = perf_counter()
    seen = walk(asked, see=see).data["seen"]
    took = perf_counter() - started
    sys.stderr.write(f"{seen:,} rows in {took:.0f} s\n")
    return f"all {seen:,}: {seen / took:,.0f} a second, {memory[ROWS // 10]:.0f} MB at a tenth, {memory[ROWS]:.0f} MB at the end"


def _pair(name: str, asked: Asked, rounds: int, note: str) -> Result:
    times = Item.objects.filter(kind="review").order_by("created_at").values_list("created_at", flat=True)
    until = times[PART] + timedelta(0)
    subject = subject_of(asked)

    def naive() -> None:
        tally = Tally()
        for item in Item.objects.filter(kind="review", created_at__lt=until).select_related("source").order_by("created_at"):
            decision = item.decisions.select_related("score").get(number=1)
            labels = {label.name: label.value for label in item.labels.filter(withdrawn=False).order_by("pk")}
            row = Row(
                item=ScoringItem(id=str(item.pk), kind="review", payload=item.payload, actor=item.actor, reports=item.reports),
                score=scored_of(decision.score), was=decision.outcome, reason=decision.reason, source=item.source.slug,
                day=str(item.created_at.date()), language=item.payload["language"], harmful=bool(risk_target(labels)) if labels else None,
            )  # fmt: skip
            tally.add(row, subject.judge(row))

    ours, slow = pairs(lambda: walk(asked, until=until), naive, rounds)
    return Result(what=f"{name} on {PART:,} stored items", naive_name="an ORM loop", units=PART, ours=ours, naive=slow, note=note)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
