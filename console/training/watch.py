"""What a canary is stopped for, and when it may go on. Each test is exact, and each repetition asks for more.

A test that is made again and again finds something sooner or later. So the looks are few (each half as much again as the
last), and look number j may be wrong with chance LEVEL / (j (j + 1)) only: over all looks that adds up to LEVEL.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.db import connection, transaction
from django.db.models import Sum

from console.common.clock import db_now
from console.common.errors import DomainError
from console.training.champions import kind_lock
from console.training.models import Trial, TrialBatch
from console.training.trials import STEPS, canary_finish, canary_step, canary_stop, trials_open
from scoring.binomial import at_most, more_often

LEVEL = 0.005  # the chance that a canary that is no worse is ever stopped, for each of errors and overruled
FIRST_LOOK = {"errors": 20, "overruled": 10}
GROWTH = 1.5
SLOWER = 2.0  # times the champion's, on batches of the same size
LEAST_MS = 2.0  # an item: what is slower by less is not worth a stop
LEAST_BATCHES = 20
NEWEST = 20_000
ENOUGH_JUDGED = 30  # of the champion since the canary began; else what came before counts too
BEFORE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Arm:
    """What one version did: scored so many, failed at so many, decided alone and was looked at, was overruled."""

    items: int = 0
    errors: int = 0
    judged: int = 0
    overruled: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    canary: Arm
    champion: Arm
    ratio: float | None  # how much longer the canary takes; None while too few batches can be compared
    slower_ms: float  # an item
    in_step: int  # items since the last step


def canaries_watch() -> int:
    """Stop what is worse, give more to what held; returns how many canaries were changed."""
    return sum(_watch(trial) for trial in trials_open(mode=Trial.Mode.CANARY))


def _watch(trial: Trial) -> bool:
    if trial.version.damage:
        return canary_stop(trial=trial, sentence=f"Its files are damaged: {trial.version.damage}")
    facts = canary_facts(trial)
    if sentence := _worse(trial, facts):
        return canary_stop(trial=trial, sentence=sentence)
    if not may_step(trial, facts):
        return False
    try:
        if trial.share == STEPS[-1]:
            canary_finish(trial=trial, user=None)
        else:
            canary_step(trial=trial, share=next(step for step in STEPS if step > trial.share), user=None)
    except DomainError:
        return False  # a person was quicker
    return True


def may_step(trial: Trial, facts: Facts) -> bool:
    waited = db_now() - trial.stepped_at >= timedelta(hours=trial.min_hours)
    return trial.automatic and waited and facts.in_step >= trial.min_items


def canary_facts(trial: Trial) -> Facts:
    sums = TrialBatch.objects.filter(trial=trial).values_list("arm").annotate(Sum("items"), Sum("errors"))
    arms = {arm: (items, errors) for arm, items, errors in sums}
    champion_judged = _judged(f"{trial.kind}@{trial.against}", trial, before=timedelta())
    if champion_judged[0] < ENOUGH_JUDGED:
        champion_judged = _judged(f"{trial.kind}@{trial.against}", trial, before=BEFORE)
    ratio, slower = _slower(trial)
    step = TrialBatch.objects.filter(trial=trial, arm=TrialBatch.Arm.CANARY, created_at__gte=trial.stepped_at)
    return Facts(
        canary=Arm(*arms.get("canary", (0, 0)), *_judged(str(trial.version), trial, before=timedelta())),
        champion=Arm(*arms.get("champion", (0, 0)), *champion_judged),
        ratio=ratio, slower_ms=slower, in_step=step.aggregate(n=Sum("items"))["n"] or 0,
    )  # fmt: skip


def _judged(model: str, trial: Trial, *, before: timedelta) -> tuple[int, int]:
    """Automatic decisions of a version that a person looked at later, and how many of them the person decided otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH mine AS MATERIALIZED (
                SELECT d.id, d.item_id, d.outcome, d.created_at
                FROM scores_score s JOIN scores_decision d ON d.score_id = s.id
                WHERE s.model = %s AND s.created_at >= %s AND d.automated AND d.outcome <> 'review'
                ORDER BY s.created_at DESC LIMIT %s
            ), last AS (
                SELECT DISTINCT ON (mine.id) mine.outcome, v.outcome AS said
                FROM mine JOIN verdicts_verdict v ON v.item_id = mine.item_id AND v.state = 'given' AND v.created_at > mine.created_at
                ORDER BY mine.id, v.created_at DESC
            )
            SELECT count(*), count(*) FILTER (WHERE said <> outcome) FROM last
            """,
            [model, trial.started_at - before, NEWEST],
        )
        row = cursor.fetchone()
    return int(row[0]), int(row[1])


def _slower(trial: Trial) -> tuple[float | None, float]:
    """(ratio of what an item takes, canary to champion, on batches of like size; milliseconds more an item)."""
    rows = TrialBatch.objects.filter(trial=trial, took_ms__isnull=False, items__gt=0).order_by("-id")
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    for arm, items, took in rows.values_list("arm", "items", "took_ms")[:2000]:
        times[arm, items.bit_length()].append((took or 0.0) / items)
    sizes = [(times["canary", size], times["champion", size]) for arm, size in list(times) if arm == "canary"]
    pairs = [(len(mine), median(mine), median(theirs)) for mine, theirs in sizes if mine and len(theirs) >= LEAST_BATCHES / 4]
    weight = sum(count for count, _, _ in pairs)
    if weight < LEAST_BATCHES:
        return None, 0.0
    ratio = math.exp(sum(count * math.log(max(mine, 1e-3) / max(theirs, 1e-3)) for count, mine, theirs in pairs) / weight)
    return ratio, sum(count * (mine - theirs) for count, mine, theirs in pairs) / weight


def _worse(trial: Trial, facts: Facts) -> str:
    """Why it is stopped, in words; empty when nothing is worse."""
    mine, theirs = facts.canary, facts.champion
    if _look(trial, "errors", (mine.errors, mine.items), (theirs.errors, theirs.items)):
        return (
            f"{mine.errors} of {mine.items} items could not be scored in full, "
            f"against {theirs.errors} of {theirs.items} by {trial.against}."
        )
    if _look(trial, "overruled", (mine.overruled, mine.judged), (theirs.overruled, theirs.judged)):
        return (
            f"People overruled {mine.overruled} of the {mine.judged} decisions of it that they looked at, "
            f"against {theirs.overruled} of {theirs.judged} by {trial.against}."
        )
    if facts.ratio is not None and facts.ratio > SLOWER and facts.slower_ms > LEAST_MS:
        return f"It takes {facts.ratio:.1f} times as long as {trial.against} on batches of the same size."
    return ""


def _look(trial: Trial, name: str, mine: tuple[int, int], theirs: tuple[int, int]) -> bool:
    """One look, if it is time for one: counted first, so that two watchers never make the same look twice."""
    made = int(trial.looks.get(name, 0))
    due = looks_due(mine[1], first=FIRST_LOOK[name])
    if due <= made:
        return False
    with transaction.atomic():
        kind_lock(trial.kind)
        trial.looks = {**trial.looks, name: due}
        if not Trial.objects.filter(pk=trial.pk, ended_at=None).update(looks=trial.looks):
            return False
    return is_worse(mine, theirs, look=due)


def looks_due(tries: int, *, first: int) -> int:
    """How many looks so many tries have paid for."""
    return 0 if tries < first else 1 + int(math.log(tries / first) / math.log(GROWTH) + 1e-9)


def is_worse(mine: Sequence[int], theirs: Sequence[int], *, look: int) -> bool:
    """(bad, of) of the canary and of the champion, at look number `look`. More than half being bad is worse than any champion."""
    level = LEVEL / (look * (look + 1))
    above_half = 1 - at_most(mine[0] - 1, mine[1], 0.5)
    return min(above_half, more_often(mine[0], mine[1], theirs[0], theirs[1])) <= level
