from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scoring.policy import PolicyDocument, read_policy

DOCUMENT: dict[str, Any] = {
    "kind": "order", "title": "Orders", "actions": ["cancel", "verify"],
    "clauses": [
        {"id": "1.1", "title": "Stolen card", "key": "1", "test": "Did somebody else pay?", "labels": ["stolen_card"], "action": "cancel"},
        {"id": "1.2", "title": "Card testing", "key": "2", "test": "Are cards tried?", "labels": ["card_testing"]},
    ],
    "thresholds": [{"label": "risk", "allow": 0.1, "enforce": 0.9}],
    "rules": [{"name": "r", "when": "true", "then": "enforce", "clause": "1.1", "action": "cancel", "sentence": "So it is."}],
}  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    *way, last = path.split("/")
    place: Any = document
    for part in way:
        place = place[int(part)] if part.isdigit() else place[part]
    place[int(last) if last.isdigit() else last] = value
    return document


def test_it_reads_a_document(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(PolicyDocument.model_validate(DOCUMENT).model_dump_json())
    policy = read_policy(tmp_path / "policy.json")
    assert policy.automation == "off"
    assert policy.clause_for("card_testing") == policy.clauses[1]
    assert policy.clause_for("friendly_fraud") is None


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("clauses/1/id", "1.1", "unique"),
        ("clauses/1/key", "1", "unique"),
        ("clauses/1/key", "x", "pattern"),
        ("clauses/1/severity", 4, "less than or equal to 3"),
        ("clauses/0/action", "remove", "not allowed here"),
        ("rules/0/clause", "7.7", "which is not here"),
        ("rules/0/action", "remove", "not allowed here"),
        ("rules/0/then", "explode", "'allow', 'review' or 'enforce'"),
        ("thresholds/0/allow", 0.95, "allow must lie below enforce"),
        ("thresholds/0/enforce", 1.2, "less than or equal to 1"),
        ("automation", "yes", "'off', 'demo' or 'certified'"),
        ("colour", "red", "Extra inputs"),
    ],
)
def test_it_refuses_what_contradicts_itself(path: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        PolicyDocument.model_validate(changed(path, value))


def test_the_checksum_is_of_the_content() -> None:
    one, two = PolicyDocument.model_validate(DOCUMENT), PolicyDocument.model_validate(dict(reversed(DOCUMENT.items())))
    assert one.checksum == two.checksum
    assert one.checksum != PolicyDocument.model_validate(changed("title", "Other")).checksum


@pytest.mark.parametrize(
    ("path", "longest"),
    [
        ("kind", 32), ("title", 200), ("clauses/1/id", 32), ("clauses/1/title", 200), ("clauses/1/labels/0", 64),
        ("thresholds/0/label", 64),
        ("rules/0/name", 100), ("rules/0/sentence", 300), ("actions/1", 32),
    ],
)  # fmt: skip
def test_it_refuses_what_no_column_could_hold_and_says_where(path: str, longest: int) -> None:
    PolicyDocument.model_validate(changed(path, "x" * longest))
    with pytest.raises(ValidationError) as error:
        PolicyDocument.model_validate(changed(path, "x" * (longest + 1)))
    [row] = error.value.errors()
    assert ("/".join(map(str, row["loc"])), row["type"]) == (path, "string_too_long")


@pytest.mark.parametrize("path", ["clauses/0/action", "rules/0/action", "rules/0/clause"])
def test_it_refuses_names_that_are_too_long_where_they_are_used(path: str) -> None:
    with pytest.raises(ValidationError, match="at most 32 characters"):
        PolicyDocument.model_validate(changed(path, "x" * 33))
