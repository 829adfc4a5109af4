"""Many at once, and later: what belongs with a case, one verdict for each of them, undo for all, and a correction of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from console import flow
from console.accounts.roles import Role
from console.api.base import REVIEWERS, Answer, ApiView, idempotent, read_body
from console.api.cases import CaseView, verdict_form
from console.api.docs import described
from console.api.forms import BatchVerdictIn, CorrectionIn, SimilarIn
from console.api.problems import problem_of
from console.api.schemas import BatchOut, BatchUndone, SimilarOut, VerdictOut
from console.api.shapes import verdict_row
from console.cases.alike import together
from console.cases.holding import Hold
from console.cases.models import Case
from console.cases.selectors import queues_for
from console.common.errors import Conflict, Invalid, NotFound
from console.flow.batch import Row
from console.verdicts.models import Verdict


class CaseSimilar(CaseView):
    @described("Open cases that belong with a case", {200: SimilarOut}, tag="review", name="cases_similar", body=SimilarIn,
               problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        caller, form, case = self.caller(), read_body(request, SimilarIn), self.case(case_id)
        source_id = caller.source.pk if caller.source else None
        if not form.claim:
            groups = together(case, caller.user, source_id=source_id)
            found = groups.near if form.basis == "alike" else groups.author
            return Answer({"batch": None, "cases": [{"id": partner.case_id, "token": None} for partner in found]})
        if case.state == Case.State.CLOSED:
            raise Conflict("This case is decided already.", code="already_decided")
        batch = flow.batch_open(
            case=case, reviewer=caller.user, basis=form.basis, is_lead=Role.LEAD in caller.roles, source_id=source_id
        )
        members = batch.members.order_by("place").values_list("case_id", "token")
        return Answer({"batch": batch.pk, "cases": [{"id": pk, "token": token} for pk, token in members]})


class VerdictBatch(ApiView):
    roles = {"POST": REVIEWERS}

    @described("Decide cases that you hold, each with a verdict of its own", {207: BatchOut}, tag="review", name="verdicts_batch",
               body=BatchVerdictIn, problems=[400, 404], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        caller, given = self.caller(), read_body(request, BatchVerdictIn)
        tokens = {held.id: held.token for held in given.cases}
        mine = caller.visible(Case.objects.filter(queue__in=queues_for(caller.user)), "item__source_id")
        found = dict(mine.filter(pk__in=tokens).values_list("pk", "queue_id"))
        if not found:
            raise NotFound("There is none of these cases.")
        if len(set(found.values())) > 1:
            raise Invalid({"cases": ["Cases of one queue can be decided together; these are of several."]})
        holds = [Hold(case_id=pk, reviewer=caller.user, token=token) for pk, token in tokens.items() if pk in found]
        batch = flow.batch_of(holds=holds, queue_id=next(iter(found.values())))
        rows = flow.batch_decide(batch=batch, form=verdict_form(given))
        rows += [Row(case_id=pk, error=NotFound("There is no such case.")) for pk in tokens if pk not in found]
        given_until = Verdict.objects.filter(batch=batch).order_by("undo_until").values_list("undo_until", flat=True).first()
        return Answer({"batch": batch.pk, "results": [_row(row) for row in rows], "undo_until": given_until}, 207)


def _row(row: Row) -> dict[str, Any]:
    if row.verdict is not None:
        row.verdict.refresh_from_db()
        return {"case": row.case_id, "status": 201, "verdict": verdict_row(row.verdict), "code": None, "detail": None}
    problem = problem_of(row.error) if row.error else None
    status, code, detail = (problem.status, problem.code, problem.detail) if problem else (409, "conflict", "")
    return {"case": row.case_id, "status": status, "verdict": None, "code": code, "detail": detail}


class BatchUndo(ApiView):
    roles = {"POST": REVIEWERS}

    @described("Take back every verdict of a batch, or none", {200: BatchUndone}, tag="review", name="batches_undo",
               problems=[404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, batch_id: UUID) -> HttpResponse:
        caller = self.caller()
        mine = caller.visible(Verdict.objects.filter(batch=batch_id), "item__source_id")
        if not mine.exists() or mine.count() != Verdict.objects.filter(batch=batch_id).count():
            raise NotFound("There is no such batch of yours.")
        undone = flow.batch_undo(batch_id=batch_id, reviewer=caller.user)
        return Answer({"batch": batch_id, "undone": len(undone)})



class VerdictCorrect(ApiView):
    roles = {"POST": REVIEWERS}

    @described("Put another verdict in the place of one in effect: your own, or as a lead anybody's", {201: VerdictOut}, tag="review",
               name="verdicts_correct", body=CorrectionIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, verdict_id: UUID) -> HttpResponse:
        caller, given = self.caller(), read_body(request, CorrectionIn)
        mine = caller.visible(Verdict.objects.filter(case__queue__in=queues_for(caller.user)), "item__source_id")
        if not mine.filter(pk=verdict_id).exists():
            raise NotFound("There is no such verdict that you may correct.")
        verdict = flow.verdict_correct(
            verdict_id=verdict_id, reviewer=caller.user, is_lead=Role.LEAD in caller.roles, form=verdict_form(given), why=given.why
        )
        verdict.refresh_from_db()
        return Answer({"verdict": verdict_row(verdict), "undo_until": verdict.undo_until}, 201)
