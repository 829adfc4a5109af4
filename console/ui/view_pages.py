"""Keep a search, change it, delete it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.common.errors import Conflict, DomainError, Invalid
from console.insights.models import SavedView
from console.insights.search.views import ViewForm, is_default, view_change, view_create, view_delete, view_get
from console.ui.access import page_for, person
from console.ui.search_pages import viewer_of


def _form(request: HttpRequest) -> ViewForm:
    sharing, _, group = request.POST.get("sharing", "private").partition(":")
    return ViewForm(name=request.POST.get("name", ""), sharing=sharing, group=group, is_default="is_default" in request.POST)


def _address(view: SavedView) -> str:
    return f"{reverse('ui:items')}?{urlencode({'view': str(view.pk)})}"


def _errors(error: DomainError) -> dict[str, list[str]]:
    """By field of the form, where a group is chosen together with who sees it."""
    fields = dict(error.fields) if isinstance(error, Invalid) else {"name": [str(error)]}
    return {"sharing" if name == "group" else name: sentences for name, sentences in fields.items()}


@require_safe
@never_cache
@page_for()
def new(request: HttpRequest) -> HttpResponse:
    """The form for keeping the search whose filters are in the address."""
    return _draw(request, query=request.GET.urlencode())


@require_POST
@page_for()
def create(request: HttpRequest) -> HttpResponse:
    query = request.POST.get("query", "")[:4000]
    asked = {name: str(value) for name, value in QueryDict(query).items()}
    try:
        view = view_create(viewer=viewer_of(request), form=_form(request), query=asked)
    except (Invalid, Conflict) as error:
        return _draw(request, query=query, errors=_errors(error), status=409 if isinstance(error, Conflict) else 400)
    messages.success(request, f"Kept as “{view.name}”.")
    return HttpResponseRedirect(_address(view))


@never_cache
@page_for()
def edit(request: HttpRequest, view_id: str) -> HttpResponse:
    view = view_get(view_id, person(request))
    if request.method != "POST":
        return _draw(request, view=view)
    try:
        view_change(view=view, user=person(request), form=_form(request))
    except (Invalid, Conflict) as error:
        return _draw(request, view=view, errors=_errors(error), status=409 if isinstance(error, Conflict) else 400)
    messages.success(request, "Changed.")
    return HttpResponseRedirect(_address(view))


@require_POST
@page_for()
def delete(request: HttpRequest, view_id: str) -> HttpResponse:
    view = view_get(view_id, person(request))
    view_delete(view=view, user=person(request))
    messages.success(request, f"“{view.name}” is gone. The items it found are as they were.")
    return HttpResponseRedirect(reverse("ui:items") + "?view=all")


def _draw(
    request: HttpRequest, *, query: str = "", view: SavedView | None = None, errors: dict[str, list[str]] | None = None, status: int = 200
) -> HttpResponse:
    user = person(request)
    sharing = request.POST.get("sharing", "")
    if not sharing and view is not None:
        sharing = f"group:{view.group.name}" if view.group else view.sharing
    context = {
        "view": view, "query": query, "errors": errors or {}, "mine": view is None or view.owner_id == user.pk,
        "name": request.POST.get("name", view.name if view else ""), "sharing": sharing or "private",
        "groups": [f"group:{name}" for name in user.groups.order_by("name").values_list("name", flat=True)],
        "is_default": "is_default" in request.POST or (view is not None and is_default(user, view)),
    }  # fmt: skip
    return render(request, "items/view.html", context, status=status)

