"""Score and decide. What cannot be scored goes to a person with the reason; never allowed, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from django.db import transaction

from console.audit.services import Entry, audit_append_many
from console.automation.marks import NOTHING, certified_marks
from console.automation.slices import slices_held
from console.cases import services as cases
from console.cases.models import Case, Queue
from console.cases.routing import Router, router_load
from console.common.clock import db_now
from console.common.jobs import Claimed, jobs_done
from console.common.outbox import outbox_put_many
from console.enforcement.services import enforcement_apply
from console.enforcement.statements import statement_of_reasons
from console.flow.alike import fingerprint_of
from console.flow.audits import audits_draw, audits_open
from console.flow.choose import Answers, answers_for
from console.flow.effect import events_of
from console.insights.search.rows import Reading, reading_of, search_put
from console.intake.history import scoring_items
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy
from console.quality.bars import bar_owners
from console.quality.plans import cases_blind
from console.scores.models import Decision, Fingerprint, Score
from console.scores.services import (
    decision_build,
    facts_of,
    fingerprints_put,
    score_build,
)
from console.training.models import TrialBatch
from scoring.decide import decide
from scoring.policy import PolicyDocument
from scoring.types import Decision as Decided
from scoring.types import Item as ScoringItem
from scoring.types import Score as Scored
from scoring.withheld import marks_here


def items_score(*, jobs: Sequence[Claimed]) -> None:
    """Score and decide what the jobs name. A job whose lease was lost meanwhile writes nothing."""
    items = {str(i.pk): i for i in Item.objects.filter(pk__in=[job.subject for job in jobs])}
    open_jobs = [job for job in jobs if job.subject in items and items[job.subject].status == Item.Status.RECEIVED]
    settled = [job for job in jobs if job not in open_jobs]
    if settled:
        jobs_done([(job.id, job.token) for job in settled])
    by_kind: dict[str, list[Claimed]] = {}
    for job in open_jobs:
        by_kind.setdefault(items[job.subject].kind, []).append(job)
    for kind, batch in by_kind.items():
        _score_kind(kind, batch, [items[job.subject] for job in batch])


def _score_kind(kind: str, jobs: Sequence[Claimed], items: Sequence[Item]) -> None:
    asked = scoring_items(items)
    answers = answers_for(kind, asked, tried=[job.attempt > 1 for job in jobs])
    scored = [answers.by_place[i].scored for i in range(len(asked))]
    prints = [fingerprint_of(item, score.signals) for item, score in zip(items, scored, strict=True)]
    readings = [reading_of(item, score.signals) for item, score in zip(items, scored, strict=True)]
    _write(jobs, items, asked, answers, prints, readings)


@transaction.atomic
def _write(
    jobs: Sequence[Claimed], items: Sequence[Item], asked: Sequence[ScoringItem], answers: Answers,
    prints: Sequence[Fingerprint | None], readings: Sequence[Reading],
) -> None:  # fmt: skip
    kept = jobs_done([(job.id, job.token) for job in jobs])
    TrialBatch.objects.bulk_create(answers.batches)
    # Scoring took its time: what was reported meanwhile counts, and what was decided meanwhile stays.
    fresh = _still_received(items)
    mine = [index for index, job in enumerate(jobs) if job.id in kept and items[index].pk in fresh]
    if not mine:
        return
    given = [answers.by_place[i] for i in mine]
    rows = Score.objects.bulk_create(
        score_build(item=items[i], scored=answer.scored, checksum=answer.checksum, took_ms=answer.took_ms)
        for i, answer in zip(mine, given, strict=True)
    )
    fingerprints_put([row for i in mine if (row := prints[i]) is not None])
    policy = active_policy(items[0].kind)
    known = [
        (fresh[items[i].pk], replace(asked[i], reports=fresh[items[i].pk].reports), answer.scored)
        for i, answer in zip(mine, given, strict=True)
    ]
    marks = certified_marks(items[0].kind, policy[1])
    held = slices_held(items[0].kind, policy[1])
    settled = []
    for i, (item, ask, score), stored in zip(mine, known, rows, strict=True):
        place = {"model": score.model, "source": item.source.slug, "language": readings[i].language}
        here = marks_here(marks.get(score.model, NOTHING), held, **place)
        settled.append(Settled(item=item, asked=ask, scored=score, row=stored, decided=decide(ask, score, policy[1], certified=here)))
    _settle(settled, policy)
    search_put(items=[item for item, _, _ in known], readings=[readings[i] for i in mine])


def _still_received(items: Sequence[Item]) -> dict[UUID, Item]:
    """Lock those that nothing has decided yet, in the order of their ids."""
    locked = Item.objects.select_for_update(of=("self",)).filter(pk__in=[i.pk for i in items], status=Item.Status.RECEIVED)
    return {item.pk: item for item in locked.select_related("source").order_by("pk")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An item with what was asked, measured and decided."""

    item: Item
    asked: ScoringItem
    scored: Scored
    row: Score
    decided: Decided


