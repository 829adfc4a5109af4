from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from scoring.history import MemoryHistory, examples_with_past
from scoring.registry import KINDS
from scoring.training.dataset import example_from_line, item_from_line
from scoring.types import Item
from tests.scoring.order_lines import order_line, order_lines

ORDER = KINDS["order"]


def order(name: str, minutes: float, **fields: str) -> Item:
    return item_from_line(ORDER, order_line(name, minutes, 10.0, 0, **fields))


def test_the_past_shares_an_attribute_and_is_oldest_first() -> None:
    history = MemoryHistory(ORDER)
    for item in (order("late", 20, device_id="d"), order("early", 10, card_hash="c"), order("other", 12, device_id="e")):
        history.add(item)
    past = history.past(order("now", 30, device_id="d", card_hash="c"))
    assert [e.id for e in past] == ["early", "late"]
    assert past[0].keys == {"card": "c"}
    assert past[0].facts == {"amount": 10.0}


def test_nothing_later_is_seen() -> None:
    history = MemoryHistory(ORDER)
    history.add(order("later", 31, device_id="d"))
    assert history.past(order("now", 30, device_id="d")) == ()


def test_of_the_same_time_what_arrived_earlier_is_past() -> None:
    lines = [order_line(f"o{i}", 5, 10.0, 0, device_id="d") for i in range(3)]
    examples = examples_with_past(ORDER, [example_from_line(ORDER, line) for line in lines])
    assert [[e.id for e in example.item.past] for example in examples] == [[], ["o0"], ["o0", "o1"]]


def test_it_looks_no_further_back_than_the_kind_does() -> None:
    history = MemoryHistory(ORDER)
    assert ORDER.history == timedelta(days=30)
    history.add(order("old", 0, user_id="u"))
    assert [e.id for e in history.past(order("a", 30 * 24 * 60 - 1, user_id="u"))] == ["old"]
    assert history.past(order("b", 30 * 24 * 60 + 1, user_id="u")) == ()


def test_it_keeps_to_the_newest_of_each_attribute() -> None:
    history = MemoryHistory(ORDER, per_key=5)
    for i in range(20):
        history.add(order(f"o{i}", i, merchant_id="m", user_id="u" if i < 2 else f"u{i}"))
    past = history.past(order("now", 60, merchant_id="m", user_id="u"))
    assert [e.id for e in past] == ["o0", "o1", "o15", "o16", "o17", "o18", "o19"]


def test_the_order_of_the_file_does_not_matter_and_labels_do_not_enter() -> None:
    examples = [example_from_line(ORDER, line) for line in order_lines(honest=40, bursts=2)]
    forward = {e.item.id: e.item.past for e in examples_with_past(ORDER, examples)}
    backward = {e.item.id: e.item.past for e in examples_with_past(ORDER, examples[::-1])}
    flipped = {e.item.id: e.item.past for e in examples_with_past(ORDER, [replace(e, labels={"fraud": 1}) for e in examples])}
    assert forward == flipped
    assert {k: {e.id for e in v} for k, v in forward.items()} == {k: {e.id for e in v} for k, v in backward.items()}
    assert any(forward.values())


def test_a_kind_without_history_has_no_past() -> None:
    review = KINDS["review"]
    assert review.history is None
    item = item_from_line(review, {"id": "1", "payload": {"text": "A fine lamp"}, "created_at": "2026-01-01T00:00:00Z"})
    history = MemoryHistory(review)
    history.add(item)
    assert history.past(replace(item, id="2")) == ()
