"""Shorthand for describing a view in OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from console.api.schemas import ProblemOut

F = TypeVar("F", bound=Callable[..., Any])
_PROBLEM = "application/problem+json"

CURSOR = (
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
    OpenApiParameter("limit", int, description="1 to 200 rows, 50 if not said."),
)
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key with the same request gets the first answer again."
)


def described(
    summary: str,
    answers: Mapping[Any, Any],
    *,
    tag: str,
    name: str,
    body: Any = None,
    problems: Sequence[int] = (),
    parameters: Sequence[OpenApiParameter] = (),
    post: bool = False,
) -> Callable[[F], F]:
    """`answers` by status, or by (status, content type): a pydantic model, or None for no body."""
    responses: dict[Any, Any] = {}
    for status, model in answers.items():
        responses[status] = OpenApiResponse(description="No content") if model is None else OpenApiResponse(model)
    for status in sorted({*problems, 401, 403, *((400, 422) if post else ())}):
        responses[status, _PROBLEM] = OpenApiResponse(ProblemOut, description="Problem document")
    return extend_schema(
        summary=summary,
        operation_id=name,
        tags=[tag],
        request=body,
        responses=responses,
        parameters=[*parameters, *((KEY,) if post else ())],
    )


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "console.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token sl_...`, from `manage.py create_token`."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "console.api.auth.SignedIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The console's session, with its CSRF token."}
