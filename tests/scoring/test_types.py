from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from scoring.types import Evidence, Example, Item, Score, as_json, score_from_json


def test_a_score_survives_json() -> None:
    score = Score(
        risk=0.4, labels={"fraud": 0.4}, evidence=(Evidence(type="span", field="text", start=0, end=3, weight=0.2),), signals={"n": 1},
        errors={"ocr": "not installed"}, model="order@v1", extra={"accuracy_score": 80},
    )  # fmt: skip
    data = json.loads(json.dumps(as_json(score)))
    assert score_from_json(data) == score
    assert data["evidence"] == [{"type": "span", "field": "text", "start": 0, "end": 3, "weight": 0.2}]


def test_unknown_fields_of_a_stored_score_are_left_out() -> None:
    assert score_from_json({"risk": None, "from_a_later_version": 1}) == Score(risk=None)


def test_times_become_iso_text() -> None:
    item = Item(id="1", kind="order", payload={}, created_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert as_json(item)["created_at"] == "2026-01-02T00:00:00+00:00"


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="object is not a JSON value"):
        as_json({"x": object()})


def test_types_cannot_be_changed() -> None:
    example = Example(item=Item(id="1", kind="order", payload={}), labels={"fraud": 1})
    with pytest.raises(FrozenInstanceError):
        example.weight = 2.0  # type: ignore[misc]