def _settle(settled: Sequence[Settled], policy: tuple[PolicyVersion, PolicyDocument]) -> None:
    """Write the first decision of each item and what follows: a case, or the effect with its events. All of one kind."""
    kind = settled[0].item.kind
    version, document = policy
    router, now = router_load(kind), db_now()
    decisions: list[Decision] = []
    opened: list[Case] = []
    of_item: dict[UUID, Case] = {}
    entries: list[Entry] = []
    for one in settled:
        item, row, facts = one.item, one.row, facts_of(one.decided)
        if facts.outcome == "enforce":
            facts = replace(facts, statement=statement_of_reasons(item, facts, document))
        decision = decision_build(item=item, number=1, facts=facts, policy_version=version, score=row)
        decisions.append(decision)
        actor, about = f"machine:{row.model or kind}", {"item_id": item.pk}
        entries.append(
            Entry(actor=actor, verb="item.scored", subject=f"item:{item.pk}", data={"model": row.model, "score": row.pk}, **about)
        )
        data = {"outcome": facts.outcome, "reason": facts.reason, "policy": version.number, "rule": facts.rule}
        entries.append(Entry(actor=actor, verb="item.decided", subject=f"decision:{decision.pk}", data=data, **about))
        if facts.outcome == "review":
            routed = router.route(item=item, asked=one.asked, score=one.scored, severity=facts.severity)
            case = cases.case_build(
                item=item, queue=routed.queue, reason=facts.reason, sentence=facts.sentence, severity=facts.severity, chance=row.risk,
                now=now, label=facts.label,
            )  # fmt: skip
            opened.append(case)
            of_item[item.pk] = case
            data = {"reason": facts.reason, **routed.told()}
            entries.append(Entry(actor=actor, verb="case.opened", subject=f"case:{case.pk}", data=data, **about))
    cases_blind(opened)
    samples = audits_draw(kind, decisions, of_item)
    Decision.objects.bulk_create(decisions)
    Case.objects.bulk_create(opened)
    bar_owners([case.pk for case in opened])
    waiting = set(of_item)
    Item.objects.filter(pk__in=waiting).update(status=Item.Status.IN_REVIEW)
    done = [decision for decision in decisions if decision.item_id not in waiting]
    Item.objects.filter(pk__in=[d.item_id for d in done]).update(status=Item.Status.DECIDED)
    outbox_put_many([event for decision in done for event in events_of(decision)])
    audit_append_many(entries)
    for decision in done:
        enforcement_apply(decision)
    audits_open(samples, {one.item.pk: partial(_route, router, one) for one in settled})
    router.keep_faults()


def _route(router: Router, one: Settled) -> Queue:
    severity = max(one.decided.severity, one.item.severity_hint)
    return router.route(item=one.item, asked=one.asked, score=one.scored, severity=severity).queue


@transaction.atomic
def scoring_gave_up(*, item_id: UUID, error: str) -> None:
    """After the last attempt: the item goes to a person, with what went wrong."""
    open_items = Item.objects.select_for_update(of=("self",)).select_related("source")
    item = open_items.filter(pk=item_id, status=Item.Status.RECEIVED).first()
    if item is None:
        return
    scored = Scored(risk=None, errors={"scorer": error[:500] or "The scorer did not finish."})
    row = score_build(item=item, scored=scored, checksum="", took_ms=None)
    row.save()
    fingerprints_put([found] if (found := fingerprint_of(item, {})) else [])
    decided = Decided(
        outcome="review", reason="scorer_failed", sentence="It could not be scored, so a person looks.", severity=item.severity_hint
    )
    asked = scoring_items([item])[0]
    _settle([Settled(item=item, asked=asked, scored=scored, row=row, decided=decided)], active_policy(item.kind))
    search_put(items=[item], readings=[reading_of(item)])
