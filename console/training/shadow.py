"""Scores of a version in shadow: taken from what was scored since, never put on the way of an item.

The shadow follows the scores that the champion wrote, by their ids. So nothing on the way of an item knows of it, and its
queue is bounded by nature: what it cannot keep up with is passed over, and counted (drawn less scored).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F

from console.common.clock import ClockNow
from console.scores.models import Score
from console.training.models import ShadowScore, Trial
from console.training.trials import in_share, shadow_salt, trials_open
from scoring.registry import KINDS
from scoring.types import Score as Scored
from scoring.types import as_json

WINDOW = 4000  # scores that are looked through at a time
ROOM = 256  # of those drawn, the newest that a turn tries; the rest is let go
LAG = timedelta(seconds=2)  # a batch that is just being written has its ids already and is not seen yet


def shadows_open(lane: str) -> list[Trial]:
    return [trial for trial in trials_open(mode=Trial.Mode.SHADOW).filter(version__damage="") if KINDS[trial.kind].lane == lane]


def shadow_take(trial: Trial) -> list[Score]:
    """The newest of the champion's scores that were drawn since the last turn. Each is offered to one turn only."""
    drawn: list[int] = []
    while (window := _window(trial.cursor)):
        ids = [pk for pk, model, item in window if model == _against(trial) and in_share(shadow_salt(trial), item, trial.share)]
        top = window[-1][0]
        moved = Trial.objects.filter(pk=trial.pk, ended_at=None, cursor=trial.cursor).update(cursor=top, offered=F("offered") + len(ids))
        if not moved:
            break  # another worker took this window
        trial.cursor = top
        drawn = (drawn + ids)[-ROOM:]
        if len(window) < WINDOW:
            break
    return list(Score.objects.filter(pk__in=drawn).select_related("item").order_by("-pk"))


def _against(trial: Trial) -> str:
    return f"{trial.kind}@{trial.against}"


def _window(cursor: int) -> list[tuple[int, str, str]]:
    rows = Score.objects.filter(pk__gt=cursor, created_at__lte=ClockNow() - LAG).order_by("pk")
    return [(pk, model, str(item)) for pk, model, item in rows.values_list("pk", "model", "item_id")[:WINDOW]]


def scoring_waits(lane: str) -> bool:
    """Whether an item is due to be scored: then the shadow makes room at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT 1 FROM common_job WHERE lane = %s AND task = 'score_item' AND state = 'ready'
                           AND next_run_at <= clock_timestamp())
            """,
            [lane],
        )
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An item scored twice, and where the thresholds put either score."""

    row: Score
    scored: Scored
    band: str
    stands: str
    took_ms: float


def shadow_keep(trial: Trial, seen: Sequence[Seen], *, policy_number: int) -> None:
    """Items that were erased meanwhile are left out."""
    there = set(Score.objects.filter(pk__in=[one.row.pk for one in seen]).values_list("pk", flat=True))
    ShadowScore.objects.bulk_create(
        [
            ShadowScore(
                trial=trial, item_id=one.row.item_id, score=one.row, risk=one.scored.risk, labels=as_json(one.scored.labels),
                errors=as_json(one.scored.errors), band=one.band, stands=one.stands, policy_number=policy_number, took_ms=one.took_ms,
                gap=0.0 if one.scored.risk is None or one.row.risk is None else abs(one.scored.risk - one.row.risk),
            )
            for one in seen if one.row.pk in there
        ],
        ignore_conflicts=True,
    )  # fmt: skip
