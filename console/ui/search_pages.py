"""The search: everything that was received, by words and filters, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.accounts.roles import roles_of
from console.cases.selectors import kinds_closed_to
from console.common.errors import Invalid, NotFound
from console.insights.search.filters import NAMES, Viewer, search_filter
from console.insights.search.find import Found, search
from console.insights.search.similar import ALIKE, similar
from console.insights.search.views import default_of, view_get, views_of
from console.insights.told import decisions_told
from console.intake.models import Item
from console.ui.access import page_for, person
from console.ui.search_choices import fields_of

PAGE_WORDS = ("view", "before", "like")  # what the address of the page holds beside filters
ALL = "all"


def viewer_of(request: HttpRequest) -> Viewer:
    user = person(request)
    return Viewer(user=user, roles=roles_of(user), closed_kinds=kinds_closed_to(user))


def given_filters(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items() if name not in PAGE_WORDS}


@require_safe
@never_cache
@page_for()
def index(request: HttpRequest) -> HttpResponse:
    viewer, given = viewer_of(request), given_filters(request)
    view = _view(request, given)
    given = dict(view.query) if view and not given else given
    errors: Mapping[str, Any] = {}
    found, likeness = Found(items=(), next_after=None), None
    try:
        asked, before = search_filter(given, viewer), _before(request.GET.get("before", ""))
        if like := request.GET.get("like", ""):
            likeness = similar(_liked(like, viewer), asked, viewer, limit=ALIKE)
            found = Found(items=likeness.items, next_after=None)
        else:
            found = search(asked, viewer, after=before, count=before is None)
    except Invalid as error:
        errors = error.fields
    context = _context(request, viewer, given, found, errors) | {"view": view, "likeness": likeness, "views": views_of(viewer.user)}
    return render(request, "items/list.html", context, status=400 if errors else 200)


def _view(request: HttpRequest, given: Mapping[str, str]) -> Any:
    """The kept search that the address names, or the person's own beginning when it names nothing."""
    named = request.GET.get("view", "")
    if named and named != ALL:
        return view_get(named, person(request))
    return default_of(person(request)) if not named and not given and not request.GET else None


def _before(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid({"before": ["This is not a page that was given out here."]}) from error


def _liked(text: str, viewer: Viewer) -> Item:
    try:
        item = Item.objects.select_related("source").exclude(kind__in=viewer.closed_kinds).filter(pk=UUID(text)).first()
    except ValueError as error:
        raise Invalid({"like": ["It is the id of an item."]}) from error
    if item is None:
        raise NotFound("There is no such item.")
    return item


def _context(request: HttpRequest, viewer: Viewer, given: Mapping[str, str], found: Found, errors: Mapping[str, Any]) -> dict[str, Any]:
    told = decisions_told([item.pk for item in found.items], viewer.user, viewer.roles)
    older, newer = request.GET.copy(), request.GET.copy()
    older["before"] = str(found.next_after or "")
    newer.pop("before", None)
    values = {name: given.get(name, "") for name in NAMES}
    fields = fields_of(viewer, values, errors)
    return {
        "rows": [{"item": item, "decision": told.get(item.pk)} for item in found.items], "values": values, "errors": errors,
        "strange": [sentence for name, sentences in errors.items() if name not in NAMES for sentence in sentences],
        "first": fields["first"], "further": fields["further"], "filtered": any(values.values()),
        "narrowed": sum(bool(field.value) for field in fields["further"]),
        "used": sum(bool(field.value) for field in (*fields["first"], *fields["further"])),
        "found": found, "filters_query": urlencode({name: value for name, value in given.items() if value}),
        "older": older.urlencode() if found.next_after else "",
        "newer": (newer.urlencode() or "view=all") if request.GET.get("before") else "",
    }  # fmt: skip
