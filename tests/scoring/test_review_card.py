"""Payload, card and policy of reviews."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from scoring.blocks import FactsBlock, LinksBlock, NoticeBlock, TextBlock
from scoring.decide import decide
from scoring.kinds.review import REVIEW
from scoring.policy import read_policy
from scoring.types import Evidence, Item, PastEvent, Score, as_json

SCORE = Score(
    risk=0.9, labels={"harassment": 0.9}, errors={"encoder": "The sentence encoder failed."},
    evidence=[Evidence(type="span", label="harassment", weight=1.5, field="text", start=10, end=15, text="idiot")],
)  # fmt: skip


def item(**payload: object) -> Item:
    past = [PastEvent(id="p", at=datetime(2026, 1, 1, tzinfo=UTC), keys={"author": "a1", "subject": "other"})]
    parsed = REVIEW.parse({"text": "You utter idiot", **payload})
    return Item(id="1", kind="review", payload=parsed, actor={"id": "a1", "reviews": 3}, past=past)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "text"),
        ({"text": "  \n"}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "ok", "rating": 6}, "rating"),
        ({"text": "ok", "language": "no language"}, "language"),
        ({"text": "ok", "images": [""]}, "images"),
        ({"text": 3}, "text"),
    ],
)
def test_it_refuses_bad_payloads_with_the_field(payload: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        REVIEW.parse(payload)
    assert caught.value.errors()[0]["loc"][0] == field


def test_it_keeps_unknown_fields_and_white_space() -> None:
    assert REVIEW.parse({"text": " ok ", "shop": 4}) == {"text": " ok ", "images": [], "shop": 4}


def test_it_names_an_author_once_whose_name_is_their_id() -> None:
    for name, told in (("a1", ["a1"]), ("Ann", ["a1", "Ann"])):
        blocks = REVIEW.card(replace(item(), actor={"id": "a1", "name": name}), None)
        facts = next(b for b in blocks if isinstance(b, FactsBlock)).facts
        assert [fact.value for fact in facts] == told


def test_it_draws_the_text_with_what_moved_the_score() -> None:
    blocks = REVIEW.card(item(title="So y\u043eu know", rating=1, subject="Kettle Lane Tearoom"), SCORE)
    title, text = (b for b in blocks if isinstance(b, TextBlock))
    assert (title.normalised, [s.label for s in title.hidden]) == ("So you know", ["Look-alike letter"])
    assert [(s.start, s.end, s.label) for s in text.spans] == [(10, 15, "Personal attack")]
    assert (text.meta, text.rating, text.normalised) == ("1 of 5 stars · Kettle Lane Tearoom", 1.0, None)
    assert [b.text for b in blocks if isinstance(b, NoticeBlock)] == ["The sentence encoder failed."]
    facts = next(b for b in blocks if isinstance(b, FactsBlock)).facts
    assert {f.name: f.value for f in facts} == {"Author": "a1", "Reviews, ever": "3"}
    links = next(b for b in blocks if isinstance(b, LinksBlock)).links
    assert [(link.attribute, link.others) for link in links] == [("Author", 1)]


def test_it_shows_nothing_of_the_score_when_blind() -> None:
    blind = REVIEW.card(item(rating=1), None)
    assert not any(isinstance(b, NoticeBlock) for b in blind)
    assert all(b.spans == () for b in blind if isinstance(b, TextBlock))
    assert "0.9" not in str(as_json(list(blind)))


def test_it_shares_author_and_subject() -> None:
    assert REVIEW.keys(item(subject="Tearoom")) == {"author": "a1", "subject": "Tearoom"}


def test_it_has_a_clause_for_every_key_and_says_that_it_is_a_demo() -> None:
    policy = read_policy(REVIEW.policy)
    assert [c.key for c in policy.clauses] == list("12345678")
    assert all(len(c.breaks) == 2 and len(c.keeps) == 2 and c.test.endswith("?") for c in policy.clauses)
    assert policy.automation == "demo"
    assert "Demo" in policy.note


def scored(risk: float, hate: float = 0.0, **signals: object) -> Score:
    labels = {"hate": hate, "threat": 0.0, "harassment": 0.01, "sexual": 0.0, "spam": 0.0}
    return Score(risk=risk, labels=labels, signals=signals)


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (scored(0.01, hidden_characters=0), "allow"),
        (scored(0.99, hate=0.99), "enforce"),
        (scored(0.4, hate=0.4), "review"),
        (scored(0.01, out_of_scope=True), "review"),
        (scored(0.01, phones=1), "review"),
        (scored(0.01, hidden_characters=5), "review"),
    ],
)
def test_it_decides_by_the_demo_policy(score: Score, outcome: str) -> None:
    assert decide(item(), score, read_policy(REVIEW.policy)).outcome == outcome
