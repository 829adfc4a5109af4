"""What a shadow adds up to: where it would decide otherwise, what that means for the queue, and whom people agree with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Avg, Count, Max

from console.common.clock import db_now
from console.training.models import ShadowScore, Trial
from scoring.binomial import Interval, clopper_pearson, paired_difference, wilson

BANDS = ("allow", "review", "enforce")
LARGEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What one version would have decided without a person, of what a person decided since."""

    decided: int
    otherwise: int  # the person decided otherwise
    interval: Interval  # of otherwise among decided, exact

    @property
    def share(self) -> float | None:
        return self.otherwise / self.decided if self.decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Items a day that wait for a person, challenger less champion; None while traffic is not known."""

    change: float
    low: float
    high: float
    per_day: float  # items of the kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReport:
    trial: Trial
    scored: int
    dropped: int
    failed: int  # could not be scored in full
    agree: int
    agree_interval: Interval
    matrix: Mapping[tuple[str, str], int]  # (band of the champion, band of the challenger)
    queue: Queue | None
    judged: int
    champion: Alone
    challenger: Alone
    largest: list[ShadowScore]
    took_ms: float | None
    last_at: datetime | None

    @property
    def otherwise(self) -> int:
        return self.scored - self.agree


def shadow_report(trial: Trial) -> ShadowReport:
    rows = ShadowScore.objects.filter(trial=trial)
    matrix = {(stands, band): n for stands, band, n in rows.values_list("stands", "band").annotate(n=Count("id"))}
    whole = rows.aggregate(n=Count("id"), took=Avg("took_ms"), last=Max("created_at"))
    scored, agree = whole["n"], sum(n for (stands, band), n in matrix.items() if stands == band)
    offered = Trial.objects.values_list("offered", flat=True).get(pk=trial.pk)
    judged = _judged(trial)
    return ShadowReport(
        trial=trial, scored=scored, dropped=max(0, offered - scored), failed=rows.exclude(errors={}).count(), agree=agree,
        agree_interval=wilson(agree, scored), matrix=matrix, queue=_queue(trial, matrix, scored, offered), judged=sum(judged.values()),
        champion=_alone(judged, 0), challenger=_alone(judged, 1), took_ms=whole["took"], last_at=whole["last"],
        largest=list(rows.filter(gap__gt=0).select_related("item", "score").order_by("-gap", "-id")[:LARGEST]),
    )  # fmt: skip


def _queue(trial: Trial, matrix: Mapping[tuple[str, str], int], scored: int, offered: int) -> Queue | None:
    """Both bands are of the same items, so only those where one version asks a person and the other does not tell anything."""
    days = ((trial.ended_at or db_now()) - trial.started_at).total_seconds() / 86400
    if not scored or days < 1 / 24:
        return None
    more = sum(n for (stands, band), n in matrix.items() if band == "review" != stands)
    fewer = sum(n for (stands, band), n in matrix.items() if stands == "review" != band)
    per_day = offered * 100 / trial.share / days
    change, low, high = (per_day * part for part in paired_difference(more, fewer, scored))
    return Queue(change=change, low=low, high=high, per_day=per_day)


def _judged(trial: Trial) -> Counter[tuple[str, str, str]]:
    """(band of the champion, of the challenger, what a person said since): the newest word on each item, measurements too."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT stands, band, said, count(*) FROM (
                SELECT DISTINCT ON (s.id) s.stands, s.band, v.outcome AS said
                FROM training_shadowscore s JOIN scores_score c ON c.id = s.score_id
                JOIN verdicts_verdict v ON v.item_id = s.item_id AND v.state = 'given' AND v.created_at > c.created_at
                WHERE s.trial_id = %s
                ORDER BY s.id, v.created_at DESC
            ) AS last GROUP BY stands, band, said
            """,
            [trial.pk],
        )
        return Counter({(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()})


def _alone(judged: Mapping[tuple[str, str, str], int], place: int) -> Alone:
    decided = sum(n for key, n in judged.items() if key[place] != "review")
    otherwise = sum(n for key, n in judged.items() if key[place] not in ("review", key[2]))
    return Alone(decided=decided, otherwise=otherwise, interval=clopper_pearson(otherwise, decided))
