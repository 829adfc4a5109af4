"""Intake: what is not right is refused with the path of the field; the past is what was before, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from console.accounts.models import Source
from console.common.errors import Invalid
from console.intake.history import scoring_items
from console.intake.models import Item, Quarantine
from console.intake.parsing import parse_item
from console.intake.services import quarantine_put

GOOD: dict[str, Any] = {"kind": "review", "external_id": "a", "payload": {"text": "Fine soup."}}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], "body"),
        ({**GOOD, "kind": "poem"}, "kind"),
        ({**GOOD, "external_id": ""}, "external_id"),
        ({**GOOD, "external_id": "x" * 256}, "external_id"),
        ({**GOOD, "external_id": "a\x00b"}, "external_id"),
        ({**GOOD, "payload": "text"}, "payload"),
        ({**GOOD, "payload": {}}, "payload.text"),
        ({**GOOD, "payload": {"text": 7}}, "payload.text"),
        ({**GOOD, "payload": {"text": "a\x00b"}}, "payload.text"),
        ({**GOOD, "payload": {"text": "a", "more": "\x00"}}, "payload"),
        ({**GOOD, "payload": {"text": "a", "more": "\ud800"}}, "payload"),
        ({**GOOD, "actor": {"name": "x"}}, "actor.id"),
        ({**GOOD, "created_at": "yesterday"}, "created_at"),
        ({**GOOD, "severity_hint": 9}, "severity_hint"),
        ({"kind": "order", "external_id": "o", "payload": {"amount": -5, "placed_at": "2026-01-01T00:00:00Z"}}, "payload.amount"),
        ({"kind": "chat", "external_id": "c", "payload": {"messages": []}}, "payload.messages"),
    ],
)
def test_it_names_the_field_that_is_not_right(body: Any, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_item(body)
    assert path in refused.value.fields
    assert all(refused.value.fields.values())


def test_it_keeps_unknown_fields_and_hashes_the_body_in_any_order() -> None:
    one = parse_item({**GOOD, "payload": {"text": "x", "shelf": 4}})
    two = parse_item({"payload": {"shelf": 4, "text": "x"}, "external_id": "a", "kind": "review"})
    assert one.payload["shelf"] == 4
    assert one.body_hash == two.body_hash
    assert one.body_hash != parse_item(GOOD).body_hash


def order(post: Callable[..., Item], minutes: int, **more: Any) -> Item:
    placed = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    payload = {"amount": 10 + minutes, "placed_at": placed.isoformat(), "device_id": "d1", "card_hash": "c1", **more}
    return post(kind="order", payload=payload)


def test_the_past_is_what_came_before_and_shares_a_key(post: Callable[..., Item]) -> None:
    order(post, 0)
    order(post, 1, device_id="d2", card_hash="c2")
    later = order(post, 9)
    just_before = order(post, 5, user_id="u9")
    now = order(post, 5)
    just_after = order(post, 5)
    [asked] = scoring_items([now])
    assert [event.facts["amount"] for event in asked.past] == [10, 15]
    assert asked.past[0].keys["device"] == "d1"
    assert asked.past[1].id == str(just_before.pk)
    assert not {str(later.pk), str(just_after.pk)} & {event.id for event in asked.past}


def test_the_past_of_another_source_is_not_seen(post: Callable[..., Item], rival: Source) -> None:
    from console.flow import items_receive

    first = order(post, 0)
    raw = {"kind": "order", "external_id": "r", "payload": first.payload, "created_at": first.created_at.isoformat()}
    items_receive(source=rival, rows=[parse_item(raw)], actor="source:rival")
    now = order(post, 5)
    assert len(scoring_items([now])[0].past) == 1


def test_a_quarantined_row_keeps_its_body_and_reasons(shop: Source) -> None:
    quarantine_put(
        source=shop,
        rows=[
            ({"external_id": "a\x00", "payload": "\x00"}, {"payload": ["is text"]}),
            (17, {"body": ["no object"]}),
            (None, {"body": ["empty"]}),
        ],
    )
    rows = list(Quarantine.objects.order_by("pk"))
    assert [r.external_id for r in rows] == ["a", "", ""]
    assert rows[2].body is None
    assert rows[0].errors == {"payload": ["is text"]}
    assert rows[1].body == 17


def test_import_items_takes_good_rows_and_sets_bad_ones_aside(ready: None, tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text("\n".join([json.dumps(GOOD), "{broken", json.dumps({**GOOD, "external_id": "b", "payload": {}})]), "utf-8")
    out = StringIO()
    with pytest.raises(CommandError, match="2 rows were set aside"):
        call_command("import_items", str(file), stdout=out)
    assert "1 new" in out.getvalue()
    assert Quarantine.objects.count() == 2


def test_import_items_reads_csv_and_knows_what_it_has(ready: None, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("external_id,actor,text,rating\na,u1,Fine soup.,5\nb,u2,Cold soup.,\n", "utf-8")
    for word in ("2 new", "2 known"):
        out = StringIO()
        call_command("import_items", str(file), kind="review", stdout=out)
        assert word in out.getvalue()
    payload = Item.objects.get(external_id="a").payload
    assert (payload["text"], payload["rating"]) == ("Fine soup.", 5.0)
