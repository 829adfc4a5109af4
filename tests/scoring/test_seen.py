"""What a model was made from is known by fingerprint, and never examines it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from scoring.artifacts import write_bundle
from scoring.registry import KINDS
from scoring.starters import starter_bundle
from scoring.training.seen import fingerprint, main, read_seen, unseen, write_seen
from scoring.types import Item

REVIEW, ORDER = KINDS["review"], KINDS["order"]


def review(text: str) -> Item:
    return Item(id=text[:5], kind="review", payload={"text": text})


def line(text: str) -> str:
    return json.dumps({"id": text[:5], "payload": {"text": text}}) + "\n"


def test_near_duplicates_share_a_fingerprint_and_short_texts_do_not() -> None:
    assert fingerprint(REVIEW, review("The soup was cold!!")) == fingerprint(REVIEW, review("the SOUP was cold"))
    assert fingerprint(REVIEW, review("Good!")) != fingerprint(REVIEW, review("good"))
    assert len(fingerprint(REVIEW, review("The soup was cold"))) == 10


def test_orders_that_look_alike_are_not_the_same() -> None:
    one, two = (Item(id="o", kind="order", payload={"amount": amount, "placed_at": "2026-01-01T00:00:00Z"}) for amount in (1.0, 2.0))
    assert fingerprint(ORDER, one) != fingerprint(ORDER, two)


def test_it_keeps_the_lines_that_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    known = [review("The soup was cold"), review("A lovely evening with friends")]
    bundle = write_bundle(
        tmp_path / "m", kind="review", version="1", trainer="quick", labels=("hate",), fill=lambda folder: write_seen(folder, REVIEW, known)
    )
    assert len(read_seen(bundle)) == 2
    fresh = line("Nothing like this was seen")
    assert list(unseen(bundle, [line("the soup was COLD"), "\n", fresh])) == [fresh]
    monkeypatch.setattr(sys, "stdin", io.StringIO(fresh + line("The soup was cold")))
    main(["--kind", "review", "--model", str(tmp_path / "m")])
    assert capsys.readouterr().out == fresh


def test_a_bundle_that_says_nothing_has_seen_nothing() -> None:
    assert read_seen(starter_bundle("contact")) == frozenset()
    assert len(read_seen(starter_bundle("review"))) > 20_000
