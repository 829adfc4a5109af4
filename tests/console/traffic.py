"""Traffic as a model saw it: items, scores and first decisions, written in a few statements and put where the test wants them in time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from console.accounts.models import Source, User
from console.automation.models import Sample
from console.cases.models import Case, Claim, Queue
from console.common.clock import db_now
from console.common.ids import uuid7
from console.insights.models import SearchRow
from console.intake.models import Item
from console.policies.selectors import active_policy
from console.quality.models import Check
from console.scores.models import Decision, Score
from console.training.models import ModelVersion
from console.training.selectors import champion
from console.verdicts.models import Verdict

KIND = "review"


def serving(kind: str = KIND, *, since_days: float = 30) -> ModelVersion:
    """The champion, as if it had been promoted so long ago."""
    version = champion(kind)
    assert version is not None
    ModelVersion.objects.filter(pk=version.pk).update(promoted_at=db_now() - timedelta(days=since_days))
    version.refresh_from_db()
    return version


def traffic(
    source: Source, n: int, *, ago: timedelta, risk: Callable[[random.Random], float] = lambda rng: rng.betavariate(1, 6), seed: int = 1,
    signals: Callable[[random.Random], dict[str, Any]] = lambda rng: {"length": round(rng.lognormvariate(4, 0.6))}, kind: str = KIND,
    language: str | Sequence[str] = "en", outcome: Callable[[float], str] = lambda risk: "review", model: str = "",
) -> list[Item]:  # fmt: skip
    """`n` items that came `ago`, scored by the model that serves. An outcome of "allow" or "enforce" was the machine's own."""
    rng = random.Random(seed)
    at = db_now() - ago
    name = model or str(champion(kind))
    version = active_policy(kind)[0]
    items, scores, decisions, rows = [], [], [], []
    for _ in range(n):
        chance = round(rng.random() and risk(rng), 6)
        key = uuid7()
        item = Item(
            id=key, source=source, kind=kind, external_id=str(key), body_hash="x", payload={"text": "The soup was cold."}, created_at=at,
            received_at=at, status=Item.Status.DECIDED,
        )  # fmt: skip
        score = Score(item=item, model=name, checksum="c", risk=chance, labels={"spam": chance}, signals=signals(rng), created_at=at)
        items.append(item)
        scores.append(score)
        decided = outcome(chance)
        decisions.append(
            Decision(
                item=item, number=1, outcome=decided, reason="threshold", sentence="x", automated=decided != "review", score=score,
                model=name, policy_version=version, created_at=at,
            )
        )  # fmt: skip
        spoken = language if isinstance(language, str) else rng.choice(language)
        rows.append(
            SearchRow(
                item=item, source=source, kind=kind, received_at=at, language=spoken, status="decided", reports=0, is_open=False,
                is_held=False, severity=0, automated=decided != "review", words="",
            )
        )  # fmt: skip
    Item.objects.bulk_create(items)
    Score.objects.bulk_create(scores)
    Decision.objects.bulk_create(decisions)
    SearchRow.objects.bulk_create(rows)
    return items


def judged(
    items: Sequence[Item], reviewer: User, outcome: Callable[[Item], str], *, ago: timedelta, seen: bool = False
) -> list[Verdict]:
    """A person's verdict on each, blind unless `seen`, given `ago`."""
    queue = Queue.objects.get(slug="reviews")
    at: datetime = db_now() - ago
    version = active_policy(items[0].kind)[0]
    cases, claims, verdicts = [], [], []
    for item in items:
        case = Case(item=item, queue=queue, state="closed", reason="uncertain", sentence="x", due_at=at, created_at=at, closed_at=at)
        claim = Claim(case=case, reviewer=reviewer, token=1, state="decided", lease_until=at, started_at=at, ended_at=at)
        cases.append(case)
        claims.append(claim)
        verdicts.append(
            Verdict(
                case=case, item=item, claim=claim, reviewer=reviewer, policy_version=version, outcome=outcome(item), evidence_seen=seen,
                created_at=at, undo_until=at,
            )
        )  # fmt: skip
    Case.objects.bulk_create(cases)
    Claim.objects.bulk_create(claims)
    return Verdict.objects.bulk_create(verdicts)


def drawn(verdicts: Sequence[Verdict], *, chance: float) -> None:
    """The decisions on these were drawn with this chance, and the verdicts are the answers."""
    checks = Check.objects.bulk_create(
        Check(purpose="audit", state="closed", case=verdict.case, item=verdict.item, probability=chance, answer=verdict)
        for verdict in verdicts
    )
    decisions = {decision.item_id: decision for decision in Decision.objects.filter(item__in=[v.item_id for v in verdicts], number=1)}
    Sample.objects.bulk_create(
        Sample(
            decision=decisions[check.item_id], kind=KIND, outcome="allow", by_score=True, stratum=0, luck=chance / 2, chance=chance,
            check_case=check,
        )
        for check in checks
    )  # fmt: skip
