"""What may be in the test and the calibration part, and what may only be trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from console.accounts.services import source_ensure
from console.training import leaks, parts
from console.training.imports import labels_import
from console.training.parts import make_parts, parts_record
from console.training.snapshot import snapshot_freeze
from scoring.kind import Split
from scoring.registry import KINDS
from scoring.training.dataset import DatasetError, example_from_line, split
from scoring.types import Example
from tests.console.training_data import CONTACT, contact_rows, import_contacts
from tests.scoring.order_lines import order_lines

pytestmark = pytest.mark.django_db
ORDER = KINDS["order"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.MODELS_ROOT, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "models", tmp_path / "snapshots"
    return tmp_path


def test_items_of_one_account_stay_on_one_side() -> None:
    rows = contact_rows(400)
    for number, row in enumerate(rows):
        row["actor"] = {"id": f"account-{number // 5}"}
    labels_import(kind=CONTACT, source=source_ensure(name="import"), rows=list(enumerate(rows)))
    _, lines = snapshot_freeze(CONTACT)
    made = make_parts(CONTACT, lines, [], seed=0)
    where = {name: {line_actor(lines, i) for i in ids} for name, ids in parts_record(CONTACT, made).items() if name != "prints"}
    assert not where["train"] & where["test"]
    assert not where["tune"] & where["test"]
    assert not where["tune"] & where["train"]


def line_actor(lines: list[dict[str, Any]], item_id: str) -> str:
    return str(next(line["actor"]["id"] for line in lines if line["id"] == item_id))


def test_a_split_that_tests_on_shown_items_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import_contacts(300)
    _, lines = snapshot_freeze(CONTACT)
    lines[0]["exam"] = False

    def careless(examples: Any, kind: Any, **options: Any) -> Split:
        made = split(examples, kind, **options)
        return Split(train=made.train, tune=made.tune, test=[parts.line_example(CONTACT, lines[0]), *made.test[1:]])

    monkeypatch.setattr(parts, "split", careless)
    with pytest.raises(DatasetError, match="opinion in sight"):
        make_parts(CONTACT, lines, [], seed=0)


def as_lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a snapshot keeps them."""
    return [{**row, "payload": ORDER.parse(row["payload"]), "exam": True, "past": [], "spans": [], "conversation": None} for row in rows]


def as_base(rows: list[dict[str, Any]]) -> list[Example]:
    return [example_from_line(ORDER, {**row, "id": f"base:other-{row['id']}"}) for row in rows]


def test_own_items_that_are_base_data_too_neither_test_nor_calibrate() -> None:
    """Orders: their text is ids and no content, so only the payload tells that they are the same."""
    rows = order_lines(honest=300, bursts=20)
    shared, lines = rows[::2], as_lines(rows)
    made = make_parts(ORDER, lines, as_base(shared), seed=0)
    ids = parts_record(ORDER, made)
    assert not {row["id"] for row in shared} & {*ids["test"], *ids["tune"]}
    assert len(ids["test"]) >= 50
    assert {row["id"] for row in shared} <= set(ids["train"])
    with pytest.raises(DatasetError, match=r"0 of 420 labelled orders .* and the base data"):
        make_parts(ORDER, lines, as_base(rows), seed=0)


def test_a_split_that_tests_on_base_data_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = order_lines(honest=300, bursts=20)
    lines, base = as_lines(rows), as_base(rows[:1])

    def careless(examples: Any, kind: Any, **options: Any) -> Split:
        made = split(examples, kind, **options)
        return Split(train=made.train, tune=made.tune, test=[parts.line_example(ORDER, lines[0]), *made.test[1:]])

    monkeypatch.setattr(parts, "split", careless)
    with pytest.raises(DatasetError, match="stands in both"):
        make_parts(ORDER, lines, base, seed=0)
    monkeypatch.setattr(leaks, "check_leaks", lambda made, kind: None)
    with pytest.raises(DatasetError, match="is in the base data as well"):
        make_parts(ORDER, lines, base, seed=0)
