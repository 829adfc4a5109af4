"""Decisions in the order in which they took effect, and the statement of reasons of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpResponse
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.api.base import ANYONE, Answer, ApiView
from console.api.docs import CURSOR, described
from console.api.paging import cursor_of, limit_of, page
from console.api.schemas import DecisionOut, DecisionPage, StatementOut
from console.api.shapes import decision_row, hidden_from, sealed_from
from console.common.errors import Invalid, NotFound
from console.insights.screen import by_machine
from console.scores.models import Decision

SETTLED = timedelta(seconds=3)
_SINCE = """Those that took effect at this time or later. To follow decisions, ask with the `effective_at` of the last one that you
have, and leave out by `id` what you have already. With `since` or `cursor` the newest 3 seconds are left out: a decision that is
being written then may still come before one that is there, and would be missed. Without both, the list shows those too."""


def _since(text: str) -> datetime:
    try:
        moment = parse_datetime(text.replace(" ", "+"))  # a plus that was not escaped arrives as a space
    except ValueError:
        moment = None
    if moment is None or not 1900 <= moment.year <= 2200:  # beyond that the database and Python disagree
        raise Invalid({"since": ["It is a time such as 2026-11-21T09:00:00Z."]})
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _after(key: object) -> Q:
    try:
        if not isinstance(key, list) or len(key) != 2:
            raise ValueError(key)
        moment, pk = datetime.fromisoformat(str(key[0])), UUID(str(key[1]))
        if not 1900 <= moment.year <= 2200 or moment.tzinfo is None:
            raise ValueError(key)
    except ValueError as error:
        raise Invalid({"cursor": ["This is not a cursor that was given out here."]}) from error
    return Q(effective_at__gt=moment) | Q(effective_at=moment, pk__gt=pk)


def _key(decision: Decision) -> list[str]:
    return [decision.effective_at.isoformat() if decision.effective_at else "", str(decision.pk)]


class Decisions(ApiView):
    roles = {"GET": ANYONE}

    @described("Decisions in effect order", {200: DecisionPage}, tag="decisions", name="decisions_list", problems=[400], parameters=[
        OpenApiParameter("since", datetime, description=" ".join(_SINCE.split())),
        OpenApiParameter("outcome", str, enum=["allow", "review", "enforce"]), *CURSOR,
    ])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        rows = Decision.objects.filter(effective_at__isnull=False).select_related("item", "policy_version")
        rows = self.caller().visible(rows, "item__source_id")
        if since := request.query_params.get("since"):
            rows = rows.filter(effective_at__gte=_since(since))
        if outcome := request.query_params.get("outcome"):
            if outcome not in ("allow", "review", "enforce"):
                raise Invalid({"outcome": ["Use allow, review or enforce."]})
            rows = rows.filter(outcome=outcome)
        if (key := cursor_of(request)) is not None:
            rows = rows.filter(_after(key))
        if since or key is not None:
            # effective_at is the time of a statement, and its row is seen at the commit: whoever follows waits for those on their way.
            rows = rows.filter(effective_at__lt=Now() - SETTLED)
        limit = limit_of(request)
        found = list(rows.order_by("effective_at", "pk")[: limit + 1])
        ids = {decision.item_id for decision in found}
        hidden, sealed = hidden_from(self.caller(), ids), sealed_from(self.caller(), ids)
        body = page(request, found, limit, lambda d: decision_row(d, d.item, hidden=d.item_id in hidden), _key)
        body["results"] = [row for row in body["results"] if row["item"] not in sealed]  # decided before, and to be decided again, blind
        return Answer(body)


class DecisionView(ApiView):
    roles = {"GET": ANYONE}

    def decision(self, decision_id: UUID) -> Decision:
        rows = self.caller().visible(Decision.objects.select_related("item", "policy_version"), "item__source_id")
        found = rows.filter(pk=decision_id).first()
        if found is None or sealed_from(self.caller(), [found.item_id]):
            raise NotFound("There is no such decision.")
        return found

    def hidden(self, decision: Decision) -> bool:
        return bool(hidden_from(self.caller(), [decision.item_id]))


class DecisionOne(DecisionView):
    @described("One decision", {200: DecisionOut}, tag="decisions", name="decisions_get", problems=[404])
    def get(self, request: Request, decision_id: UUID) -> HttpResponse:
        decision = self.decision(decision_id)
        return Answer(decision_row(decision, decision.item, hidden=self.hidden(decision)))


class DecisionStatement(DecisionView):
    @described("What the affected person is told", {200: StatementOut}, tag="decisions", name="decisions_statement", problems=[404])
    def get(self, request: Request, decision_id: UUID) -> HttpResponse:
        decision = self.decision(decision_id)
        if not decision.statement:
            raise NotFound("This decision restricts nothing, so there is no statement of reasons.", code="no_statement")
        if by_machine(decision) and self.hidden(decision):
            raise NotFound("What the machine decided is not shown while a person is still to decide.", code="not_yet")
        body = {
            "decision": decision.pk, "item": decision.item_id, "external_id": decision.item.external_id,
            "application_date": decision.effective_at.date() if decision.effective_at else None, "statement": decision.statement,
        }  # fmt: skip
        return Answer(body)
