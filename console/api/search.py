"""The search over the API: the filters of the page, under the same names; look-alikes of one item; a search as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from console.accounts.roles import roles_of
from console.api.auth import Caller
from console.api.base import ANYONE, Answer, ApiView
from console.api.docs import described
from console.api.paging import cursor_of, limit_of, page
from console.api.schemas import AlikeOut
from console.api.shapes import item_row
from console.cases.selectors import kinds_closed_to
from console.common.errors import Invalid, NotFound
from console.insights.search.export import MOST_ROWS, export_start
from console.insights.search.filters import BANDS, BY, OUTCOMES, SearchFilter, Viewer, search_filter
from console.insights.search.find import search
from console.insights.search.similar import ALIKE, similar
from console.intake.models import Item
from scoring.registry import KINDS

_DECIDED = "Finds nothing of an item that waits for a person, for callers who may decide it."
FILTERS = (
    OpenApiParameter("q", str, description='Words that must all be there, the last may be cut short; "a phrase"; an id as a whole.'),
    OpenApiParameter("kind", str, enum=list(KINDS)),
    OpenApiParameter("source", str),
    OpenApiParameter("status", str, enum=Item.Status.values),
    OpenApiParameter("author", str, description="An account id, as a whole."),
    OpenApiParameter("external_id", str),
    OpenApiParameter("language", str, description="ISO 639-1, once the item is scored."),
    OpenApiParameter("reports", int, description="So many or more."),
    OpenApiParameter("since", datetime, description="Received then or later."),
    OpenApiParameter("until", datetime, description="Received before."),
    OpenApiParameter("outcome", str, enum=list(OUTCOMES), description=_DECIDED),
    OpenApiParameter("action", str, description=_DECIDED),
    OpenApiParameter("label", str, description=_DECIDED),
    OpenApiParameter("severity", int, description=f"0 to 3, or more. {_DECIDED}"),
    OpenApiParameter("by", str, enum=list(BY), description=_DECIDED),
    OpenApiParameter("reviewer", str, description=f"A person's name; not for platforms. {_DECIDED}"),
    OpenApiParameter("decided_since", datetime, description=_DECIDED),
    OpenApiParameter("decided_until", datetime, description=_DECIDED),
    OpenApiParameter("score", str, description=f"{', '.join(BANDS)}, or a range of chances such as 0.4-0.8. {_DECIDED}"),
)
_PAGING = ("cursor", "limit")


def viewer_of(caller: Caller) -> Viewer:
    if caller.source is not None and not caller.roles - {"integration"}:
        return Viewer(user=caller.user, roles=caller.roles, source_id=caller.source.pk)
    return Viewer(
        user=caller.user, roles=caller.roles | roles_of(caller.user), source_id=caller.source.pk if caller.source else None,
        closed_kinds=kinds_closed_to(caller.user),
    )  # fmt: skip


def asked_of(request: Request, caller: Caller, *, beside: tuple[str, ...] = _PAGING) -> tuple[SearchFilter, Viewer]:
    """Raises Invalid, by name, for what is no filter or cannot be read."""
    given: Mapping[str, str] = {name: str(value) for name, value in request.query_params.items() if name not in beside}
    viewer = viewer_of(caller)
    asked = search_filter(given, viewer)
    if asked.source and caller.source is not None and asked.source != caller.source.slug:
        raise Invalid({"source": ["There is no source of this name."]})
    return asked, viewer


def found_page(request: Request, caller: Caller) -> dict[str, Any]:
    asked, viewer = asked_of(request, caller)
    key, limit = cursor_of(request), limit_of(request)
    try:
        after = UUID(key) if key is not None else None
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid({"cursor": ["This is not a cursor that was given out here."]}) from error
    found = list(search(asked, viewer, after=after, limit=limit + 1).items)
    return page(request, found, limit, item_row, lambda item: str(item.pk))


class ItemSimilar(ApiView):
    roles = {"GET": ANYONE}

    @described("The items most like one", {200: AlikeOut}, tag="items", name="items_similar", problems=[400, 404], parameters=[
        *FILTERS, OpenApiParameter("limit", int, description=f"1 to {ALIKE}, {ALIKE} if not said."),
    ])  # fmt: skip
    def get(self, request: Request, item_id: UUID) -> HttpResponse:
        """By meaning where the item says something (by its words where the database has no vectors), else by what it shares."""
        caller = self.caller()
        item = caller.visible(Item.objects.select_related("source")).filter(pk=item_id).first()
        if item is None or item.kind in viewer_of(caller).closed_kinds:
            raise NotFound("There is no such item.")
        asked, viewer = asked_of(request, caller, beside=("limit",))
        raw = request.query_params.get("limit", str(ALIKE))
        if not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:9]) <= ALIKE):
            raise Invalid({"limit": [f"It is a whole number from 1 to {ALIKE}."]})
        found = similar(item, asked, viewer, limit=int(raw))
        rows = [{**item_row(other), "shared": list(found.shared.get(other.pk, ()))} for other in found.items]
        return Answer({"how": found.how, "results": rows})


class ItemsExport(ApiView):
    roles = {"GET": ANYONE}

    @described(f"A search as CSV, newest first, {MOST_ROWS:,} lines at most; personal data is masked", {(200, "text/csv"): str},
               tag="items", name="items_export", problems=[400], parameters=FILTERS)  # fmt: skip
    def get(self, request: Request) -> StreamingHttpResponse:
        caller = self.caller()
        asked, viewer = asked_of(request, caller, beside=())
        lines = export_start(asked=asked, viewer=viewer, names=list(request.query_params), actor=caller.actor)
        return StreamingHttpResponse(lines, content_type="text/csv", headers={"Content-Disposition": 'attachment; filename="items.csv"'})
