"""The replay: what comes last measures, what is proven is automated from the next round on, and chance stands beside."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from scoring import choosing
from scoring.artifacts import Bundle
from scoring.choosing import Pick
from scoring.registry import KINDS
from scoring.replay_plot import plot_automation, plot_learning
from scoring.training import replay as replaying
from scoring.training import replay_choice
from scoring.training.dataset import DatasetError
from scoring.training.labels import breaks_policy
from scoring.training.replay import Plan, replay_stream
from scoring.training.replay_choice import chosen, drawn
from scoring.training.replay_told import labels_to_reach, summary, words_of
from scoring.types import Example, Item, Score

KIND = KINDS["review"]
WORDS = ("soup", "waiter", "room", "bed", "view", "train", "garden", "lamp")


def examples(count: int, *, harmful: float = 0.3, seed: int = 0) -> list[Example]:
    rng, made = random.Random(seed), []
    for n in range(count):
        bad = rng.random() < harmful
        text = (
            f"{rng.choice(WORDS)} {rng.choice(WORDS)} number {chr(97 + n % 26)}{chr(97 + n // 26 % 26)} {'awful' if bad else 'lovely'} {n}"
        )
        made.append(Example(item=Item(id=f"e{n}", kind="review", payload={"text": text}), labels={"hate": int(bad)}))
    return made


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Training without training: a model that learnt from n labels says the truth surer the larger n is. Returns the sizes."""
    sizes: list[int] = []

    def train(kind: object, parts: Any, out: object, trainer: object, options: object) -> Any:
        sizes.append(len(parts.train) + len(parts.tune))
        return len(sizes) - 1

    def score(bundle: int, asked: Sequence[Example], *args: object, **more: object) -> list[Score]:
        noise, rng = 0.45 / (1 + sizes[bundle] / 40), random.Random(bundle)
        risks = [min(0.999, max(0.001, breaks_policy(e) + rng.uniform(-1, 1) * noise)) for e in asked]
        return [Score(risk=risk, uncertainty=1 - abs(2 * risk - 1)) for risk in risks]

    monkeypatch.setattr(replaying, "train_kind", train)
    monkeypatch.setattr(replaying, "score_examples", score)
    monkeypatch.setattr(replaying, "reader", lambda kind, folder: lambda examples: None)
    return sizes


def run(found: Sequence[Example], **more: Any) -> list[dict[str, Any]]:
    return list(replay_stream(KIND, found, Plan(**{"budget": 0.2, "rounds": 5, **more})))


def test_it_buys_what_the_budget_pays_for(machine: list[int]) -> None:
    lines = run(examples(500))
    assert [line["round"] for line in lines] == [1, 2, 3, 4]
    assert all(line["labels"] == round(0.2 * line["arrived"]) for line in lines)
    assert all(line["random"]["labels"] == line["labels"] for line in lines)
    assert lines[-1]["arrived"] == lines[-1]["full"]["labels"] == 400
    assert {line["later"]["n"] for line in lines} == {100}


def test_audits_are_never_learnt_from(machine: list[int]) -> None:
    last = run(examples(500), budget=0.4, beside=False, risk=0.2)[-1]
    assert machine[-1] == last["labels_known"] < last["labels"]
    audits = last["labels"] - last["labels_known"]
    assert last["proof"]["allow"]["audits"] == audits


def test_labels_that_can_prove_nothing_all_teach(machine: list[int]) -> None:
    said: list[str] = []
    plan = Plan(budget=0.2, rounds=5, beside=False)
    last = list(replay_stream(KIND, examples(500), plan, said.append))[-1]
    assert machine[-1] == last["labels_known"] == last["labels"] == 80
    assert said[0] == "the budget buys about 12 audits, and a proof takes 299: all labels teach, and people decide everything"


def test_what_is_proven_decides_from_the_next_round_on(machine: list[int]) -> None:
    lines = run(examples(6000), budget=0.6, risk=0.05)
    assert lines[0]["automated"] == 0
    assert lines[0]["proof"]["allow"]["certified"]
    assert lines[1]["automated"] > 0.3 * lines[1]["of"]
    told = summary(lines)
    assert told["automated"] == sum(line["automated"] for line in lines)
    assert told["risk"] is not None
    assert told["risk"] < 0.05


def test_without_enough_audits_everything_stays_with_people(machine: list[int]) -> None:
    lines = run(examples(300))
    assert lines[-1]["automated_in_all"] == 0
    assert lines[-1]["proof"]["allow"]["missing"] > 0
    assert any("not enough proof" in sentence for sentence in words_of(summary(lines)))


def test_a_label_that_is_not_known_yet_does_not_teach(machine: list[int]) -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 1, 1, tzinfo=UTC)
    dated = [replace(e, item=replace(e.item, created_at=start + timedelta(hours=n))) for n, e in enumerate(examples(400))]
    assert run(dated, delay_days=0, beside=False)[0]["labels_known"] > 0
    assert run(dated, delay_days=30, beside=False)[0]["labels_known"] == 0


