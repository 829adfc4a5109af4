"""One turn of a backtest: chunk after chunk for a few seconds, each written down, so that a kill costs one chunk."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from console.accounts.models import Source
from console.audit.services import audit_append
from console.backtests.history import Place, Window, history_chunk, history_count
from console.backtests.models import Backtest, State
from console.backtests.services import backtest_progress
from console.backtests.subjects import asked_of, live_then, model_of, subject_of
from console.banks.selectors import bank_index
from console.common.errors import Unavailable
from console.intake.history import scoring_items
from console.intake.models import Item
from console.scores.serving import run_context, scorer_for
from console.training.models import ModelVersion
from console.training.parts import Seen, seen_by
from console.training.selectors import version_bundle
from scoring.backtest.rows import Row
from scoring.backtest.subjects import Subject, reads_past
from scoring.backtest.summary import summarise
from scoring.backtest.tally import Tally
from scoring.registry import get_kind

TURN_SECONDS = 4.0
CHUNK, CHUNK_SCORED = 2_000, 64  # rows read at once; where each has to be scored anew, fewer
MODEL_AT_MOST = 2_000  # items that a version scores anew: a sample of so many says enough
NEAR_AT_MOST = 20_000  # rows that are asked for near misses where that costs something


class Stopped(Exception):
    """Cancelled, or taken over by another worker: nothing more is written."""


def backtest_turn(backtest_id: UUID | str, *, seconds: float = TURN_SECONDS) -> bool:
    """Go on for about `seconds`. True while there is more to do. Raises Stopped."""
    backtest = _begin(backtest_id)
    asked, tally, window = asked_of(backtest), Tally(backtest.tally or None), window_of(backtest)
    subject = subject_of(asked, live_then(asked))
    version, names = model_of(backtest), dict(Source.objects.values_list("pk", "slug"))
    seen, until = seen_by(version), time.monotonic() + seconds
    while True:  # at least one chunk, so that the next turn is another one
        started, before = time.perf_counter(), backtest.seen
        rows, place = history_chunk(
            window, after=_place(backtest), limit=CHUNK_SCORED if version else CHUNK, payload=bool(subject.rules), names=names
        )
        if place is None:
            _finish(backtest, tally)
            return False
        read = scored_anew(rows, version, seen) if version else with_past(rows) if reads_past(subject) else rows
        judge_rows(subject, read, tally, total=backtest.total or 0)
        backtest.seen, backtest.last_at, backtest.last_id = before + len(rows), *place
        _keep(backtest, tally, before, time.perf_counter() - started)
        if time.monotonic() >= until:
            return True


def window_of(backtest: Backtest) -> Window:
    return Window(kind=backtest.kind, since=backtest.since, until=backtest.until, source_id=backtest.source_id, share=backtest.share)


def judge_rows(subject: Subject, rows: Sequence[Row], tally: Tally, *, total: int) -> None:
    stride = max(1, total // NEAR_AT_MOST)
    for row in rows:
        if row.score is None and subject.needs_score:
            tally.leave_out()
        else:
            tally.add(row, subject.judge(row, closely=tally.data["seen"] % stride == 0))


def scored_anew(rows: Sequence[Row], version: ModelVersion, seen: Seen) -> list[Row]:
    """The same rows with what this version says of them. What it learnt from counts as not labelled: that it knows it proves nothing."""
    kind = get_kind(version.kind)
    kept = [replace(row, harmful=None, chance=None) if seen.has(kind, row.item) else row for row in with_past(rows)]
    scores = scorer_for(version_bundle(version)).score([row.item for row in kept], run_context(bank_index()))
    return [replace(row, score=score) for row, score in zip(kept, scores, strict=True)]


def with_past(rows: Sequence[Row]) -> list[Row]:
    """The same rows with all of their items, and what came before each."""
    found = {str(item.pk): item for item in Item.objects.filter(pk__in=[row.item.id for row in rows])}
    kept = [row for row in rows if row.item.id in found]
    items = scoring_items([found[row.item.id] for row in kept])
    return [replace(row, item=replace(item, reports=row.item.reports)) for row, item in zip(kept, items, strict=True)]


def share_for_model(window: Window) -> float:
    """So that about MODEL_AT_MOST of its items are drawn."""
    return min(1.0, MODEL_AT_MOST / max(1, history_count(window)))


def _begin(backtest_id: UUID | str) -> Backtest:
    """Count what there is to do in the first turn. Raises Stopped when the backtest is not to be worked on."""
    Backtest.objects.filter(pk=backtest_id, state=State.WAITING).update(state=State.RUNNING, started_at=Now())
    backtest = Backtest.objects.filter(pk=backtest_id, state=State.RUNNING).first()
    if backtest is None:
        raise Stopped
    if backtest.what == Backtest.What.MODEL and model_of(backtest) is None:
        raise Unavailable(f"The version {backtest.subject['version']} is not there any more.")
    if backtest.total is None:
        if backtest.what == Backtest.What.MODEL and backtest.share >= 1:
            backtest.share = share_for_model(window_of(backtest))
        backtest.total = history_count(window_of(backtest))
        if not backtest_progress(backtest=backtest, seen_before=0, total=backtest.total, share=backtest.share):
            raise Stopped
    return backtest


def _place(backtest: Backtest) -> Place | None:
    return (backtest.last_at, backtest.last_id) if backtest.last_at and backtest.last_id else None


def _keep(backtest: Backtest, tally: Tally, before: int, worked: float) -> None:
    place = {"last_at": backtest.last_at, "last_id": backtest.last_id}
    if not backtest_progress(backtest=backtest, seen_before=before, worked=worked, seen=backtest.seen, tally=tally.data, **place):
        raise Stopped


@transaction.atomic
def _finish(backtest: Backtest, tally: Tally) -> None:
    result = summarise(tally.data, share=backtest.share)
    ended = {"state": State.DONE, "finished_at": Now(), "tally": {}}
    if not backtest_progress(backtest=backtest, seen_before=backtest.seen, worked=0.0, result=result, total=backtest.seen, **ended):
        raise Stopped
    data = {"seen": backtest.seen, "hits": result["hits"]["count"]}
    audit_append(actor="system", verb="backtest.finished", subject=f"backtest:{backtest.pk}", data=data)
