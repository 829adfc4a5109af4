"""From the fields of the verdict form to a VerdictForm. Checking them against the policy is the flow's part."""

from __future__ import annotations

from django.http import QueryDict

from console.common.errors import Invalid
from console.verdicts.services import VerdictForm

FIELD_PREFIX = "field:"


def read_token(data: QueryDict) -> int:
    """The fence that the page was given. Raises Invalid when it is no number."""
    try:
        return int(data.get("token", ""))
    except ValueError as error:
        raise Invalid({"token": ["The page lost its hold on the case; load it again."]}) from error


def read_verdict(data: QueryDict) -> VerdictForm:
    """Raises Invalid when no outcome was chosen."""
    outcome = data.get("outcome", "")
    if not outcome:
        raise Invalid({"outcome": ["Choose an outcome first."]}, "Choose an outcome first.")
    fields = {name.removeprefix(FIELD_PREFIX): str(value) for name, value in data.items() if name.startswith(FIELD_PREFIX) and value}
    enforce = outcome == "enforce"
    return VerdictForm(
        outcome=outcome,
        action=(data.get("action") or None) if enforce else None,
        clauses=tuple(data.getlist("clause")) if enforce else (),
        fields=fields,
        certain="unsure" not in data,
        note=data.get("note", "").strip(),
    )
