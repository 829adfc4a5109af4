"""How order models are examined: amount bands, what can only make an order riskier or safer, and whether reasons add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from scoring.artifacts import Bundle
from scoring.exam import Additive, Exam, Pair
from scoring.gates.slicing import by_account_age, by_presence, by_source, by_stakes
from scoring.kinds.order.counterfactual import variants
from scoring.kinds.order.keys import placed_at, read_time
from scoring.kinds.order.scorer import OrderScorer
from scoring.kinds.order.stakes import stakes
from scoring.types import Example, Item, Json, RunContext

MOST = 120  # orders of the test that are changed
EDGES = (25.0, 100.0, 250.0, 500.0, 1000.0)
YEAR = timedelta(days=365)


def account_age(example: Example) -> Any:
    at, opened = placed_at(example.item), read_time(example.item.payload.get("account_created_at"))
    return None if at is None or opened is None else (at - opened).total_seconds() / 86_400


def pairs(examples: Sequence[Example], seed: int) -> Sequence[Pair]:
    step = max(1, len(examples) // MOST)
    return [pair for example in examples[::step][:MOST] for pair in _changes(example.item)]


def _changes(item: Item) -> Iterator[Pair]:
    """What is known of fraud and holds whatever else an order says."""
    payload, at = item.payload, placed_at(item)

    def pair(function: str, goes: str, **before_after: tuple[Json, Json]) -> Pair:
        one, two = ({**payload, **{k: v[side] for k, v in before_after.items()}} for side in (0, 1))
        return Pair(
            function=function, before=replace(item, payload=one), after=replace(item, payload=two), goes="up" if goes == "up" else "down"
        )

    yield pair("Two-factor check passed, not failed", "down", two_factor=(False, True))
    home, abroad = {"country": "AT", "postcode": "1010"}, {"country": "NG", "postcode": "100001"}
    yield pair("Delivered to another country", "up", billing=(home, home), shipping=(home, abroad))
    yield pair("IP address of another country", "up", billing=(home, home), ip_country=("AT", "NG"))
    if at is not None:
        yield pair(
            "Account opened a minute before", "up", account_created_at=((at - YEAR).isoformat(), (at - timedelta(seconds=50)).isoformat())
        )
    amount = payload.get("amount")
    if item.past and isinstance(amount, int | float) and amount > 0:
        yield pair("Ten times the amount", "up", amount=(amount, 10 * amount))


def gap(bundle: Bundle, items: Sequence[Item]) -> float:
    """Of every target: |sum of shares - log-odds|, by two ways through the model."""
    scorer = OrderScorer(bundle)
    rows = scorer.rows(items)
    return max(
        float(np.abs(scorer.model.contributions(rows, target).sum(axis=1) - scorer.model.raw(rows, target)).max())
        for target in scorer.model.targets
    )


def told(bundle: Bundle, items: Sequence[Item], context: RunContext) -> Sequence[tuple[float, float, float]]:
    """Of each counterfactual sentence: the risk now, the risk it promises, the risk when that change is made and scored anew."""
    scorer = OrderScorer(bundle)
    found = []
    for item, score in zip(items, scorer.score(items, context), strict=True):
        promise = score.extra.get("counterfactual")
        if promise:
            by_words: Mapping[str, Item] = dict(variants(item))
            changed = next((new for words, new in by_words.items() if promise["sentence"].startswith(f"{words},")), None)
            again = scorer.score([changed], context)[0].risk if changed else None
            found.append((score.risk or 0.0, float(promise["risk"]), 1.0 if again is None else again))
    return found


EXAM = Exam(
    slices=(
        by_stakes(stakes, EDGES), by_source(), by_account_age(account_age),
        by_presence("What is known", {"device_id": "Device known", "user_id": "Account known", "ip": "IP address known"}),
    ),
    pairs=pairs, additive=Additive(gap=gap, told=told, promises="Changes that would have made it safer"),
    unmeasured={"functions": "An order holds no text; what can only make it riskier is changed instead."},
)  # fmt: skip
