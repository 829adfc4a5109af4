"""Labelled contact records for the training tests: drawn by the documented generator, trained in a second."""

from __future__ import annotations

import random
from typing import Any

from console.accounts.services import source_ensure
from console.training.imports import labels_import
from scoring.registry import KINDS
from scoring.training.starters.contact import draw
from scoring.types import as_json

CONTACT = KINDS["contact"]


def contact_rows(count: int, *, seed: int = 1, prefix: str = "c") -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        example = draw(rng, number).example
        payload = {name: value for name, value in as_json(example.item.payload).items() if value is not None}
        rows.append({"id": f"{prefix}{number}", "payload": payload, "labels": dict(example.labels), "created_at": _day(number)})
    return rows


def _day(number: int) -> str:
    return f"2026-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}T{number % 24:02d}:00:00+00:00"


def import_contacts(count: int, *, seed: int = 1, prefix: str = "c") -> None:
    counts, problems = labels_import(
        kind=CONTACT, source=source_ensure(name="import"), rows=list(enumerate(contact_rows(count, seed=seed, prefix=prefix), 1))
    )
    assert not problems
    assert counts["new items"] == count
