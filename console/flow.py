"""The pipeline, top to bottom: receive -> score -> decide -> (claim -> verdict) -> effect. The only module that knows every app.

Each verb is one transaction and leaves an audit row. Only scoring itself runs outside transactions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from console import dispatch
from console.accounts.models import Source, User
from console.audit.services import Entry, audit_append, audit_append_many
from console.banks.selectors import bank_index
from console.banks.services import bank_forget, bank_remember
from console.cases import services as cases
from console.cases.models import Case, Claim, Queue
from console.cases.priority import priority_of, value_of
from console.cases.services import Hold, actor_of
from console.common.clock import db_now
from console.common.errors import Conflict, Invalid
from console.common.jobs import Claimed, job_put_many, jobs_done
from console.common.outbox import Event, outbox_cancel, outbox_put_many
from console.enforcement.services import enforcement_apply, enforcement_reverse
from console.enforcement.statements import statement_of_reasons
from console.intake import services as intake
from console.intake.history import scoring_items
from console.intake.models import Item
from console.intake.parsing import NewItem
from console.intake.services import Received
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy
from console.scores.models import Decision, Score
from console.scores.services import (
    DecisionFacts,
    decision_build,
    decision_supersede,
    decision_take_effect,
    decision_undo,
    facts_of,
    score_build,
)
from console.scores.serving import run_context, scorer_for
from console.training.selectors import champion_bundle
from console.verdicts import services as verdicts
from console.verdicts.labels import labels_of, target_of
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm
from scoring.artifacts import ArtifactError
from scoring.decide import decide
from scoring.policy import PolicyDocument
from scoring.registry import KINDS
from scoring.types import Decision as Decided
from scoring.types import Item as ScoringItem
from scoring.types import Score as Scored

log = logging.getLogger(__name__)
SCORE = "score_item"
FEEDBACK_LABELS = {"bounce": {"email": 1}, "chargeback": {"fraud": 1}, "refund": {}, "complaint": {}, "confirmed": {"email": 0}}


# Receive


def items_receive(*, source: Source, rows: Sequence[NewItem], actor: str) -> list[Received]:
    """Accept items: rows, keys, jobs and audit in one transaction. The bell rings after the commit, and may be lost."""
    with transaction.atomic():
        answers = intake.items_insert(source=source, rows=rows)
        lanes: dict[str, list[str]] = {}
        for row, answer in zip(rows, answers, strict=True):
            if answer.result == "created":
                lanes.setdefault(KINDS[row.kind].lane, []).append(str(answer.id))
        for lane, subjects in lanes.items():
            ids = job_put_many(task=SCORE, lane=lane, subjects=subjects)
            transaction.on_commit(partial(dispatch.ring, SCORE, lane, ids))
        audit_append_many(
            [
                Entry(actor=actor, verb="item.received", subject=f"item:{a.id}", item_id=a.id, data={"kind": r.kind})
                for r, a in zip(rows, answers, strict=True)
                if a.result == "created"
            ]
        )
    return answers


@transaction.atomic
def item_report(*, item: Item, reporter: str, reason: str, text: str, actor: str) -> None:
    """A report brings a waiting case forward and opens one for an item that was let through."""
    if not intake.report_create(item=item, reporter=reporter, reason=reason, text=text):
        return
    audit_append(actor=actor, verb="item.reported", subject=f"item:{item.pk}", item_id=item.pk, data={"reason": reason})
    item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    case = Case.objects.select_related("queue").filter(item=item).exclude(state=Case.State.CLOSED).first()
    score = item.scores.order_by("-pk").first()
    chance = score.risk if score else None
    if case is not None:
        value = value_of(chance=chance, severity=case.severity, reports=item.reports)
        Case.objects.filter(pk=case.pk).update(
            priority=priority_of(value=value, received_at=item.received_at, limit_minutes=case.queue.sla_minutes)
        )
    elif item.status == Item.Status.DECIDED and _was_let_through_by_machine(item):
        _send_to_person(item, reason="reported", sentence="It was let through, and somebody reported it.", chance=chance)


def _was_let_through_by_machine(item: Item) -> bool:
    return item.decisions.filter(state=Decision.State.EFFECTIVE, outcome="allow", automated=True).exists()


def _send_to_person(item: Item, *, reason: str, sentence: str, chance: float | None, severity: int = 0) -> Case:
    queue = cases.queue_for(item)
    case = cases.case_build(item=item, queue=queue, reason=reason, sentence=sentence, severity=severity, chance=chance, now=db_now())
    case.save(force_insert=True)
    Item.objects.filter(pk=item.pk).update(status=Item.Status.IN_REVIEW)
    audit_append(
        actor="system", verb="case.opened", subject=f"case:{case.pk}", item_id=item.pk, data={"reason": reason, "queue": queue.slug}
    )
    return case


@transaction.atomic
def item_feedback(*, item: Item, event: str, data: Mapping[str, Any], actor: str) -> None:
    """What the world answered later becomes a label: a chargeback, a bounce."""
    if event not in FEEDBACK_LABELS:
        raise Invalid({"event": [f"{event!r} is not known; use one of {', '.join(FEEDBACK_LABELS)}."]})
    known = {label for clause in active_policy(item.kind)[1].clauses for label in clause.labels}
    labels = {name: value for name, value in FEEDBACK_LABELS[event].items() if name in known}
    if FEEDBACK_LABELS[event] and not labels:
        raise Invalid({"event": [f"A {event} says nothing of a {KINDS[item.kind].words.one}."]})
    if not intake.feedback_create(item=item, event=event, data=data):
        return
    Label.objects.bulk_create(Label(item=item, name=name, value=value, source="feedback") for name, value in labels.items())
    audit_append(actor=actor, verb="item.feedback", subject=f"item:{item.pk}", item_id=item.pk, data={"event": event})


# Score and decide: what cannot be scored goes to a person with the reason; never allowed, never dropped


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
    started = time.perf_counter()
    try:
        bundle = champion_bundle(kind)
        scored = scorer_for(bundle).score(asked, run_context(bank_index()))
        checksum = bundle.checksum
    except (ArtifactError, OSError) as error:
        log.error("model cannot be used", extra={"kind": kind, "error": str(error)})
        scored, checksum = [Scored(risk=None, errors={"model": str(error)}) for _ in asked], ""
    took_ms = (time.perf_counter() - started) * 1000 / len(asked)
    _write(jobs, items, asked, scored, checksum, took_ms)


@transaction.atomic
def _write(
    jobs: Sequence[Claimed], items: Sequence[Item], asked: Sequence[ScoringItem], scored: Sequence[Scored], checksum: str, took_ms: float
) -> None:
    kept = jobs_done([(job.id, job.token) for job in jobs])
    # Scoring took its time: what was reported meanwhile counts, and what was decided meanwhile stays.
    fresh = _still_received(items)
    mine = [index for index, job in enumerate(jobs) if job.id in kept and items[index].pk in fresh]
    if not mine:
        return
    rows = Score.objects.bulk_create(score_build(item=items[i], scored=scored[i], checksum=checksum, took_ms=took_ms) for i in mine)
    policy = active_policy(items[0].kind)
    known = [(fresh[items[i].pk], replace(asked[i], reports=fresh[items[i].pk].reports), scored[i]) for i in mine]
    _settle([(item, row, decide(ask, score, policy[1])) for (item, ask, score), row in zip(known, rows, strict=True)], policy)


def _still_received(items: Sequence[Item]) -> dict[UUID, Item]:
    """Lock those that nothing has decided yet, in the order of their ids."""
    locked = Item.objects.select_for_update(of=("self",)).filter(pk__in=[i.pk for i in items], status=Item.Status.RECEIVED)
    return {item.pk: item for item in locked.order_by("pk")}


def _settle(settled: Sequence[tuple[Item, Score, Decided]], policy: tuple[PolicyVersion, PolicyDocument]) -> None:
    """Write the first decision of each item and what follows: a case, or the effect with its events. All of one kind."""
    kind = settled[0][0].kind
    version, document = policy
    queue, now = cases.queue_for(settled[0][0]), db_now()
    decisions: list[Decision] = []
    opened: list[Case] = []
    entries: list[Entry] = []
    for item, row, decided in settled:
        facts = facts_of(decided)
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
            case = cases.case_build(
                item=item, queue=queue, reason=facts.reason, sentence=facts.sentence, severity=facts.severity, chance=row.risk, now=now
            )
            opened.append(case)
            data = {"queue": queue.slug, "reason": facts.reason}
            entries.append(Entry(actor=actor, verb="case.opened", subject=f"case:{case.pk}", data=data, **about))
    Decision.objects.bulk_create(decisions)
    Case.objects.bulk_create(opened)
    waiting = {case.item_id for case in opened}
    Item.objects.filter(pk__in=waiting).update(status=Item.Status.IN_REVIEW)
    done = [decision for decision in decisions if decision.item_id not in waiting]
    Item.objects.filter(pk__in=[d.item_id for d in done]).update(status=Item.Status.DECIDED)
    outbox_put_many([event for decision in done for event in events_of(decision)])
    audit_append_many(entries)
    for decision in done:
        enforcement_apply(decision)


@transaction.atomic
def scoring_gave_up(*, item_id: UUID, error: str) -> None:
    """After the last attempt: the item goes to a person, with what went wrong."""
    item = Item.objects.select_for_update(of=("self",)).filter(pk=item_id, status=Item.Status.RECEIVED).first()
    if item is None:
        return
    scored = Scored(risk=None, errors={"scorer": error[:500] or "The scorer did not finish."})
    row = score_build(item=item, scored=scored, checksum="", took_ms=None)
    row.save()
    decided = Decided(
        outcome="review", reason="scorer_failed", sentence="It could not be scored, so a person looks.", severity=item.severity_hint
    )
    _settle([(item, row, decided)], active_policy(item.kind))


# Claim


def case_claim(*, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None) -> Claim | None:
    return cases.case_claim_next(queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id)


# Verdict


@transaction.atomic
def verdict_give(*, case_id: UUID, reviewer: User, token: int, form: VerdictForm) -> Verdict:
    """Verdict, decision, labels, audit and outbox together, fenced by the claim. Effects leave when undo is over."""
    claim = cases.claim_require(Hold(case_id=case_id, reviewer=reviewer, token=token))
    item = claim.case.item
    policy_version, document = active_policy(item.kind)
    form = verdicts.form_check(form, document, KINDS[item.kind].record_fields)
    cases.claim_close(claim=claim, state=Claim.State.DECIDED, case_state=Case.State.CLOSED)
    facts = _verdict_facts(item, form, document)
    score = item.scores.only("pk", "model").order_by("-pk").first()
    decision = decision_supersede(item=item, facts=facts, policy_version=policy_version, score=score, held=True)
    until = claim.now + timedelta(seconds=settings.UNDO_SECONDS)
    labels = labels_of(document=document, outcome=form.outcome, clauses=tuple(form.clauses), fields=form.fields, given=form.labels)
    verdict = verdicts.verdict_create(
        claim=claim, reviewer=reviewer, decision=decision, policy_version=policy_version, form=form, labels=labels, undo_until=until
    )
    Item.objects.filter(pk=item.pk).update(status=Item.Status.DECIDED)
    restores = form.outcome == "allow" and item.actions.filter(state="active").exists()
    outbox_put_many(events_of(decision, restores=restores, not_before=until))
    audit_append(
        actor=actor_of(reviewer), verb="verdict.given", subject=f"verdict:{verdict.pk}", item_id=item.pk,
        data={"outcome": form.outcome, "clauses": list(form.clauses), "token": token, "evidence_seen": claim.evidence_seen},
    )  # fmt: skip
    return verdict


def _verdict_facts(item: Item, form: VerdictForm, document: PolicyDocument) -> DecisionFacts:
    words = KINDS[item.kind].words
    if form.outcome == "allow":
        return DecisionFacts(outcome="allow", reason="verdict", automated=False, sentence=f"{words.allowed} by a person.")
    clause = next((c for c in document.clauses if c.id in form.clauses), None)
    facts = DecisionFacts(
        outcome="enforce",
        reason="verdict",
        automated=False,
        action=form.action or "",
        clause=clause.id if clause else "",
        label=target_of(clause) if clause else "",
        severity=form.severity or 0,
        sentence=f"{words.enforced}: {clause.title.lower()}." if clause else f"{words.enforced} by a person.",
    )
    return replace(facts, statement=statement_of_reasons(item, facts, document))


@transaction.atomic
def verdict_undo(*, verdict_id: UUID, reviewer: User) -> Verdict:
    """Everything is as it was before; the case waits at its old place (case_claim_one takes it again)."""
    verdict = verdicts.verdict_withdraw(verdict_id=verdict_id, reviewer=reviewer)
    # Effects may leave between the check of the window and here: then nothing is undone, and this transaction rolls back.
    if not (decision_undo(decision=verdict.decision) and outbox_cancel(dedupe_prefix=f"decision:{verdict.decision_id}:")):
        raise Conflict("The time to undo is over: it has taken effect. Give a new verdict instead.", code="undo_over")
    Item.objects.filter(pk=verdict.item_id).update(status=Item.Status.IN_REVIEW)
    Case.objects.filter(pk=verdict.case_id, state=Case.State.CLOSED).update(state=Case.State.WAITING, closed_at=None)
    audit_append(
        actor=actor_of(reviewer),
        verb="verdict.undone",
        subject=f"verdict:{verdict.pk}",
        item_id=verdict.item_id,
        data={"case": str(verdict.case_id)},
    )
    return verdict


# Effect


def events_of(decision: Decision, *, restores: bool = False, not_before: datetime | None = None) -> list[Event]:
    """The events of a decision, once each: the key names decision and topic."""
    topics = ["item.decided"] + ["item.enforced"] * (decision.outcome == "enforce") + ["item.restored"] * restores
    return [
        Event(
            topic=topic,
            source_id=decision.item.source_id,
            subject=f"item:{decision.item_id}",
            data=_event_data(decision),
            dedupe_key=f"decision:{decision.pk}:{topic}",
            not_before=not_before,
        )
        for topic in topics
    ]


def _event_data(decision: Decision) -> dict[str, Any]:
    """What an integration needs to act, and no content."""
    item = decision.item
    return {
        "item": str(item.pk),
        "external_id": item.external_id,
        "kind": item.kind,
        "decision": str(decision.pk),
        "number": decision.number,
        "outcome": decision.outcome,
        "action": decision.action,
        "clause": decision.clause,
        "automated": decision.automated,
        "statement_url": f"{settings.PUBLIC_URL}/api/v1/decisions/{decision.pk}/statement" if decision.statement else None,
    }


def decisions_release(*, limit: int = 500) -> int:
    """Let held decisions whose undo is over take effect; returns how many."""
    released = 0
    due = Verdict.objects.filter(state=Verdict.State.GIVEN, decision__state=Decision.State.HELD, undo_until__lte=Now())
    for verdict in due.select_related("decision__item").order_by("undo_until")[:limit]:
        with transaction.atomic():
            if decision_take_effect(decision=verdict.decision):
                decision_apply(verdict.decision)
                released += 1
    return released


def decision_apply(decision: Decision) -> None:
    """What a person's decision does to item and account; what an earlier decision did is taken back."""
    for earlier in Decision.objects.filter(item_id=decision.item_id, number__lt=decision.number, actions__state="active").distinct():
        enforcement_reverse(earlier)
    if decision.outcome == "allow":
        bank_forget(item_id=decision.item_id, actor="system")
    enforcement_apply(decision)
    if decision.outcome == "enforce":
        bank_remember(decision)