def test_the_newest_are_kept_aside_where_times_are_known(machine: list[int]) -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 1, 1, tzinfo=UTC)
    dated = [replace(e, item=replace(e.item, created_at=start + timedelta(hours=n))) for n, e in enumerate(examples(300))]
    random.Random(2).shuffle(dated)
    stream, later = replaying._parts(KIND, dated, Plan(rounds=5))
    times = [e.item.created_at for e in stream]
    assert times == sorted(times)  # type: ignore[type-var]
    assert max(times) < min(e.item.created_at for e in later)  # type: ignore[type-var]


@pytest.mark.parametrize(("found", "said"), [(examples(9), "too few"), (examples(200, harmful=0.0), "all of one class")])
def test_what_cannot_be_replayed_says_why(found: list[Example], said: str, machine: list[int]) -> None:
    with pytest.raises(DatasetError, match=said):
        run(found)


def test_the_same_seed_replays_the_same(machine: list[int]) -> None:
    first = run(examples(300), seed=3)
    machine.clear()
    assert run(examples(300), seed=3) == first


def test_it_asks_the_chooser_of_the_product_until_the_budget_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same function that a day's choice calls, with the same vectors, neighbours of what was missed and shares."""
    found, asked = examples(80), []
    vectors = np.random.default_rng(0).normal(size=(200, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[70:75] = vectors[79]

    def read(some: Sequence[Example]) -> np.ndarray:
        return vectors[[int(e.item.id[1:]) for e in some]].astype(np.float32)

    def choose(chances: np.ndarray, room: int, **how: Any) -> list[Pick]:
        asked.append((room, how))
        return choosing.choose(chances, room, **how)

    monkeypatch.setattr(replay_choice, "choose", choose)
    pool = [(e, Score(risk=0.5 if n < 10 else 0.01, uncertainty=0.0)) for n, e in enumerate(found[:78])]
    picked = [e.item.id for e in chosen(pool, 20, random.Random(0), learnt=found[78:79], missed=found[79:], read=read)]
    assert len(picked) == len(set(picked)) == 20
    assert [room for room, _ in asked] == sorted((room for room, _ in asked), reverse=True)
    assert asked[0][0] == 20
    first = asked[0][1]
    assert set(np.flatnonzero(first["near"])) >= {70, 71, 72, 73, 74}
    assert (first["vectors"].shape, first["labelled"].shape) == ((78, 8), (1, 8))
    assert "random_share" not in first, "the usual one"
    assert sum(int(name[1:]) < 10 for name in picked) >= 4, "the doubtful are 10 of 78"
    assert len(chosen(pool, 500, random.Random(0))) == len(pool)
    assert len(chosen([(e, None) for e in found], 5, random.Random(0))) == 5


def test_a_draw_is_as_likely_to_take_each() -> None:
    found = examples(20)
    counts = {e.item.id: 0 for e in found}
    for seed in range(2000):
        for e in drawn(found, 5, random.Random(seed)):
            counts[e.item.id] += 1
    assert max(counts.values()) - min(counts.values()) < 200
    assert drawn(found, 99, random.Random(0)) == found


def line(labels: int, precision: float | None, by_chance: float = 0.5) -> dict[str, Any]:
    return {
        "round": 1, "arrived": labels * 5, "of": labels, "labels": labels, "coverage": 0.2, "harmful_found": 3, "harmful_arrived": 9,
        "automated": 4, "wrong": 1, "automated_in_all": 4, "wrong_in_all": 1,
        "later": None if precision is None else {"ap": precision}, "random": {"labels": labels, "later": {"ap": by_chance}},
        "full": {"labels": 100, "later": {"ap": 0.8}},
    }  # fmt: skip


def test_it_is_reached_where_it_stays() -> None:
    assert labels_to_reach([line(5, None), line(10, 0.77), line(15, 0.7), line(20, 0.78), line(25, 0.79)]) == 20
    assert labels_to_reach([line(5, 0.3), line(10, 0.7)]) is None
    assert labels_to_reach([line(5, 0.3, 0.8), line(10, 0.7, 0.8)], "random") == 5


def test_pictures_hold_their_figures_in_words() -> None:
    lines = [line(5, None), line(10, 0.6), line(20, 0.78)]
    for picture, words in ((plot_learning(lines, "A < B"), "20 labels give 0.78"), (plot_automation(lines, "Alone"), "1 of them wrong")):
        root = ElementTree.fromstring(picture)
        assert root.tag.endswith("svg")
        assert words in picture
        assert "A < B" not in picture


def test_a_model_may_serve_from_the_first_item_on(machine: list[int]) -> None:
    machine.append(500)
    bundle: Bundle = 0  # type: ignore[assignment]
    lines = run(examples(300), start=bundle, beside=False, budget=0.02)
    assert lines[0]["later"] is not None
