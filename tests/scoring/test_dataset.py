from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from scoring.kind import Split
from scoring.registry import KINDS
from scoring.training.dataset import DatasetError, check_leaks, components, near_key, read_examples, snapshot_hash, split
from scoring.training.labels import is_benign, risk_target
from scoring.types import Example, Item
from tests.scoring.order_lines import order_lines

REVIEW, ORDER = KINDS["review"], KINDS["order"]
WORDS = ("bread", "cheese", "lamp", "chair", "table", "river", "window", "garden", "winter", "summer", "blue", "green", "small", "large")


def reviews(n: int = 100, seed: int = 0, **extra: Any) -> list[Example]:
    rng = random.Random(seed)
    lines = []
    for i in range(n):
        text = " ".join(rng.choices(WORDS, k=9))
        lines.append(json.dumps({"id": f"r{i}", "payload": {"text": text}, "labels": {"spam": int(i % 10 == 0)}, **extra}))
    return read_examples(REVIEW, lines)


def ids(part: Any) -> set[str]:
    return {e.item.id for e in part}


def test_parts_cover_everything_once_and_have_the_asked_sizes() -> None:
    examples = reviews(200)
    parts = split(examples, REVIEW, seed=1)
    assert ids(parts.train) | ids(parts.tune) | ids(parts.test) == ids(examples)
    assert len(parts.train) + len(parts.tune) + len(parts.test) == 200
    assert 36 <= len(parts.test) <= 44
    assert 36 <= len(parts.tune) <= 44


def test_each_part_has_its_share_of_a_rare_class() -> None:
    parts = split(reviews(200), REVIEW, seed=5)
    assert [sum(risk_target(e.labels) for e in part) for part in (parts.train, parts.tune, parts.test)] == [12, 4, 4]


def test_the_same_seed_gives_the_same_parts_whatever_the_order() -> None:
    examples = reviews(120)
    shuffled = random.Random(9).sample(examples, k=len(examples))
    one, two, other = split(examples, REVIEW, seed=3), split(shuffled, REVIEW, seed=3), split(examples, REVIEW, seed=4)
    assert ids(one.test) == ids(two.test) != ids(other.test)


def test_a_group_never_straddles() -> None:
    examples = [replace(e, group=f"g{i // 7}") for i, e in enumerate(reviews(140))]
    parts = split(examples, REVIEW, seed=2)
    groups = [{e.group for e in part} for part in (parts.train, parts.tune, parts.test)]
    assert all(groups)
    assert len(groups[0] | groups[1] | groups[2]) == sum(map(len, groups))


def test_near_duplicates_never_straddle() -> None:
    lines = []
    for i, example in enumerate(reviews(60)):
        text = example.item.payload["text"]
        for n, variant in enumerate((text, text.upper() + "!!!", f"  {text},  ", text.replace(" ", " - "))):
            lines.append(json.dumps({"id": f"{i}-{n}", "payload": {"text": variant}, "labels": {"spam": int(i % 5 == 0)}}))
    parts = split(read_examples(REVIEW, lines), REVIEW, seed=0)
    families = [{name.split("-")[0] for name in ids(part)} for part in (parts.train, parts.tune, parts.test)]
    assert all(families)
    assert sum(len(f) for f in families) == 60


def test_near_duplicates_are_told_by_text_only_where_text_is_content() -> None:
    assert [kind.name for kind in KINDS.values() if not kind.text_is_content] == ["order"]
    line = {"payload": {"messages": [{"sender": "a", "text": "Pay the courier fee first please"}]}, "labels": {"scam": 1}}
    chat = read_examples(KINDS["chat"], [json.dumps({"id": name, **line}) for name in ("one", "two")])
    with pytest.raises(DatasetError, match="stands in both train and tune"):
        check_leaks(Split(train=chat[:1], tune=chat[1:]), KINDS["chat"])
    orders = read_examples(ORDER, [json.dumps(line) for line in order_lines()])
    like = [replace(e, item=replace(e.item, payload={**orders[0].item.payload, "amount": i})) for i, e in enumerate(orders)]
    assert len({ORDER.text(e.item.payload) for e in like}) == 1
    check_leaks(Split(train=like[:1], tune=like[1:]), ORDER)


@pytest.mark.parametrize("name", list(KINDS))
def test_an_equal_payload_is_a_leak_in_every_kind_and_never_straddles(name: str) -> None:
    kind = KINDS[name]
    payload: dict[str, Any] = {"messages": [{"sender": "a", "text": "Fine."}], "text": "Fine."}  # too short to be told by its text
    item = Item(id="one", kind=name, payload=payload)
    one = Example(item=item, labels={"fraud": 1})
    twin = replace(one, item=replace(item, id="two"))
    with pytest.raises(DatasetError, match=r"payload .* stands in both train and test"):
        check_leaks(Split(train=[one], tune=[], test=[twin]), kind)
    other = replace(one, item=replace(item, id="three", payload={**payload, "more": 1}))
    check_leaks(Split(train=[one], tune=[], test=[other]), kind)
    assert components([one, other, twin], kind) == [[0, 2], [1]]


