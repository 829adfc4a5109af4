"""Errors that happen outside the API views: unknown addresses, a database that is down, a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from console.api.problems import Problem, database_down

_MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")
_WITH_SLASH = frozenset({"/api/v1/schema/", "/api/v1/docs/"})
_WORDS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    400: ("bad_request", "The request cannot be read."),
    403: ("forbidden", "You may not do this."),
    413: ("too_large", "The body is larger than this server accepts."),
    500: ("internal", "Something failed on our side. It was logged; trying again may help."),
}


class ProblemMiddleware:
    """API and probe paths answer errors as problem documents, never with a stack trace. Pages have their own (ui/problems.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/v1/") and request.path_info.endswith("/") and request.path_info not in _WITH_SLASH:
            request.path_info = request.path_info.rstrip("/")  # both spellings of an address are the same address
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith(_MACHINE_PATHS):
            return response
        if response.headers.get("Content-Type", "").startswith(("application/problem+json", "application/json", "text/plain; version")):
            return response
        if response.status_code == 503:
            return database_down().response()
        code, detail = _WORDS.get(response.status_code, ("error", HTTPStatus(response.status_code).phrase))
        return Problem(status=response.status_code, code=code, detail=detail).response()

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError | InterfaceError) and request.path.startswith(_MACHINE_PATHS):
            return database_down().response()
        return None
