"""Items: post one or many, read them back, report, tell what happened later."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console import flow
from console.accounts.models import Source
from console.api.auth import Caller
from console.api.base import ANYONE, SENDERS, Answer, ApiView, idempotent, read_body, read_json
from console.api.docs import CURSOR, described
from console.api.forms import FeedbackIn, ReportIn, ViewsIn
from console.api.schemas import BulkOut, ItemOut, ItemPage, ReceivedOut
from console.api.search import FILTERS, found_page
from console.api.shapes import decision_row, hidden_from, item_full, item_url
from console.common.errors import Conflict, Invalid, NotFound
from console.intake.media import media_unknown
from console.intake.models import Item
from console.intake.parsing import ItemIn, NewItem, parse_item
from console.intake.services import Received, quarantine_put
from console.scores.models import Decision
from scoring.registry import KINDS

LONGEST_WAIT = 10.0  # seconds
BULK_LIMIT = 500
_WAIT = OpenApiParameter("wait", float, description="Seconds (10 at most) to wait for the decision; then the answer is 200 and holds it.")


class Items(ApiView):
    roles = {"GET": ANYONE, "POST": SENDERS}

    @described("Search items, newest first", {200: ItemPage}, tag="items", name="items_list", problems=[400],
               parameters=[*FILTERS, *CURSOR])  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return Answer(found_page(request, self.caller()))

    @described("Post one item", {202: ReceivedOut, 200: ReceivedOut}, tag="items", name="items_post", body=ItemIn,
               problems=[400, 409, 413, 415, 503], parameters=[_WAIT], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        caller = self.caller()
        source, seconds = caller.own_source(), _wait_of(request)
        row = parse_item(read_json(request))
        if strange := _strange_media(source, [row]):
            raise strange[0]
        [received] = flow.items_receive(source=source, rows=[row], actor=caller.actor)
        if received.result == "conflict":
            raise Conflict(f"Item {row.external_id!r} was posted before with another body.", code="other_body")
        body = {"id": received.id, "external_id": received.external_id, "status": received.status, "url": item_url(received.id)}
        status = 202 if received.result == "created" else 200
        return Answer(body, status, afterwards=lambda: _decided(caller, body, received.id, seconds) if seconds else None)


def _strange_media(source: Source, rows: Sequence[NewItem]) -> dict[int, Invalid]:
    """By place in `rows`: those that name a file which this source did not upload. The kind says which names are of uploads."""
    named = {place: set(names) for place, row in enumerate(rows) if (names := KINDS[row.kind].media(row.payload))}
    unknown = media_unknown(source=source, names=sorted(set().union(*named.values()))) if named else set()
    return {
        place: Invalid({path: ["You uploaded no such file."] for path in _paths_of(rows[place].payload, names & unknown)})
        for place, names in named.items()
        if names & unknown
    }


def _paths_of(value: Any, names: Set[object], path: str = "payload") -> list[str]:
    """Where in a payload one of these texts stands: "payload.messages.3.image"."""
    if isinstance(value, Mapping):
        return [found for key, part in value.items() for found in _paths_of(part, names, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for index, part in enumerate(value) for found in _paths_of(part, names, f"{path}.{index}")]
    return [path] if isinstance(value, str) and value in names else []


def _wait_of(request: Request) -> float:
    raw = request.query_params.get("wait", "0")
    try:
        seconds = float(raw)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise Invalid({"wait": ["It is a number of seconds, 0 or more."]})
    return min(seconds, LONGEST_WAIT)


def _decided(caller: Caller, body: dict[str, Any], item_id: UUID, seconds: float) -> Answer | None:
    """Look again at growing intervals; None when it did not come in time."""
    until, pause = time.monotonic() + seconds, 0.02
    while True:
        item = Item.objects.filter(pk=item_id).exclude(status=Item.Status.RECEIVED).first()
        if item is not None:
            decision = (
                item.decisions.filter(state__in=[Decision.State.EFFECTIVE, Decision.State.HELD]).select_related("policy_version").first()
            )
            hidden = bool(hidden_from(caller, [item.pk]))
            row = decision_row(decision, item, hidden=hidden) if decision else None
            return Answer({**body, "status": item.status, "decision": row}, 200)
        if time.monotonic() + pause > until:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


class ItemsBulk(ApiView):
    roles = {"POST": SENDERS}

    @described("Post up to 500 items", {207: BulkOut}, tag="items", name="items_bulk",
               body={"application/json": {"type": "object", "required": ["items"], "properties": {
                   "items": {"type": "array", "maxItems": BULK_LIMIT, "items": {"type": "object"}}}}},
               problems=[400, 413, 415, 503], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        caller = self.caller()
        source, rows = caller.own_source(), _rows_of(read_json(request))
        good: list[tuple[int, NewItem]] = []
        bad: list[tuple[int, Invalid]] = []
        for index, raw in enumerate(rows):
            try:
                good.append((index, parse_item(raw)))
            except Invalid as error:
                bad.append((index, error))
        strange = _strange_media(source, [row for _, row in good])
        bad += [(good[place][0], error) for place, error in strange.items()]
        good = [pair for place, pair in enumerate(good) if place not in strange]
        received = flow.items_receive(source=source, rows=[row for _, row in good], actor=caller.actor) if good else []
        if bad:
            quarantine_put(source=source, rows=[(rows[index], error.fields) for index, error in bad])
        results = [_good_row(index, answer) for (index, _), answer in zip(good, received, strict=True)]
        results += [_bad_row(index, rows[index], error) for index, error in bad]
        results.sort(key=lambda row: row["index"])
        counts = [row["status"] for row in results]
        summary = {"accepted": counts.count(202), "same": counts.count(200), "refused": counts.count(400) + counts.count(409)}
        return Answer({"results": results, **summary}, 207)


def _rows_of(raw: Any) -> Sequence[Any]:
    rows = raw.get("items") if isinstance(raw, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Invalid({"items": ['Send {"items": [...]} with at least one item.']})
    if len(rows) > BULK_LIMIT:
        raise Invalid({"items": [f"A call holds {BULK_LIMIT} items at most; this one has {len(rows)}."]})
    return rows


_STATUS = {"created": 202, "same": 200, "conflict": 409}


def _good_row(index: int, answer: Received) -> dict[str, Any]:
    row: dict[str, Any] = {
        "index": index, "status": _STATUS[answer.result], "external_id": answer.external_id, "id": answer.id,
        "url": item_url(answer.id),
    }  # fmt: skip
    if answer.result == "conflict":
        row |= {"code": "other_body", "errors": [{"field": "external_id", "message": "It was posted before with another body."}]}
    return row


def _bad_row(index: int, raw: Any, error: Invalid) -> dict[str, Any]:
    external_id = raw.get("external_id") if isinstance(raw, dict) else None
    return {
        "index": index, "status": 400, "external_id": external_id if isinstance(external_id, str) else None, "code": "quarantined",
        "errors": [{"field": path, "message": text} for path, texts in error.fields.items() for text in texts],
    }  # fmt: skip


class ItemView(ApiView):
    """Base of what concerns one item: another source's item does not exist."""

    def item(self, item_id: UUID) -> Item:
        item = self.caller().visible(Item.objects.select_related("source")).filter(pk=item_id).first()
        if item is None:
            raise NotFound("There is no such item.")
        return item


