"""Reads: backtests, and a quick try on the newest items."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from console.accounts.models import Source
from console.backtests.history import Window, history_chunk
from console.backtests.models import Backtest
from console.backtests.run import judge_rows, with_past
from console.backtests.subjects import Asked, live_now, subject_of
from console.common.clock import db_now
from console.common.errors import NotFound
from console.intake.models import Item
from scoring.backtest.subjects import reads_past
from scoring.backtest.summary import summarise
from scoring.backtest.tally import Tally

NEWEST = 200


def backtests(*, kind: str = "") -> QuerySet[Backtest]:
    """Newest first, without what only the page of one shows."""
    rows = Backtest.objects.select_related("requested_by", "source").defer("tally", "document").order_by("-pk")
    return rows.filter(kind=kind) if kind else rows


def backtest_get(backtest_id: UUID) -> Backtest:
    """Raises NotFound."""
    found = Backtest.objects.select_related("requested_by", "source").defer("tally").filter(pk=backtest_id).first()
    if found is None:
        raise NotFound("There is no such backtest.")
    return found


def quick_try(asked: Asked, *, newest: int = NEWEST) -> dict[str, Any]:
    """The same summary for the newest items, at once: before anybody waits for the whole."""
    times = Item.objects.filter(kind=asked.kind).order_by("-created_at", "-pk").values_list("created_at", flat=True)
    oldest = list(times[newest - 1 : newest])
    window = Window(kind=asked.kind, until=db_now(), since=oldest[0] if oldest else None)
    names = dict(Source.objects.values_list("pk", "slug"))
    subject, tally = subject_of(asked, live_now(asked)), Tally()
    rows, _ = history_chunk(window, after=None, limit=newest, payload=bool(subject.rules), names=names)
    judge_rows(subject, with_past(rows) if reads_past(subject) else rows, tally, total=len(rows))
    return summarise(tally.data)
