"""The form of a queue: what was posted becomes a QueueForm, and a QueueForm (saved or half-broken) becomes fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.http import QueryDict

from console.accounts.roles import WELLBEING
from console.cases.queue_services import QueueForm
from console.common.errors import Invalid
from console.ui.policy_form import Field
from scoring.registry import KINDS

Errors = Mapping[str, Sequence[str]]
_NUMBERS = {
    "sla_minutes": "Usual limit, minutes", "sla_severe": "Severe", "sla_serious": "Serious", "sla_mild": "Mild", "sla_none": "None",
    "capacity": "How many may wait", "verdict_first_above": "Only above this amount",
}  # fmt: skip
LIMITS = ("sla_minutes", "sla_severe", "sla_serious", "sla_mild", "sla_none")


def read_queue(posted: QueryDict) -> dict[str, Any]:
    """Fields of QueueForm. Raises Invalid for what is no number; whatever else is wrong the service says."""
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {
        "title": posted.get("title", "").strip()[:200], "subtitle": posted.get("subtitle", "").strip()[:200],
        "groups": tuple(posted.getlist("groups")), "verdict_first": "verdict_first" in posted,
    }  # fmt: skip
    for name in _NUMBERS:
        text = posted.get(name, "").strip().replace(",", "")[:20]
        try:
            values[name] = None if not text else float(text) if name == "verdict_first_above" else int(text)
        except ValueError:
            errors[name] = ["Write a number."]
    if errors:
        raise Invalid(errors, "The queue cannot be saved.")
    return values


def fields_of(values: Mapping[str, Any], errors: Errors) -> dict[str, Field]:
    """`values` are those of a QueueForm, or what was posted."""

    def text(name: str, title: str, widget: str = "text") -> Field:
        value = values.get(name)
        shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        return Field(name=name, title=title, widget=widget, value=shown, errors=errors.get(name, ()))

    kinds = [(kind.name, kind.words.many.capitalize()) for kind in KINDS.values()]
    chosen, wrong = str(values.get("kind", "")), errors.get("kind", ())
    kind = Field(name="kind", title="Holds", widget="choice", value=chosen, choices=kinds, errors=wrong)
    first = Field(
        name="verdict_first", title="People decide before they see the evidence", widget="check", value="1",
        checked=bool(values.get("verdict_first")),
    )  # fmt: skip
    return {
        "title": text("title", "Name"), "subtitle": text("subtitle", "Second line"), "kind": kind, "verdict_first": first,
        **{name: text(name, title, "number") for name, title in _NUMBERS.items()},
    }  # fmt: skip


def groups_of(values: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Every group with whether it is chosen."""
    chosen = set(values.get("groups", ()))
    return [(name, name in chosen) for name in Group.objects.exclude(name=WELLBEING).order_by("name").values_list("name", flat=True)]


def posted_values(posted: QueryDict) -> dict[str, Any]:
    """As it was written, for showing it again."""
    return {**posted.dict(), "groups": tuple(posted.getlist("groups")), "verdict_first": "verdict_first" in posted}


def form_from(values: Mapping[str, Any], kind: str) -> QueueForm:
    """Raises Invalid when the usual limit is missing."""
    if values["sla_minutes"] is None:
        raise Invalid({"sla_minutes": ["From 1 minute to a year."]}, "The queue cannot be saved.")
    return QueueForm(kind=kind, **values)
