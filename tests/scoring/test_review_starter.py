"""The starter that ships: small, explained, and sensible on sentences that stand in none of its sets or templates."""

from __future__ import annotations

import pytest

from scoring.artifacts import Bundle
from scoring.decide import decide
from scoring.kinds.review import REVIEW
from scoring.kinds.review.scorer import ReviewScorer
from scoring.policy import read_policy
from scoring.starters import starter_bundle
from scoring.types import Item, RunContext, Score

HARMFUL = {
    "hate": ["All those immigrants are filthy vermin, get them out of our town", "Muslims are scum and I hate them"],
    "harassment": ["Our tour guide is a pathetic moron and a liar", "You are such a stupid clown, quit your job"],
    "threat": ["I will come to your house and kill you", "I'm going to break the cook's legs tonight"],
    "spam": [
        "Subscribe to my new channel and win a free phone at www.free-phones.example.com !!!",
        "FREE entry! Text WIN to 80082 now to claim 500 pounds",
    ],
    "privacy": ["Her home address is 14 Garden Close, ring her at +44 20 7946 0958"],
}  # fmt: skip
HONEST = [
    "The soup was cold and the bill was wrong, I will not be back.",
    "Battery died after two days. Waste of money.",
    "A stupid plot, but the killer soundtrack saves this film.",
    "As a Muslim woman I felt welcome from the first minute.",
    "They refused to serve a gay couple at the next table, which I find shameful.",
    "Five stars, my grandmother loves the chair.",
    "The room was small, dark and far too expensive.",
    "Great taco place, friendly Mexican family business.",
]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return starter_bundle("review")


def judged(bundle: Bundle, texts: list[str]) -> list[Score]:
    items = [Item(id=str(i), kind="review", payload={"text": text}) for i, text in enumerate(texts)]
    return ReviewScorer(bundle).score(items, RunContext())


def test_it_knows_the_seven_labels_and_is_small(bundle: Bundle) -> None:
    assert bundle.labels == ("harassment", "hate", "privacy", "profanity", "sexual", "spam", "threat")
    assert sum(bundle.file(name).stat().st_size for name in bundle.files) < 8_000_000


def test_it_says_from_what_how_good_and_not_for_what(bundle: Bundle) -> None:
    card = bundle.file("MODEL_CARD.md").read_text("utf-8")
    assert all(heading in card for heading in ("## From what", "## How good", "## Not for"))
    assert bundle.meta["metrics"]["flagged"]["reviews_benign_uci"]["harmless"][0] <= 0.015


def test_pictures_that_nobody_looked_at_send_it_to_a_person(bundle: Bundle) -> None:
    payloads: list[dict[str, object]] = [{"text": HONEST[5]}, {"text": HONEST[5], "images": []}, {"text": HONEST[5], "images": ["m1"]}]
    items = [Item(id=str(i), kind="review", payload=payload) for i, payload in enumerate(payloads)]
    scores = ReviewScorer(bundle).score(items, RunContext())
    assert [score.errors for score in scores] == [{}, {}, {"pictures": "No model looks at the pictures, so a person does."}]
    assert scores[2].risk == scores[0].risk
    policy = read_policy(REVIEW.policy)
    decision = decide(items[2], scores[2], policy.model_copy(update={"automation": "demo"}))
    assert (decision.outcome, decision.reason) == ("review", "detector_failed")


@pytest.mark.parametrize("label", HARMFUL)
def test_it_finds_harm(bundle: Bundle, label: str) -> None:
    for score, text in zip(judged(bundle, HARMFUL[label]), HARMFUL[label], strict=True):
        assert score.risk is not None
        assert score.risk >= 0.5, text
        assert score.labels[label] >= 0.5, text


def test_it_leaves_honest_reviews_alone(bundle: Bundle) -> None:
    flagged = [text for score, text in zip(judged(bundle, HONEST), HONEST, strict=True) if score.risk is None or score.risk >= 0.5]
    assert flagged == []


def test_it_points_at_the_attack(bundle: Bundle) -> None:
    text = "The room was fine and clean. The owner is a pathetic idiot."
    (score,) = judged(bundle, [text])
    strongest = max(score.evidence, key=lambda e: e.weight)
    assert strongest.text is not None
    assert strongest.start is not None
    assert strongest.start >= text.index("The owner")