class ItemOne(ItemView):
    roles = {"GET": ANYONE}

    @described("One item with scores, decision, case and history", {200: ItemOut}, tag="items", name="items_get", problems=[404])
    def get(self, request: Request, item_id: UUID) -> HttpResponse:
        return Answer(item_full(self.item(item_id), self.caller()))


class ItemReports(ItemView):
    roles = {"POST": SENDERS}

    @described(
        "A user reports an item", {202: ReceivedOut}, tag="items", name="items_report", body=ReportIn, problems=[400, 404], post=True
    )
    @idempotent
    def post(self, request: Request, item_id: UUID) -> HttpResponse:
        item, form = self.item(item_id), read_body(request, ReportIn)
        flow.item_report(item=item, reporter=form.reporter, reason=form.reason, text=form.text, actor=self.caller().actor)
        return _noted(item)


class ItemViews(ItemView):
    roles = {"POST": SENDERS}

    @described("How many people an item reached so far: what is seen more is looked at sooner", {202: ReceivedOut}, tag="items",
               name="items_views", body=ViewsIn, problems=[400, 404], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, item_id: UUID) -> HttpResponse:
        item, form = self.item(item_id), read_body(request, ViewsIn)
        flow.item_viewed(item=item, views=form.views, actor=self.caller().actor)
        return _noted(item)


class ItemFeedback(ItemView):
    roles = {"POST": SENDERS}

    @described("What happened later: a bounce, a chargeback", {202: ReceivedOut}, tag="items", name="items_feedback", body=FeedbackIn,
               problems=[400, 404], post=True)  # fmt: skip
    @idempotent
    def post(self, request: Request, item_id: UUID) -> HttpResponse:
        item, form = self.item(item_id), read_body(request, FeedbackIn)
        flow.item_feedback(item=item, event=form.event, data=form.data, actor=self.caller().actor)
        return _noted(item)


def _noted(item: Item) -> Answer:
    item.refresh_from_db(fields=["status"])
    return Answer({"id": item.pk, "external_id": item.external_id, "status": item.status, "url": item_url(item.pk)}, 202)
