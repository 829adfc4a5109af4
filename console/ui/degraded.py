"""What does not work as it should just now, in words: workers that are silent, models and the analyser that do not answer.
Everything is read from what the pipeline leaves behind; nothing is asked over the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max, Q
from django.db.models.functions import Now

from console.alerts.selectors import alerts_open
from console.common.heartbeats import busy_lanes, heartbeat_ages
from console.scores.models import Decision, Score
from console.ui.words import span_words
from scoring.registry import KINDS

SILENT = 90.0  # seconds; a canary comes every 15
RECENT = timedelta(minutes=15)
ENOUGH = 5  # failures before a model is said not to answer
FAILED = ("detector_failed", "scorer_failed", "no_score")
NEWEST_SCORES = 200

LANES = {
    "light": ("Scoring stands still.", "New items wait unscored"),
    "heavy": ("Videos are not scored.", "New ones wait unscored"),
    "deliver": ("Messages do not go out.", "They wait and are sent later"),
    "sweep": ("The upkeep stands still.", "Cases that somebody left open do not come back, and limits are not watched"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    lead: str
    text: str


def troubles() -> list[Trouble]:
    """The most general first. Empty is the usual state."""
    return [*_silent_lanes(), *_damaged_models(), *_failing_models(), *_failing_analyser()]


def _silent_lanes() -> list[Trouble]:
    ages = heartbeat_ages()
    busy = busy_lanes() if any(age > SILENT for age in ages.values()) else set()
    found = []
    for lane, (lead, text) in LANES.items():
        age = ages.get(f"lane:{lane}")
        if age is not None and age > SILENT and lane not in busy:
            found.append(Trouble(lead=lead, text=f"{text}, since {span_words(age)}. Nothing is lost."))
    return found


def _damaged_models() -> list[Trouble]:
    return [
        Trouble(lead=f"The model for {KINDS[alert.kind].words.many} is damaged.", text=alert.sentence)
        for alert in alerts_open(code="model_damaged") if alert.kind in KINDS
    ]


def _failing_models() -> list[Trouble]:
    """Kinds of whose newest decisions most could not be scored."""
    recent = Decision.objects.filter(number=1, effective_at__gt=Now() - RECENT)
    rows = recent.values("item__kind").annotate(
        all=Count("pk"), failed=Count("pk", filter=Q(reason__in=FAILED))
    )
    return [
        Trouble(lead=f"{KINDS[row['item__kind']].words.many.capitalize()} are hardly scored.",
                text=f"{row['failed']:,} of the newest {row['all']:,} came to people because a check failed. Nothing is lost.")
        for row in rows if row["item__kind"] in KINDS and row["failed"] >= ENOUGH and row["failed"] * 2 >= row["all"]
    ]  # fmt: skip


def _failing_analyser() -> list[Trouble]:
    newest = Score.objects.aggregate(last=Max("pk"))["last"] or 0
    failed = Score.objects.filter(pk__gt=newest - NEWEST_SCORES, created_at__gt=Now() - RECENT, errors__has_key="analyser").count()
    if failed < ENOUGH:
        return []
    text = "Threads are scored by the local model alone, so more of them come to people. Nothing is lost."
    return [Trouble(lead="The analyser does not answer.", text=text)]
