"""Domain errors as a person meets them: a banner in the page that stays, with the draft kept."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string

from console.common.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unavailable

STATUS: dict[type[DomainError], int] = {Conflict: 409, NotFound: 404, Forbidden: 403, Invalid: 422, Unavailable: 503}
LEADS = {409: "Not yours any more.", 422: "Not complete.", 503: "Not available now.", 403: "Not allowed.", 404: "Not found."}


def sentence_of(error: DomainError) -> str:
    """The error in words; for a form, what is wrong with each field."""
    if isinstance(error, Invalid):
        return " ".join(sentence for sentences in error.fields.values() for sentence in sentences) or str(error)
    return str(error)


def status_of(error: DomainError) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def banner(request: HttpRequest, error: DomainError, *, back: str, lead: str | None = None, take: str = "") -> HttpResponse:
    """Into the page's problem area for htmx, else a message on the page `back`. `take` is where to ask for the case again."""
    status = status_of(error)
    if "HX-Request" not in request.headers:
        messages.error(request, sentence_of(error))
        return HttpResponseRedirect(back)
    context = {"lead": lead or LEADS.get(status, "That did not work."), "text": sentence_of(error), "take": take, "calm": status == 409}
    response = render(request, "components/problem.html", context, status=status)
    response["HX-Retarget"] = "#problem"
    response["HX-Reswap"] = "innerHTML"
    return response


class PageErrors:
    """Middleware: a domain error that no page caught, or a database that is away, as a page in words. The API has its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.path.startswith("/api/"):
            return None
        if isinstance(exception, OperationalError | InterfaceError):
            return HttpResponse(render_to_string("503.html"), status=503)  # without the request: its user would ask the database
        if not isinstance(exception, DomainError):
            return None
        status = status_of(exception)
        if "HX-Request" in request.headers:
            return banner(request, exception, back="/")
        if status == 503:
            return render(request, "unavailable.html", {"sentence": sentence_of(exception)}, status=503)
        template = {403: "403.html", 404: "404.html"}.get(status, "400.html")
        return render(request, template, {"exception": sentence_of(exception)}, status=status)

