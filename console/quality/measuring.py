"""What the checks of a kind add up to: agreement, reliability, leaning on the machine. Minutes of arithmetic at worst, so a worker
does it, by schedule or on request; pages read what was stored.

Only second looks that chance drew count: those that somebody asked for, because a label or a person was doubted, would make everybody
look worse than they are.

Truth is what is known (gold), what a lead or a third person concluded, or what two people say alike without having seen each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from console import dispatch
from console.accounts.models import User
from console.audit.services import audit_append
from console.common.clock import db_now
from console.common.jobs import job_put_many
from console.policies.selectors import active_policy
from console.quality.gold import clause_of
from console.quality.models import Check, Measure, Reliability
from console.verdicts.models import Verdict
from scoring.agreement import Unit, agreement
from scoring.binomial import at_most
from scoring.registry import KINDS
from scoring.reliability import Answer, Judged, judge_all

NEWEST = 4000  # checks of a kind that are looked at: older ones say little of people today
PRIOR = 4.0  # imagined answers for each row of a person's matrix
GOOD, FALSE_ALARM = 0.95, 0.01  # nobody this good is called in need of help more often than once in a hundred looks
LEAST_ANSWERS = 57  # before it a label's weight is not touched: so many tell 80 % from 95 %
TASK, LANE = "measure", "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two verdicts on one item by two people; the second was blind."""

    item_id: UUID
    first: Verdict
    second: Verdict
    truth: str  # "" while a lead is still to decide


def measure_request(*, user: User) -> None:
    """Ask a worker to measure now."""
    with transaction.atomic():
        ids = job_put_many(task=TASK, lane=LANE, subjects=["all"], again=db_now().isoformat())
        audit_append(actor=f"user:{user.get_username()}", verb="checks.measured", subject="checks", data={})
        transaction.on_commit(partial(dispatch.ring, TASK, LANE, ids))


def measure_all() -> None:
    for kind in KINDS:
        measure(kind)


def measure(kind: str) -> Measure:
    pairs, golds = _pairs(kind), _golds(kind)
    clauses = [clause.id for clause in active_policy(kind)[1].clauses]
    data = {
        "agreement": _agreement(pairs, clauses), "matrix": _matrix(pairs), "leaning": _leaning(pairs), "best": _best(pairs),
        "pairs": len(pairs),
    }  # fmt: skip
    with transaction.atomic():
        row, _ = Measure.objects.update_or_create(kind=kind, defaults={"data": data, "computed_at": Now()})
        _reliability(kind, pairs, golds)
    row.refresh_from_db()
    return row


def _pairs(kind: str) -> list[Pair]:
    rows = Check.objects.filter(
        purpose=Check.Purpose.SECOND, state=Check.State.CLOSED, item__kind=kind, answer__isnull=False, about__isnull=False,
        probability__isnull=False,
    ).exclude(result=Check.Result.NONE)
    related = rows.select_related("about__decision__score", "answer", "adjudication").order_by("-pk")[:NEWEST]
    return [
        Pair(item_id=row.item_id, first=row.about, second=row.answer, truth=_truth(row)) for row in related if row.about and row.answer
    ]


def _truth(check: Check) -> str:
    if check.result == Check.Result.SAME and check.answer is not None:
        return verdict_word(check.answer)
    closed = getattr(check, "adjudication", None)
    return clause_of(closed.final["outcome"], closed.final["clauses"]) if closed is not None and closed.final else ""


def _golds(kind: str) -> list[Check]:
    rows = Check.objects.filter(purpose=Check.Purpose.GOLD, state=Check.State.CLOSED, item__kind=kind, answer__isnull=False)
    rows = rows.exclude(result=Check.Result.NONE)  # they had said the answer themselves
    return list(rows.select_related("gold", "answer").order_by("-pk")[:NEWEST])


def verdict_word(verdict: Verdict) -> str:
    return clause_of(verdict.outcome, verdict.clauses)


def _agreement(pairs: Sequence[Pair], clauses: Sequence[str]) -> list[dict[str, Any]]:
    """Alpha of the whole policy ("") and of each clause that anybody named: named by one, and by the other?"""
    named = {clause for pair in pairs for clause in (*pair.first.clauses, *pair.second.clauses)}
    units: dict[str, list[Unit]] = {"": [(verdict_word(pair.first), verdict_word(pair.second)) for pair in pairs]}
    for clause in clauses:
        if clause in named:
            units[clause] = [(clause in pair.first.clauses, clause in pair.second.clauses) for pair in pairs]
    return [{"clause": clause, **asdict(agreement(judged))} for clause, judged in units.items()]


def _matrix(pairs: Sequence[Pair]) -> list[list[Any]]:
    """[first, second, how often]"""
    counted = Counter((verdict_word(pair.first), verdict_word(pair.second)) for pair in pairs)
    return [[one, other, count] for (one, other), count in sorted(counted.items())]


