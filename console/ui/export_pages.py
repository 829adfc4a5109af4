"""Take a search away as CSV."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.common.errors import Invalid
from console.insights.search.export import LEAST_REASON, MOST_ROWS, UNMASKERS, export_start
from console.insights.search.filters import search_filter
from console.ui.access import page_for, person
from console.ui.search_pages import PAGE_WORDS, viewer_of


@require_safe
@never_cache
@page_for()
def ask(request: HttpRequest) -> HttpResponse:
    """What will be in the file, and for those who may: whether personal data too, and why."""
    return _form(request, request.GET.urlencode())


@require_POST
@never_cache
@page_for()
def download(request: HttpRequest) -> HttpResponseBase:
    query = request.POST.get("query", "")[:4000]
    given = {name: str(value) for name, value in QueryDict(query).items() if name not in PAGE_WORDS}
    viewer, unmasked = viewer_of(request), "unmasked" in request.POST
    try:
        lines = export_start(
            asked=search_filter(given, viewer), viewer=viewer, names=list(given), actor=f"user:{person(request).username}",
            unmasked=unmasked, reason=request.POST.get("reason", ""),
        )  # fmt: skip
    except Invalid as error:
        return _form(request, query, errors={name: " ".join(sentences) for name, sentences in error.fields.items()})
    headers = {"Content-Disposition": 'attachment; filename="items.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _form(request: HttpRequest, query: str, errors: dict[str, str] | None = None) -> HttpResponse:
    context = {
        "query": query, "errors": errors or {}, "most": MOST_ROWS, "may_unmask": bool(UNMASKERS & viewer_of(request).roles),
        "least": LEAST_REASON, "reason": request.POST.get("reason", ""), "unmasked": "unmasked" in request.POST,
    }  # fmt: skip
    return render(request, "items/export.html", context, status=400 if errors else 200)
