"""check_kind() must find what is wrong, and say where: each test breaks one thing of a kind that keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scoring.blocks import Block, Reason, ReasonsBlock
from scoring.kind import Kind, Payload, Split, TrainOptions
from scoring.kinds.order import ORDER
from scoring.kinds.order.scorer import OrderScorer
from scoring.kinds.order.training import train_trees
from scoring.testing import ContractError, check_kind
from scoring.types import Evidence, Item, RunContext, Score
from tests.scoring.order_lines import order_lines

HERE = "tests.scoring.test_contract"


class Shuffled(OrderScorer):
    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return super().score(items, context)[::-1]


class Raising(OrderScorer):
    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return super().score(items, context) if all("amount" in item.payload for item in items) else [][0]


class Beyond(OrderScorer):
    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return [replace(s, risk=1.2) for s in super().score(items, context)]


class Pointing(OrderScorer):
    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        evidence = (Evidence(type="span", field="user_id", start=0, end=999),)
        return [replace(s, evidence=evidence) for s in super().score(items, context)]


class Arguing(OrderScorer):
    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return [replace(s, risk=1.0 - (s.risk or 0.0)) for s in super().explain(items, context)]


class AnyPayload(Payload):
    amount: Any = None


def deaf_trainer(split: Split, out: Path, options: TrainOptions) -> Any:
    return train_trees(split, out, replace(options, progress=lambda share, sentence: None))


def restless_trainer(split: Split, out: Path, options: TrainOptions) -> Any:
    return train_trees(split, out, replace(options, seed=hash(out.name) % 1000))


def leaking_card(item: Item, score: Score | None) -> Sequence[Block]:
    return [*ORDER.card(item, score), ReasonsBlock(speaks_for=[Reason(name="Guess", weight=0.9)])]


def scorer(name: str) -> Callable[[], Kind]:
    return lambda: replace(ORDER, scorer=f"{HERE}:{name}")


def trainer(name: str) -> Callable[[], Kind]:
    return lambda: replace(ORDER, trainers={"quick": f"{HERE}:{name}"})


BROKEN: Mapping[str, tuple[Callable[[], Kind], str]] = {
    "a name with spaces": (lambda: replace(ORDER, name="Big order"), r"check_words: name 'Big order'"),
    "a word too long": (lambda: replace(ORDER, words=replace(ORDER.words, allow="x" * 30)), r"check_words: words\.allow"),
    "a payload that takes anything": (lambda: replace(ORDER, payload=AnyPayload), "check_payload: a mapping in place of any field"),
    "a headline over two lines": (lambda: replace(ORDER, headline=lambda payload: "a\nb"), "check_lines: headline"),
    "no policy": (lambda: replace(ORDER, policy=Path("nowhere.json")), r"check_policy: raised FileNotFoundError"),
    "scores out of order": (scorer("Shuffled"), "check_scores: .* alone and .* in a batch"),
    "a scorer that raises": (scorer("Raising"), "check_bad_items: raised IndexError"),
    "a risk above 1": (scorer("Beyond"), r"check_scores: .*risk 1\.2 is not a probability"),
    "a span outside the text": (scorer("Pointing"), "check_scores: .* does not point into the payload"),
    "an explanation of another score": (scorer("Arguing"), r"check_scores: .*explain\(\) says"),
    "a blind card that shows reasons": (lambda: replace(ORDER, card=leaking_card), "check_card: .* the blind card has evidence"),
    "a trainer that tells nothing": (trainer("deaf_trainer"), "check_training: progress must be told"),
    "a trainer that forgets its seed": (trainer("restless_trainer"), "two trainings with the same seed"),
    "no keys for a past": (lambda: replace(ORDER, keys=lambda item: {}), "check_lines: a kind with history needs keys"),
}


@pytest.mark.parametrize("broken", list(BROKEN))
def test_it_names_what_is_broken(tmp_path: Path, broken: str) -> None:
    make, says = BROKEN[broken]
    with pytest.raises(ContractError, match=says):
        check_kind(make(), order_lines(honest=60, bursts=5), folder=tmp_path, training="train" in broken)


def test_it_reports_everything_at_once(tmp_path: Path) -> None:
    kind = replace(ORDER, name="Big order", headline=lambda payload: "")
    with pytest.raises(ContractError) as caught:
        check_kind(kind, order_lines(), folder=tmp_path, training=False)
    told = str(caught.value)
    assert "check_words" in told
    assert "check_lines" in told


def test_it_asks_for_enough_examples() -> None:
    with pytest.raises(ContractError, match="too few"):
        check_kind(ORDER, order_lines()[:5])