def _leaning(pairs: Sequence[Pair]) -> dict[str, int]:
    """Where the machine leant the wrong way and was shown to the first: how often the first was wrong, and the second, blind."""
    shown = [pair for pair in pairs if pair.truth and pair.first.evidence_seen and _machine_wrong(pair)]
    first = [_side(verdict_word(pair.first)) != _side(pair.truth) for pair in shown]
    second = [_side(verdict_word(pair.second)) != _side(pair.truth) for pair in shown]
    both = list(zip(first, second, strict=True))
    return {
        "items": len(shown), "shown_wrong": sum(first), "blind_wrong": sum(second),
        "only_shown": sum(a and not b for a, b in both), "only_blind": sum(b and not a for a, b in both),
    }  # fmt: skip


def _best(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    """[wrong, of] on items whose truth is known: people who saw no opinion, the machine at one half, people who had asked for it."""
    known = [pair for pair in pairs if pair.truth]
    blind = [v for pair in known for v in (pair.first, pair.second) if not v.evidence_seen]
    both = [pair.first for pair in known if pair.first.evidence_seen]
    truth = {v.pk: _side(pair.truth) for pair in known for v in (pair.first, pair.second)}
    leant = [pair for pair in known if _risk(pair) is not None]
    return {
        "people": [sum(_side(verdict_word(v)) != truth[v.pk] for v in blind), len(blind)],
        "machine": [sum(_machine_wrong(pair) for pair in leant), len(leant)],
        "both": [sum(_side(verdict_word(v)) != truth[v.pk] for v in both), len(both)],
    }  # fmt: skip


def _risk(pair: Pair) -> float | None:
    score = pair.first.decision.score if pair.first.decision else None
    return score.risk if score is not None else None


def _machine_wrong(pair: Pair) -> bool:
    risk = _risk(pair)
    return risk is not None and (risk >= 0.5) != (_side(pair.truth) == "enforce")


def _side(word: str) -> str:
    return "allow" if word == "allow" else "enforce"


def _reliability(kind: str, pairs: Sequence[Pair], golds: Sequence[Check]) -> None:
    """Each person's matrix by Dawid-Skene over second looks and known answers; truths that are known are not estimated."""
    answers = [
        Answer(unit=pair.item_id, judge=verdict.reviewer_id, value=verdict_word(verdict))
        for pair in pairs
        for verdict in (pair.first, pair.second)
    ]
    known: dict[Any, str] = {pair.item_id: pair.truth for pair in pairs if pair.truth}
    for check in golds:
        if check.gold is not None and check.answer is not None:
            unit = (check.item_id, check.pk)
            known[unit] = clause_of(check.gold.outcome, check.gold.clauses)
            answers.append(Answer(unit=unit, judge=check.answer.reviewer_id, value=verdict_word(check.answer)))
    Reliability.objects.filter(kind=kind).exclude(reviewer_id__in={answer.judge for answer in answers}).delete()
    if not answers:
        return
    found = judge_all(answers, known=known, prior=PRIOR)
    for person in User.objects.filter(pk__in={answer.judge for answer in answers}):
        Reliability.objects.update_or_create(
            reviewer=person, kind=kind, defaults={**reliability_of(found, person.pk), "computed_at": Now()}
        )


def reliability_of(found: Judged, judge: Hashable) -> dict[str, Any]:
    """What is stored of one person. A sign is a class in which nobody good would be right so seldom; asked of each class, the limit
    is shared among them."""
    rows = {true: row for true, row in found.counts[judge].items() if sum(row.values()) >= 0.5}
    total = sum(sum(row.values()) for row in rows.values())
    signs = []
    for true, row in rows.items():
        right, of = round(row[true]), round(sum(row.values()))
        if at_most(right, of, GOOD) <= FALSE_ALARM / len(rows):
            signs.append({"clause": true, "right": right, "of": of})
    weight = _weight(rows) if total >= LEAST_ANSWERS else 1.0
    matrix = {true: {answer: round(count, 2) for answer, count in row.items() if count >= 0.005} for true, row in rows.items()}
    return {"answers": round(total, 2), "matrix": matrix, "weight": round(weight, 4), "signs": signs}


def _weight(rows: Mapping[str, Mapping[str, float]]) -> float:
    """How much a label of theirs says: Youden's J of "breaks a rule or not" (1 never wrong, 0 as a coin), at least 0.1. Few answers
    count beside imagined ones of somebody good."""
    shares = []
    for side in ("allow", "enforce"):
        mine = {true: row for true, row in rows.items() if _side(true) == side}
        of = sum(sum(row.values()) for row in mine.values())
        right = sum(count for row in mine.values() for answer, count in row.items() if _side(answer) == side)
        shares.append((right + PRIOR * GOOD) / (of + PRIOR))
    return max(0.1, sum(shares) - 1)


def most_confused(matrix: Sequence[Sequence[Any]]) -> tuple[str, str, int] | None:
    """The two words that two people mix up most, and how often."""
    counts: Counter[tuple[str, str]] = Counter()
    for one, other, count in matrix:
        if one != other:
            low, high = sorted((one, other))
            counts[low, high] += count
    words = {word for one, other, _ in matrix for word in (one, other)}
    best = max(combinations(sorted(words), 2), key=lambda pair: counts[pair], default=None)
    return (*best, counts[best]) if best and counts[best] else None
