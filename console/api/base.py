"""The one base of every API view: who may call it, how a body is read, how an answer is given once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, TypeVar

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ValidationError
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle
from rest_framework.views import APIView

from console.accounts.roles import PEOPLE, Role
from console.api.auth import Caller, SignedIn, TokenAuthentication, caller_of
from console.api.problems import problem_of
from console.common.errors import Invalid, NotFound
from console.common.idempotency import Kept, answer_once, answer_replace
from console.intake.parsing import ESCAPED_NUL, field_errors

ANYONE = PEOPLE | {Role.INTEGRATION}
SENDERS = frozenset({Role.INTEGRATION, Role.ADMIN})
REVIEWERS = frozenset({Role.MODERATOR})
OWNERS = frozenset({Role.LEAD, Role.POLICY, Role.ADMIN})
LEADS = frozenset({Role.LEAD, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
TRAINERS = frozenset({Role.POLICY, Role.ADMIN})

Body = TypeVar("Body", bound=BaseModel)
Handler = Callable[..., HttpResponse]
_JSON_DEFAULTS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC | orjson.OPT_NON_STR_KEYS


class Answer(HttpResponse):
    """JSON. `afterwards` runs when the transaction is through, and its answer is the one that counts."""

    def __init__(self, data: Any = None, status: int = 200, *, afterwards: Callable[[], Answer | None] | None = None) -> None:
        body = b"" if status == 204 else json_bytes(data)
        super().__init__(body, status=status, content_type="application/json")
        self.afterwards = afterwards


def json_bytes(data: Any) -> bytes:
    try:
        return orjson.dumps(data, option=_JSON_DEFAULTS)
    except TypeError:  # jsonb gives 1e308 back as a whole number of 309 digits, which orjson does not write
        return json.dumps(data, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, option=_JSON_DEFAULTS))


class HasRole(BasePermission):
    message = "Your role may not do this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        roles: Mapping[str, frozenset[Role]] = getattr(view, "roles", {})
        method = request.method or ""
        if method not in roles:
            raise exceptions.MethodNotAllowed(method)
        return bool(roles[method] & caller_of(request).roles)


class CallerThrottle(SimpleRateThrottle):
    """settings.API_RATE calls for each caller; no limit when it is empty."""

    scope = "caller"

    def get_rate(self) -> str | None:
        return settings.API_RATE or None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle:{caller_of(request).name}"


class JsonOnly(BaseContentNegotiation):
    """Whatever the Accept header says, the answer is JSON: nothing is negotiated."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[BaseRenderer, str]:
        return renderers[0], "application/json"


class ApiView(APIView):
    authentication_classes = [TokenAuthentication, SignedIn]
    permission_classes = [HasRole]
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]
    content_negotiation_class = JsonOnly
    roles: ClassVar[Mapping[str, frozenset[Role]]] = {}

    def get_throttles(self) -> list[BaseThrottle]:
        return [CallerThrottle()] if settings.API_RATE else []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any("\x00" in part for part in kwargs.values() if isinstance(part, str)):
            raise NotFound("There is no such address.")  # no database keeps that character

    def caller(self) -> Caller:
        return caller_of(self.request)

    def prepare(self, request: Request) -> str:
        """Runs before the transaction of a POST; returns a hash of what was asked."""
        return hashlib.sha256(body_of(request)).hexdigest()


def body_of(request: Request) -> bytes:
    raw: HttpRequest = request._request
    return raw.body


def read_json(request: Request) -> Any:
    """The body as JSON. Raises a problem for another content type, Invalid for what is not JSON."""
    kind = (request.content_type or "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise exceptions.UnsupportedMediaType(kind, detail=f"Send application/json, not {kind}.")
    try:
        return orjson.loads(body_of(request))
    except orjson.JSONDecodeError as error:
        raise NotJson({"body": [f"It is not JSON: {error}."]}, "The body is not JSON.") from error


class NotJson(Invalid):
    code = "not_json"


def read_body(request: Request, form: type[Body]) -> Body:
    """The body as `form`; an empty body counts as {}. Raises Invalid with field paths."""
    raw = read_json(request) if body_of(request) else {}
    if ESCAPED_NUL.search(orjson.dumps(raw)):
        raise Invalid({"body": ["It must not contain the NUL character."]})
    return validated(form, raw)


def validated(form: type[Body], raw: Any) -> Body:
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        raise Invalid(field_errors(error)) from error


def idempotent(method: Handler) -> Handler:
    """Every POST carries this: one transaction, and with an Idempotency-Key the first answer is given again."""

    @wraps(method)
    def call(self: ApiView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        asked = self.prepare(request)
        if key is None:
            answer = method(self, request, *args, **kwargs)
            return _finished(answer) or answer
        caller = caller_of(request).name
        request_hash = hashlib.sha256(f"{request.method} {request.get_full_path()}\n{asked}".encode()).hexdigest()
        given: list[HttpResponse] = []

        def run() -> Kept:
            given.append(_attempt(lambda: method(self, request, *args, **kwargs)))
            return _kept(given[0])

        kept = answer_once(caller=caller, key=key, request_hash=request_hash, run=run)
        if given and (final := _finished(given[0])):
            kept = _kept(final)
            answer_replace(caller=caller, key=key, kept=kept)
        headers = {"Idempotent-Replayed": "true"} if kept.replayed else {}
        return HttpResponse(kept.body, status=kept.status, content_type=kept.content_type, headers=headers)

    call.idempotent = True  # type: ignore[attr-defined]  # a test walks all addresses for it
    return call


def _attempt(run: Callable[[], HttpResponse]) -> HttpResponse:
    """A refusal is an answer too; its writes are rolled back. A fault is raised on, and leaves no trace."""
    try:
        with transaction.atomic():
            return run()
    except Exception as error:
        problem = problem_of(error)
        if problem is None or problem.status >= 500:
            raise
        return problem.response()


def _finished(answer: HttpResponse) -> HttpResponse | None:
    afterwards = answer.afterwards if isinstance(answer, Answer) else None
    return afterwards() if afterwards else None


def _kept(answer: HttpResponse) -> Kept:
    return Kept(status=answer.status_code, body=answer.content, content_type=answer.headers.get("Content-Type", ""))
