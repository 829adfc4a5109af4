"""Review by machine clients and other front ends: queues, claim, hold, verdict, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from pydantic import BaseModel
from rest_framework.request import Request

from console import flow
from console.accounts.roles import Role
from console.api.base import REVIEWERS, Answer, ApiView, idempotent, read_body
from console.api.docs import described
from console.api.forms import ClaimIn, HoldIn, JudgementIn, PassOnIn, RevealIn, SkipIn, VerdictIn
from console.api.schemas import ClaimOut, LeaseOut, ScreenOut, VerdictOut
from console.api.shapes import case_row, verdict_row
from console.cases import holding
from console.cases.holding import Hold
from console.cases.models import Case, Claim, Queue
from console.cases.presence import others_present
from console.cases.selectors import queues_for, verdict_first
from console.common.errors import NotFound
from console.insights.screen import case_open
from console.intake.models import Item
from console.verdicts.models import Verdict
from console.verdicts.services import VerdictForm
from scoring.types import as_json


class QueueClaim(ApiView):
    roles = {"POST": REVIEWERS}

    @described("Hold the next case of a queue", {200: ClaimOut, 204: None}, tag="review", name="queues_claim", body=ClaimIn,
               problems=[400, 404], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> HttpResponse:
        caller, form = self.caller(), read_body(request, ClaimIn)
        queue: Queue | None = queues_for(caller.user).filter(slug=slug).first()
        if queue is None:
            raise NotFound("There is no such queue, or you may not work in it.")
        is_lead, source_id = Role.LEAD in caller.roles, caller.source.pk if caller.source else None
        claim = flow.case_claim(queue=queue, reviewer=caller.user, is_lead=is_lead, source_id=source_id)
        if claim is None:
            return Answer(status=204)
        if form.evidence and not claim.case.blind and not verdict_first(claim.case):
            holding.case_reveal(hold=Hold(case_id=claim.case_id, reviewer=caller.user, token=claim.token))
            claim.evidence_seen = True
        ahead: list[Claim] = []
        if form.ahead:
            ahead = flow.cases_fetch_ahead(queue=queue, reviewer=caller.user, is_lead=is_lead, source_id=source_id, count=form.ahead)
        return Answer({**screen_of(claim), "ahead": [screen_of(one) for one in ahead]})


def screen_of(claim: Claim) -> dict[str, Any]:
    """What a reviewer gets of a case that they hold."""
    screen = case_open(case=claim.case, claim=claim)
    return {
        "case": case_row(screen.case, blind=screen.case.blind, revealed=screen.evidence_shown),
        "token": claim.token, "lease_until": claim.lease_until,
        "item": _item(screen.item), "blocks": [{"type": block.type, **as_json(block)} for block in screen.blocks],
        "policy": {
            "version": screen.policy_version.number, "checksum": screen.policy_version.checksum,
            "document": screen.policy.model_dump(mode="json"),
        },
        "evidence_shown": screen.evidence_shown, "verdict_first": screen.verdict_first,
        "present": [person.get_username() for person in others_present(case_id=claim.case_id, person=claim.reviewer)],
    }  # fmt: skip


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.pk, "kind": item.kind, "external_id": item.external_id, "source": item.source.slug, "payload": item.payload,
        "actor": item.actor, "conversation": item.conversation, "created_at": item.created_at, "received_at": item.received_at,
    }  # fmt: skip


class CaseView(ApiView):
    """Base of what is done to a case that the caller holds."""

    roles = {"POST": REVIEWERS}

    def case(self, case_id: UUID) -> Case:
        found = self.caller().visible(Case.objects.select_related("item__source", "queue"), "item__source_id").filter(pk=case_id).first()
        if found is None or not queues_for(self.caller().user).filter(pk=found.queue_id).exists():
            raise NotFound("There is no such case.")
        return found

    def hold(self, case_id: UUID, form: HoldIn) -> Hold:
        return Hold(case_id=self.case(case_id).pk, reviewer=self.caller().user, token=form.token)


def _hold_doc(summary: str, name: str, body: type[BaseModel]) -> Callable[[Any], Any]:
    return described(summary, {200: LeaseOut}, tag="review", name=f"cases_{name}", body=body, problems=[400, 404, 409], post=True)


class CaseHeartbeat(CaseView):
    @_hold_doc("Keep the case for another full lease", "heartbeat", HoldIn)
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        until = holding.case_heartbeat(hold=self.hold(case_id, read_body(request, HoldIn)))
        return Answer({"case": case_id, "state": "claimed", "lease_until": until})


class CaseRelease(CaseView):
    @_hold_doc("Give the case back", "release", HoldIn)
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        holding.case_release(hold=self.hold(case_id, read_body(request, HoldIn)))
        return Answer({"case": case_id, "state": "waiting", "lease_until": None})


class CaseSkip(CaseView):
    @_hold_doc("Leave the case to others; it does not come back to you", "skip", SkipIn)
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        form = read_body(request, SkipIn)
        holding.case_skip(hold=self.hold(case_id, form), reason=form.reason)
        return Answer({"case": case_id, "state": "waiting", "lease_until": None})


class CaseEscalate(CaseView):
    purpose = "escalated"

    @_hold_doc("Pass the case to a lead", "escalate", PassOnIn)
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        form = read_body(request, PassOnIn)
        holding.case_pass_on(hold=self.hold(case_id, form), purpose=self.purpose, note=form.note)
        return Answer({"case": case_id, "state": "waiting", "lease_until": None})


class CaseSecondOpinion(CaseView):
    @_hold_doc("Ask another reviewer", "second_opinion", PassOnIn)
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        form = read_body(request, PassOnIn)
        holding.case_pass_on(hold=self.hold(case_id, form), purpose="second", note=form.note)
        return Answer({"case": case_id, "state": "waiting", "lease_until": None})


class CaseReveal(CaseView):
    @described("Show the evidence of a case that you hold", {200: ScreenOut}, tag="review", name="cases_reveal", body=RevealIn,
               problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        form = read_body(request, RevealIn)
        hold = self.hold(case_id, form)
        with transaction.atomic():  # the hold is locked first, also where a blind case has nothing to show
            claim = holding.claim_require(hold)
            if not claim.case.blind:
                holding.case_reveal(hold=hold, first=form.first or "")
                claim.refresh_from_db(fields=["evidence_seen"])
        return Answer(screen_of(claim))


def verdict_form(given: JudgementIn) -> VerdictForm:
    return VerdictForm(
        outcome=given.outcome, action=given.action, clauses=tuple(given.clauses), labels=given.labels, fields=given.fields,
        severity=given.severity, certain=given.certain, note=given.note,
        spans=tuple(span.model_dump(exclude_none=True) for span in given.spans), duration_hours=given.duration_hours,
    )  # fmt: skip


class CaseVerdict(CaseView):
    @described("Decide a case that you hold", {201: VerdictOut}, tag="review", name="cases_verdict", body=VerdictIn,
               problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        given = read_body(request, VerdictIn)
        hold = self.hold(case_id, given)
        verdict = flow.verdict_give(case_id=hold.case_id, reviewer=hold.reviewer, token=hold.token, form=verdict_form(given))
        verdict.refresh_from_db()
        return Answer({"verdict": verdict_row(verdict), "undo_until": verdict.undo_until}, 201)


class VerdictUndo(ApiView):
    roles = {"POST": REVIEWERS}

    @described("Take a verdict back inside the undo window", {200: VerdictOut}, tag="review", name="verdicts_undo",
               problems=[404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, verdict_id: UUID) -> HttpResponse:
        caller = self.caller()
        if not caller.visible(Verdict.objects.all(), "item__source_id").filter(pk=verdict_id).exists():
            raise NotFound("There is no such verdict.")
        verdict = flow.verdict_undo(verdict_id=verdict_id, reviewer=caller.user)
        return Answer({"verdict": verdict_row(verdict), "undo_until": verdict.undo_until})
