"""Whose a case is: its turn has come, assigned, handed on, taken over."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from console.accounts.models import User
from console.accounts.roles import Role
from console.api.base import LEADS, Answer, idempotent, read_body
from console.api.cases import CaseView, screen_of
from console.api.docs import described
from console.api.forms import AssignIn, HoldIn, ReasonIn
from console.api.schemas import LeaseOut, ScreenOut
from console.cases import serving
from console.cases.assigning import case_assign, case_hand_over, case_take_over
from console.cases.holding import Hold
from console.common.errors import Forbidden, Invalid


class CaseBegin(CaseView):
    @described("The turn of a case that you hold ahead has come: a full lease", {200: ScreenOut}, tag="review", name="cases_begin",
               body=HoldIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        return Answer(screen_of(serving.claim_begin(hold=self.hold(case_id, read_body(request, HoldIn)))))


class CaseAssign(CaseView):
    @described("Keep a waiting case for one person (leads), or hand one that you hold to a colleague", {200: LeaseOut}, tag="review",
               name="cases_assign", body=AssignIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        caller, form, case = self.caller(), read_body(request, AssignIn), self.case(case_id)
        to = User.objects.filter(username=form.to, is_active=True).first() if form.to else None
        if form.to and to is None:
            raise Invalid({"to": ["There is nobody of this name."]})
        if form.token is not None:
            if to is None:
                raise Invalid({"to": ["Name the colleague who gets it."]})
            case_hand_over(hold=Hold(case_id=case.pk, reviewer=caller.user, token=form.token), to=to)
        elif Role.LEAD in caller.roles:
            case_assign(case_id=case.pk, to=to, by=caller.user)
        else:
            raise Forbidden("Leads assign what waits; what you hold you may hand on, with its token.")
        return Answer({"case": case_id, "state": "waiting", "lease_until": None})


class CaseTakeOver(CaseView):
    roles = {"POST": LEADS}

    @described("Continue a case that somebody holds; they are told your name and reason", {200: ScreenOut}, tag="review",
               name="cases_take_over", body=ReasonIn, problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, case_id: UUID) -> HttpResponse:
        reason = read_body(request, ReasonIn).reason
        return Answer(screen_of(case_take_over(case_id=self.case(case_id).pk, lead=self.caller().user, reason=reason)))
