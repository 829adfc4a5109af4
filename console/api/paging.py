"""Lists are paged by key: the cursor says after which row to go on, so a page costs the same wherever it is."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.db.models import Model, QuerySet
from rest_framework.request import Request

from console.common.errors import Invalid

PAGE, LARGEST_PAGE = 50, 200
M = TypeVar("M", bound=Model)


def cursor_of(request: Request) -> Any:
    """The key in ?cursor=, or None. Raises Invalid for a cursor that we did not make."""
    given = request.query_params.get("cursor")
    if not given:
        return None
    try:
        return orjson.loads(base64.urlsafe_b64decode(given.encode("ascii") + b"=="))
    except ValueError as error:
        raise Invalid({"cursor": ["This is not a cursor that was given out here."]}) from error


def limit_of(request: Request) -> int:
    raw = request.query_params.get("limit", str(PAGE))
    if not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:9]) <= LARGEST_PAGE):
        raise Invalid({"limit": [f"A page holds 1 to {LARGEST_PAGE} rows."]})
    return int(raw)


def page_by_id(request: Request, rows: QuerySet[M], shape: Callable[[M], dict[str, Any]]) -> dict[str, Any]:
    """Newest first by primary key (which grows with time)."""
    key, limit = cursor_of(request), limit_of(request)
    if key is not None:
        try:
            rows = rows.filter(pk__lt=rows.model._meta.pk.to_python(key))
        except Exception as error:  # a cursor of another list: to_python and filter raise what they like
            raise Invalid({"cursor": ["This is not a cursor that was given out here."]}) from error
    return page(request, list(rows.order_by("-pk")[: limit + 1]), limit, shape, lambda row: str(row.pk))


def page(request: Request, found: Sequence[M], limit: int, shape: Callable[[M], dict[str, Any]], key: Callable[[M], Any]) -> dict[str, Any]:
    """`found` holds one row more than `limit` when there is a next page."""
    shown = found[:limit]
    cursor = _encode(key(shown[-1])) if len(found) > limit else None
    return {"results": [shape(row) for row in shown], "next_cursor": cursor, "next": _next_url(request, cursor)}


def _encode(key: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def _next_url(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: value for name, value in request.query_params.items() if name != "cursor"}
    return f"{settings.PUBLIC_URL.rstrip('/')}{request.path}?{urlencode({**kept, 'cursor': cursor})}"