def test_with_times_the_newest_are_the_test() -> None:
    examples = read_examples(ORDER, [json.dumps(line) for line in order_lines()])
    parts = split(random.Random(1).sample(examples, k=len(examples)), ORDER)
    times = [sorted(e.item.payload["placed_at"] for e in part) for part in (parts.train, parts.tune, parts.test)]
    assert times[0][-1] < times[1][0]
    assert times[1][-1] < times[2][0]


def test_a_group_larger_than_a_part_is_trained_on() -> None:
    examples = [replace(e, group="whale" if i < 60 else f"g{i}") for i, e in enumerate(reviews(100))]
    parts = split(examples, REVIEW, seed=0)
    assert {e.group for e in parts.train} >= {"whale"}
    assert parts.tune
    assert parts.test


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(DatasetError, match="too few to split in 3"):
        split(reviews(2), REVIEW)
    assert len(split(reviews(3), REVIEW).test) == 1


def test_a_leak_is_named() -> None:
    examples = reviews(10)
    with pytest.raises(DatasetError, match="id 'r3' stands in both train and test"):
        check_leaks(Split(train=examples[:5], tune=examples[5:], test=[examples[3]]), REVIEW)
    twin = replace(examples[0], item=replace(examples[0].item, id="twin"))
    with pytest.raises(DatasetError, match=r"text .* stands in both train and tune"):
        check_leaks(Split(train=examples[:5], tune=[twin]), REVIEW)


def test_the_snapshot_hash_is_of_content_not_of_order() -> None:
    examples = reviews(30)
    digest = snapshot_hash(examples)
    assert digest == snapshot_hash(list(reversed(examples)))
    assert digest != snapshot_hash(examples[1:])
    assert digest != snapshot_hash([replace(examples[0], labels={"spam": 0}), *examples[1:]])
    assert digest != snapshot_hash([examples[0], *examples])


def test_near_key_folds_what_writers_vary_but_not_short_texts() -> None:
    assert near_key("Call   0800 123 NOW!!!") == near_key("call 0900 456 now")
    assert near_key("soooo good it is") == near_key("sooooooo good it is!")
    assert near_key("Great stuff") == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1: "),
        ("[]", "a line must be a JSON object"),
        ('{"id": "1", "payload": {}, "labels": {"fraud": 1}}', "payload.amount: Field required"),
        ('{"id": "1", "labels": {"fraud": 1}}', "payload: missing"),
        ('{"payload": {"amount": 1, "placed_at": "2026-01-01"}, "labels": {"fraud": 1}}', "id: missing"),
        ('{"id": "1", "payload": {"amount": 1, "placed_at": "2026-01-01"}}', "labels: missing"),
        ('{"id": "1", "payload": {"amount": 1, "placed_at": "2026-01-01"}, "labels": {"fraud": 2}}', "must be 0 or 1"),
        ('{"id": "1", "payload": {"amount": 1, "placed_at": "2026-01-01"}, "labels": {"fraud": 1}, "weight": -1}', "weight: -1"),
        ('{"id": "1", "payload": {"amount": 1, "placed_at": "2026-01-01"}, "labels": {"fraud": 1}, "spans": [1]}', "spans: "),
        ('{"id": "1", "payload": {"amount": 1, "placed_at": "2026-01-01"}, "labels": {"fraud": 1}, "created_at": "soon"}', "created_at: "),
    ],
)
def test_a_bad_labelled_line_is_named(line: str, says: str) -> None:
    with pytest.raises(DatasetError, match=r"^line 1: ") as caught:
        read_examples(ORDER, [line])
    assert says in str(caught.value)


def test_no_lines_are_no_data() -> None:
    with pytest.raises(DatasetError, match="no labelled lines"):
        read_examples(ORDER, ["", "  \n"])


@pytest.mark.parametrize("name", ["neither", "Normal", "HAM", "Not_Toxic", "non-toxic", "nontoxic", "not hate", "Legit", "release"])
def test_benign_labels_are_known_in_any_spelling(name: str) -> None:
    assert is_benign(name)
    assert risk_target({name: 1, "spam": 0}) == 0


@pytest.mark.parametrize("name", ["hate", "spam", "fraud", "chargeback", "nonconsensual", "offensive", "toxic", "normality_breach"])
def test_harmful_labels_are_harmful(name: str) -> None:
    assert not is_benign(name)
    assert risk_target({"neither": 0, name: 1}) == 1
    assert risk_target({"neither": 1, name: 0}) == 0
