"""From raw JSON to a policy document that may be saved, or to errors that name their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from console.common.errors import Invalid
from scoring.policy import PolicyDocument
from scoring.registry import KINDS
from scoring.signals.rules import lint


def read_document(raw: Mapping[str, Any], *, kind: str) -> PolicyDocument:
    """Validate and lint. Raises Invalid with field paths such as "rules.0.when"; every error at once, not the first."""
    try:
        document = PolicyDocument.model_validate(raw)
    except ValidationError as error:
        raise Invalid(_fields(error), "The policy cannot be saved yet.") from error
    errors = _rule_errors(document)
    if document.kind != kind:
        errors["kind"] = [f"This is a policy for {document.kind}, not for {kind}."]
    known = KINDS[kind].figures if kind in KINDS else {}
    if strange := sorted(set(document.figures) - set(known)):
        errors["figures"] = [f"{', '.join(strange)}: no such number here; there are {', '.join(known) or 'none'}."]
    if not document.clauses:
        errors["clauses"] = ["A policy needs at least one clause."]
    if len({rule.name for rule in document.rules}) < len(document.rules):
        errors["rules"] = ["Every rule needs a name of its own."]
    if errors:
        raise Invalid(errors, "The policy cannot be saved yet.")
    return document


def _rule_errors(document: PolicyDocument) -> dict[str, list[str]]:
    found = {f"rules.{i}.when": [_sentence(text) for text in lint(rule.when)] for i, rule in enumerate(document.rules)}
    return {path: sentences for path, sentences in found.items() if sentences}


def _fields(error: ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for row in error.errors(include_url=False):
        path = ".".join(str(part) for part in row["loc"]) or "document"
        fields.setdefault(path, []).append(_sentence(str(row["msg"]).removeprefix("Value error, ")))
    return fields


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def cautious(document: PolicyDocument) -> PolicyDocument:
    """The same policy with everything left to people: automation off; hard rules and known content still act."""
    note = "Cautious: people decide everything that is not known content or a hard rule."
    return document.model_copy(update={"automation": "off", "note": note})
