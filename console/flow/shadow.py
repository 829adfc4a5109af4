"""Score beside the champion, after the fact and in small turns; an item that waits comes first."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from console.banks.selectors import bank_index
from console.intake.history import scoring_items
from console.policies.selectors import active_policy
from console.scores.models import Score
from console.scores.services import scored_of
from console.scores.serving import run_context, scorer_for
from console.training.models import Trial
from console.training.selectors import version_bundle
from console.training.shadow import Seen, scoring_waits, shadow_keep, shadow_take, shadows_open
from console.training.whole import damage_note
from scoring.artifacts import ArtifactError
from scoring.decide import decide
from scoring.policy import PolicyDocument
from scoring.types import Item as ScoringItem
from scoring.types import Score as Scored

log = logging.getLogger(__name__)
BATCH = {"light": 16, "heavy": 1}


def shadow_turn(*, lane: str, seconds: float) -> int:
    """One turn for each shadow of a lane; returns how many items were scored. What does not fit into it is let go."""
    return sum(_turn(trial, lane, time.monotonic() + seconds) for trial in shadows_open(lane))


def _turn(trial: Trial, lane: str, until: float) -> int:
    rows, done = shadow_take(trial), 0
    for start in range(0, len(rows), BATCH[lane]):
        if time.monotonic() > until or scoring_waits(lane):
            break
        batch = rows[start : start + BATCH[lane]]
        try:
            _score(trial, batch)
        except ArtifactError as error:
            damage_note(version=trial.version, error=str(error))
            break
        except Exception:
            log.exception("the shadow %s failed on %d items", trial.version, len(batch))
            continue
        done += len(batch)
    return done


def _score(trial: Trial, rows: Sequence[Score]) -> None:
    asked = scoring_items([row.item for row in rows])
    scorer, context = scorer_for(version_bundle(trial.version)), run_context(bank_index())
    started = time.perf_counter()
    scored = scorer.score(asked, context)
    took_ms = (time.perf_counter() - started) * 1000 / len(rows)
    policy, document = active_policy(trial.kind)
    seen = [
        Seen(row=row, scored=score, took_ms=took_ms, band=band_of(item, score, document), stands=band_of(item, scored_of(row), document))
        for row, item, score in zip(rows, asked, scored, strict=True)
    ]
    shadow_keep(trial, seen, policy_number=policy.number)


def band_of(item: ScoringItem, score: Scored | None, document: PolicyDocument) -> str:
    """Where rules and thresholds put a score, whatever automation is allowed now: both versions are held to the same marks."""
    if score is None:
        return "review"
    return decide(item, score, document.model_copy(update={"automation": "demo"})).outcome
