"""Every error as a problem document (RFC 9457): type, title, status, detail, code, and errors by field path."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.encoding import force_str
from rest_framework import exceptions

from console.common.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unavailable

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5
_DOMAIN: Sequence[tuple[type[DomainError], int]] = (
    (Invalid, 400), (Forbidden, 403), (NotFound, 404), (Conflict, 409), (Unavailable, 503), (DomainError, 400),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    status: int
    code: str
    detail: str
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        body: dict[str, Any] = {
            "type": "about:blank", "title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.detail, "code": self.code,
        }  # fmt: skip
        if self.errors:
            body["errors"] = [{"field": path, "message": text} for path, texts in self.errors.items() for text in texts]
        return HttpResponse(orjson.dumps(body), status=self.status, content_type=CONTENT_TYPE, headers=dict(self.headers))


def problem_of(error: Exception) -> Problem | None:
    """The problem that an exception means to the caller; None for a fault of ours."""
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    if isinstance(error, Http404):
        return Problem(status=404, code="not_found", detail="There is nothing at this address, or it is not yours to see.")
    if isinstance(error, PermissionDenied):
        return Problem(status=403, code="forbidden", detail=str(error) or "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return Problem(status=413, code="too_large", detail="The body is larger than this server accepts.")
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database does not answer", extra={"error": type(error).__name__})
        return database_down()
    if isinstance(error, SuspiciousOperation):
        return Problem(status=400, code="bad_request", detail="The request cannot be read.")
    return None


def database_down() -> Problem:
    detail = "The database does not answer at the moment. Nothing was changed; try again shortly."
    return Problem(status=503, code="database_down", detail=detail, headers={"Retry-After": str(RETRY_SECONDS)})


def _domain(error: DomainError) -> Problem:
    status = next(status for kind, status in _DOMAIN if isinstance(error, kind))
    if error.code in OWN_STATUS:
        status = OWN_STATUS[error.code]
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
    errors = error.fields if isinstance(error, Invalid) else {}
    return Problem(status=status, code=error.code, detail=str(error), errors=errors, headers=headers)


OWN_STATUS = {"idempotency_key_reused": 422, "too_large": 413, "unsupported_media_type": 415, "webhook_gone": 410}


def _framework(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    if isinstance(error.detail, dict):
        fields = {
            str(name): [force_str(e) for e in (texts if isinstance(texts, list) else [texts])] for name, texts in error.detail.items()
        }
        return Problem(status=error.status_code, code="invalid", detail="Some fields are not right.", errors=fields, headers=headers)
    detail = "; ".join(force_str(part) for part in error.detail) if isinstance(error.detail, list) else force_str(error.detail)
    code = error.get_codes()
    return Problem(status=error.status_code, code=code if isinstance(code, str) else error.default_code, detail=detail, headers=headers)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """For the framework: None lets an unknown exception through, so that it is logged as ours."""
    problem = problem_of(error)
    return problem.response() if problem else None
