"""Claim and verdict: verdict, decision, labels, audit and outbox together, fenced by the claim; undo puts all of it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction

from console.accounts.models import User
from console.audit.services import audit_append
from console.cases import holding, serving
from console.cases.claiming import actor_of
from console.cases.holding import Hold
from console.cases.models import Case, Claim, Queue
from console.cases.reopen import case_decide_again
from console.cases.transfers import case_follow
from console.common.errors import Conflict
from console.common.outbox import outbox_cancel, outbox_put_many
from console.flow.draw import gold_claim
from console.flow.effect import events_of
from console.flow.facts import verdict_facts
from console.intake.models import Item
from console.policies.models import PolicyVersion
from console.policies.selectors import active_policy
from console.quality.bars import bar_from_item, own_refuse
from console.quality.checks import check_answer, check_is_gold, check_of, check_reopen
from console.scores.models import Decision
from console.scores.services import decision_supersede, decision_undo
from console.training.choices import propensity_of
from console.verdicts import services as verdicts
from console.verdicts.corrections import verdict_reinstate, verdict_supersede
from console.verdicts.labels import labels_of
from console.verdicts.models import Batch, Verdict
from console.verdicts.services import VerdictForm
from scoring.policy import PolicyDocument
from scoring.registry import KINDS


def case_claim(*, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None) -> Claim | None:
    """The case that the person has, or the next of the queue; now and then an item whose answer is known in place of the next."""
    known = partial(gold_claim, queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id)
    return serving.case_serve(queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id, instead=known)


def cases_fetch_ahead(
    *, queue: Queue, reviewer: User, is_lead: bool = False, source_id: int | None = None, count: int = serving.AHEAD
) -> list[Claim]:
    known = partial(gold_claim, queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id)
    return serving.cases_fetch_ahead(queue=queue, reviewer=reviewer, is_lead=is_lead, source_id=source_id, count=count, instead=known)


@transaction.atomic
def verdict_give(*, case_id: UUID, reviewer: User, token: int, form: VerdictForm, batch: Batch | None = None) -> Verdict:
    """Verdict, decision, labels, audit and outbox together, fenced by the claim. Effects leave when undo is over."""
    claim = holding.claim_require(Hold(case_id=case_id, reviewer=reviewer, token=token))
    holding.claim_close(claim=claim, state=Claim.State.DECIDED, case_state=Case.State.CLOSED)
    return _conclude(claim, form, verb="verdict.given", batch=batch)


@transaction.atomic
def verdict_correct(*, verdict_id: UUID, reviewer: User, is_lead: bool, form: VerdictForm, why: str) -> Verdict:
    """A later verdict takes the place of one that is in effect: by the same person or a lead, with the reason. It can be undone too."""
    earlier = verdict_supersede(verdict_id=verdict_id, reviewer=reviewer, is_lead=is_lead, why=why)
    own_refuse(item=earlier.item, user=reviewer)
    claim = case_decide_again(case_id=earlier.case_id, reviewer=reviewer)
    return _conclude(claim, form, verb="verdict.corrected", supersedes=earlier, why=why)


def _conclude(
    claim: Claim, form: VerdictForm, *, verb: str, batch: Batch | None = None, supersedes: Verdict | None = None, why: str = ""
) -> Verdict:
    """What follows from a claim that was decided. Whatever is refused here rolls the caller's writes back.
    The verdict of a check answers it and decides nothing: see console.flow.checks."""
    item, reviewer = claim.case.item, claim.reviewer
    policy_version, document = active_policy(item.kind)
    form = verdicts.form_check(form, document, item, KINDS[item.kind].record_fields)
    check = check_of(claim.case)
    decision = None if check else _decide(item, form, policy_version, document)
    until = claim.now + timedelta(seconds=settings.UNDO_SECONDS)
    labels = labels_of(
        document=document, outcome=form.outcome, clauses=tuple(form.clauses), fields=form.fields, given=form.labels,
        action=form.action,
    )  # fmt: skip
    verdict = verdicts.verdict_create(
        claim=claim, decision=decision, policy_version=policy_version, form=form, labels={} if check else labels, undo_until=until,
        batch=batch, supersedes=supersedes, why=why, propensity=propensity_of(claim.case_id) if claim.case.blind else None,
    )  # fmt: skip
    if check:
        check_answer(check=check, verdict=verdict)
    if decision:
        _announce(item, decision, form, until)
    bar_from_item(item_id=item.pk, user_id=reviewer.pk, besides=claim.case_id)
    audit_append(
        actor=actor_of(reviewer), verb=verb, subject=f"verdict:{verdict.pk}", item_id=None if check and check.gold_id else item.pk,
        data={
            "outcome": form.outcome, "clauses": list(form.clauses), "token": claim.token, "evidence_seen": claim.evidence_seen,
            **({"batch": str(batch.pk)} if batch else {}), **({"supersedes": str(supersedes.pk)} if supersedes else {}),
        },
    )  # fmt: skip
    return verdict


def _decide(item: Item, form: VerdictForm, policy_version: PolicyVersion, document: PolicyDocument) -> Decision:
    score = item.scores.only("pk", "model").order_by("-pk").first()
    facts = verdict_facts(item, form, document)
    return decision_supersede(item=item, facts=facts, policy_version=policy_version, score=score, held=True)


def _announce(item: Item, decision: Decision, form: VerdictForm, until: datetime) -> None:
    """The item counts as decided; who listens is told once undo is over."""
    Item.objects.filter(pk=item.pk).update(status=Item.Status.DECIDED)
    in_force = list(item.actions.filter(state="active").order_by("pk").values_list("action", flat=True))
    outbox_put_many(events_of(decision, takes_back=in_force, not_before=until, marks=form.spans))


@transaction.atomic
def verdict_undo(*, verdict_id: UUID, reviewer: User) -> Verdict:
    """Everything is as it was before; the case waits at its old place (case_claim_one takes it again), or what was corrected counts."""
    verdict = verdicts.verdict_withdraw(verdict_id=verdict_id, reviewer=reviewer)
    # Effects may leave between the check of the window and here: then nothing is undone, and this transaction rolls back.
    decision = verdict.decision
    if not (_withdraw(decision) if decision else check_reopen(verdict=verdict)):
        raise Conflict(verdicts.UNDO_OVER, code="undo_over")
    if verdict.supersedes_id:
        verdict_reinstate(verdict_id=verdict.supersedes_id)
    else:
        if decision:
            Item.objects.filter(pk=verdict.item_id).update(status=Item.Status.IN_REVIEW)
        Case.objects.filter(pk=verdict.case_id, state=Case.State.CLOSED).update(state=Case.State.WAITING, closed_at=None)
        case_follow(verdict.case)
    audit_append(
        actor=actor_of(reviewer), verb="verdict.undone", subject=f"verdict:{verdict.pk}",
        item_id=None if check_is_gold(verdict.case_id) else verdict.item_id,
        data={"case": str(verdict.case_id), "correction": verdict.supersedes_id is not None},
    )  # fmt: skip
    return verdict


def _withdraw(decision: Decision) -> bool:
    return decision_undo(decision=decision) and bool(outbox_cancel(dedupe_prefix=f"decision:{decision.pk}:"))
