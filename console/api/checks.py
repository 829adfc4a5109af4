"""Checks of people by machine clients: shares, known answers, reviews of verdicts, and what they add up to."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.accounts.roles import Role
from console.api.base import Answer, ApiView, idempotent, read_body
from console.api.check_bodies import AgreementOut, GoldIn, GoldOut, GoldPage, PlanIn, PlanList, PlanOut, QaIn, QaOut
from console.api.docs import CURSOR, described
from console.api.paging import page_by_id
from console.cases.selectors import kinds_closed_to, queues_for
from console.common.errors import Invalid, NotFound
from console.insights.agreement import quality_of
from console.intake.models import Item
from console.quality.gold import gold_mark, gold_retire, golds_open_to
from console.quality.models import CheckPlan, Gold, QaReview
from console.quality.plans import SHARES, plan_change
from console.quality.qa import qa_give
from console.verdicts.models import Verdict
from scoring.registry import KINDS

M = TypeVar("M", bound=Model)
CHECKERS = frozenset({Role.LEAD, Role.ADMIN})
_KIND = OpenApiParameter("kind", str, enum=list(KINDS), required=True)


def plan_row(plan: CheckPlan) -> dict[str, Any]:
    return {"queue": plan.queue.slug, **{name: getattr(plan, name) for name in SHARES}, "feedback": plan.feedback}


def gold_row(gold: Gold) -> dict[str, Any]:
    return {
        "id": gold.pk, "item": gold.item_id, "kind": gold.item.kind, "outcome": gold.outcome, "clauses": gold.clauses, "note": gold.note,
        "is_active": gold.is_active, "created_at": gold.created_at,
    }  # fmt: skip


class CheckView(ApiView):
    """Base of what is done to items and verdicts: those of a kind that is closed to the caller do not exist."""

    def open_to(self, rows: QuerySet[M], item: str = "item__") -> QuerySet[M]:
        caller = self.caller()
        return caller.visible(rows, f"{item}source_id").exclude(**{f"{item}kind__in": kinds_closed_to(caller.user)})


class CheckPlans(ApiView):
    roles = {"GET": CHECKERS}

    @described("What is checked in each queue, and at which share", {200: PlanList}, tag="checks", name="checks_plans")
    def get(self, request: Request) -> HttpResponse:
        plans = CheckPlan.objects.filter(queue__in=queues_for(self.caller().user)).select_related("queue").order_by("queue__position", "pk")
        return Answer({"results": [plan_row(plan) for plan in plans]})


class CheckPlanOne(ApiView):
    roles = {"PATCH": CHECKERS}

    @described("Change what is checked in a queue", {200: PlanOut}, tag="checks", name="checks_plan_change", body=PlanIn,
               problems=[400, 404])  # fmt: skip
    def patch(self, request: Request, slug: str) -> HttpResponse:
        form = read_body(request, PlanIn)
        queue = queues_for(self.caller().user).filter(slug=slug).first()
        if queue is None:
            raise NotFound("There is no such queue, or you may not work in it.")
        shares = {name: value for name in SHARES if (value := getattr(form, name)) is not None}
        return Answer(plan_row(plan_change(queue=queue, shares=shares, feedback=form.feedback, user=self.caller().user)))


class Golds(CheckView):
    roles = {"GET": CHECKERS, "POST": CHECKERS}

    @described("Known answers that the caller marked, has met, or that are served no more, newest first", {200: GoldPage}, tag="checks",
               name="checks_gold_list", problems=[400], parameters=CURSOR)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return Answer(page_by_id(request, self.open_to(golds_open_to(self.caller().user).select_related("item")), gold_row))

    @described("Make a decided item a known answer", {201: GoldOut}, tag="checks", name="checks_gold_post", body=GoldIn,
               problems=[400, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        caller, form = self.caller(), read_body(request, GoldIn)
        item = self.open_to(Item.objects.all(), "").filter(pk=form.item).first()
        if item is None:
            raise NotFound("There is no such item.")
        gold = gold_mark(item=item, outcome=form.outcome, clauses=form.clauses, note=form.note, user=caller.user)
        return Answer(gold_row(Gold.objects.select_related("item").get(pk=gold.pk)), 201)


class GoldOne(CheckView):
    roles = {"DELETE": CHECKERS}

    @described("Retire a known answer; it stays out of training", {204: None}, tag="checks", name="checks_gold_retire", problems=[404, 409])
    def delete(self, request: Request, gold_id: int) -> HttpResponse:
        if not self.open_to(golds_open_to(self.caller().user)).filter(pk=gold_id).exists():
            raise NotFound("There is no such known answer.")
        gold_retire(gold_id=gold_id, user=self.caller().user)
        return Answer(status=204)


class VerdictReview(CheckView):
    roles = {"POST": CHECKERS}

    @described("Say what you think of a verdict: its reviewer is told and may contest it", {201: QaOut}, tag="checks",
               name="verdicts_review", body=QaIn, problems=[400, 403, 404, 409], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, verdict_id: UUID) -> HttpResponse:
        caller = self.caller()
        verdict = self.open_to(Verdict.objects.select_related("item")).filter(pk=verdict_id).first()
        if verdict is None:
            raise NotFound("There is no such verdict.")
        form = read_body(request, QaIn)
        review = qa_give(verdict=verdict, finding=form.finding, note=form.note, lead=caller.user)
        return Answer(_qa_row(QaReview.objects.get(pk=review.pk)), 201)


def _qa_row(review: QaReview) -> dict[str, Any]:
    return {
        "id": review.pk, "verdict": review.verdict_id, "finding": review.finding, "note": review.note,
        "contested_at": review.contested_at, "settled": review.settled or None, "created_at": review.created_at,
    }  # fmt: skip


class CheckAgreement(ApiView):
    roles = {"GET": CHECKERS}

    @described("How alike people decide, and how near to what is known, as last measured", {200: AgreementOut}, tag="checks",
               name="checks_agreement", problems=[400], parameters=[_KIND])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        kind = request.query_params.get("kind", "")
        if kind not in KINDS:
            raise Invalid({"kind": [f"Name a kind: {', '.join(KINDS)}."]})
        found = quality_of(kind)
        agreement = [
            {"clause": row.clause or None, "alpha": row.alpha, "low": row.low, "high": row.high, "items": row.units}
            for row in found.agreement
        ]
        leaning = {"items": found.leaning.items, "more": found.leaning.more, "low": found.leaning.low, "high": found.leaning.high}
        gold = {"right": found.gold.right, "of": found.gold.of, "low": found.gold.low, "high": found.gold.high}
        figures = {"agreement": agreement, "leaning": leaning, "gold": gold}
        return Answer({"kind": kind, "computed_at": found.computed_at, "pairs": found.pairs, **figures})
