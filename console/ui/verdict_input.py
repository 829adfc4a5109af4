"""From the fields of the verdict form to a VerdictForm. Checking them against the policy is the flow's part."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import QueryDict

from console.common.errors import Invalid
from console.verdicts.services import VerdictForm

FIELD_PREFIX = "field:"
MOST_MARKS = 50_000  # characters


def read_token(data: QueryDict) -> int:
    """The fence that the page was given. Raises Invalid when it is no number."""
    try:
        return int(data.get("token", ""))
    except ValueError as error:
        raise Invalid({"token": ["The page lost its hold on the case; load it again."]}) from error


def read_verdict(data: QueryDict) -> VerdictForm:
    """Raises Invalid when no outcome was chosen."""
    outcome, _, asks = data.get("outcome", "").partition(":")  # "enforce:verify": the third way, to ask first
    if not outcome:
        raise Invalid({"outcome": ["Choose an outcome first."]}, "Choose an outcome first.")
    fields = {name.removeprefix(FIELD_PREFIX): str(value) for name, value in data.items() if name.startswith(FIELD_PREFIX) and value}
    enforce = outcome == "enforce"
    return VerdictForm(
        outcome=outcome,
        action=(asks or data.get("action") or None) if enforce else None,
        clauses=tuple(data.getlist("clause")) if enforce else (),
        fields=fields,
        certain="unsure" not in data,
        note=data.get("note", "").strip(),
        duration_hours=_hours(data.get("duration", "")) if enforce else None,
        spans=_marks(data.get("spans", "")),
    )


def _hours(text: str) -> int | None:
    """How long the action lasts; "" is without an end."""
    try:
        return int(text[:6]) if text else None
    except ValueError as error:
        raise Invalid({"duration_hours": ["Choose how long it lasts."]}) from error


def _marks(text: str) -> list[dict[str, Any]]:
    """The marks that the page collected, a JSON list. What is no such list is refused: a mark must not be lost in silence."""
    if not text:
        return []
    try:
        found = json.loads(text) if len(text) <= MOST_MARKS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(mark, dict) for mark in found):
        raise Invalid({"spans": ["The marks could not be read; take them away and mark again."]})
    return found


def read_next(data: QueryDict) -> tuple[UUID, int] | None:
    """The case that the page has in memory as the next one: "case:token"."""
    case, _, token = data.get("next", "").partition(":")
    try:
        return UUID(case), int(token)
    except ValueError:
        return None
