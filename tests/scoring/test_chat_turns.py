"""A conversation as it is drawn: gaps and ages in words, steps from the cues, what the film and the talk show before any opinion."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scoring.blocks import ConversationBlock, FactsBlock, FramesBlock, RelatedBlock
from scoring.kinds.chat import CHAT
from scoring.kinds.chat.stages import stages_of
from scoring.kinds.chat.turns import age_words, gap_words, turns_of
from scoring.kinds.video import VIDEO
from scoring.types import Around, Evidence, Item, RelatedItem, Score

WHEN = datetime(2026, 11, 21, tzinfo=UTC)


def talk(*texts: tuple[str, str], **more: Any) -> dict[str, Any]:
    return CHAT.parse({"messages": [{"sender": who, "text": text} for who, text in texts], **more})


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-20T19:00:00Z", "2026-11-20T19:59:59Z", ""),
        ("2026-11-20T19:00:00Z", "2026-11-20T20:00:00Z", "1 hour later"),
        ("2026-11-20T19:02:00Z", "2026-11-21T09:10:00Z", "14 hours later"),
        ("2026-11-20T19:00:00Z", "2026-11-23T19:00:00Z", "3 days later"),
        ("2026-11-20T19:00:00", "2026-12-20T19:00:00Z", "4 weeks later"),
        ("2026-11-20T19:00:00Z", "2026-11-19T19:00:00Z", ""),
        (None, "2026-11-20T19:00:00Z", ""),
        ("soon", "2026-11-20T19:00:00Z", ""),
    ],
)
def test_it_says_a_long_gap_in_words(start: str | None, end: str, words: str) -> None:
    assert gap_words({"sent_at": start}, {"sent_at": end}) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "account new today"), (2, "account 2 days old"), (1, "account 24 hours old"), (1500, "account 4 years old"), (None, "")],
)
def test_it_says_how_old_an_account_is(days: float | None, words: str) -> None:
    assert age_words({"age_days": days}) == words


def test_it_finds_the_step_that_a_talk_has_reached() -> None:
    calm = turns_of(talk(("bert", "Is it there?"), ("anna", "Yes, come by on Friday."), flagged_index=1))
    assert [(s.title, s.index, s.last) for s in stages_of(calm)] == [
        ("Contact", 1, True), ("Trust", None, False), ("Ask", None, False), ("Leaves the platform", None, False),
    ]  # fmt: skip
    bad = turns_of(talk(("anna", "Hello"), ("bert", "Hi"), ("anna", "Pay me by gift card, outside the app, on telegram"), flagged_index=2))
    assert [(s.index, s.last) for s in stages_of(bad)] == [(0, False), (None, False), (2, False), (2, True)]


def test_its_steps_and_what_a_picture_says_wait_for_the_score() -> None:
    item = Item(id="1", kind="chat", payload=talk(("anna", "Pay the courier fee first"), flagged_index=0))
    blind = CHAT.card(item, None)[0]
    assert isinstance(blind, ConversationBlock)
    assert blind.stages == ()
    shown = CHAT.card(item, Score(risk=0.5, signals={"picture_text": {"0": "VOUCHER"}}))[0]
    assert isinstance(shown, ConversationBlock)
    assert len(shown.stages) == 4
    assert [t.read for t in (*blind.turns, *shown.turns)] == ["", "VOUCHER"]


def test_it_offers_other_talks_but_not_its_own() -> None:
    payload = talk(("anna", "call +49 30 5550 199"), flagged_index=0)
    keys = CHAT.keys(Item(id="1", kind="chat", payload=payload))
    others = [
        RelatedItem(id=str(n), name=f"talk-{n}", at=WHEN, keys=keys, facts={"conversation": place}, ended=ended)
        for n, (place, ended) in enumerate([("t-1", "allow"), ("t-2", "restrict"), ("t-3", "")])
    ]
    item = Item(id="9", kind="chat", payload=payload, conversation="t-1", around=Around(related=others))
    block = next(b for b in CHAT.card(item, None) if isinstance(b, RelatedBlock))
    assert [(o.name, o.shares, o.ended, o.tone) for o in block.items] == [
        ("talk-1", ["phone number"], "Restrict", "bad"), ("talk-2", ["phone number"], "Waits", ""),
    ]  # fmt: skip


def test_it_lists_what_the_talk_gives_away_masked() -> None:
    item = Item(id="1", kind="chat", payload=talk(("anna", "call +49 30 5550 199 or see a.example"), flagged_index=0))
    block = next(b for b in CHAT.card(item, None) if isinstance(b, FactsBlock) and b.title == "Taken from the talk")
    assert [(f.name, f.value) for f in block.facts] == [("Phone number", "+•• •• •••• •99"), ("Link", "a[.]example")]


def test_a_film_shows_what_was_read_before_any_opinion_and_heat_only_with_it() -> None:
    measured = {
        "strip": [{"t": 0.0, "image": "m/strip/0.jpg"}], "transcript": [{"t": 0.0, "text": "SALE"}], "duration_s": 4.0,
        "flashes": {"parts": [[1.0, 2.0]], "upto": None, "rate": 25.0},
    }  # fmt: skip
    item = Item(id="1", kind="video", payload={"media": "m"}, around=Around(measured=measured))
    blind = next(b for b in VIDEO.card(item, None) if isinstance(b, FramesBlock))
    assert [line.text for line in blind.lines] == ["SALE"]
    assert (blind.flashes, blind.flashes_known, blind.rate, blind.heat, blind.known) == ([(1.0, 2.0)], True, 25.0, [], "")
    assert all(frame.score is None and not frame.label for frame in blind.frames)
    score = Score(risk=0.8, signals={"bank_checked": True}, evidence=[Evidence(type="frame", t=0.0, label="violence", weight=0.8)])
    shown = next(b for b in VIDEO.card(item, score) if isinstance(b, FramesBlock))
    assert shown.heat == [(0.0, 0.8)]
    assert shown.known == "No match among the known content"
    unread = next(b for b in VIDEO.card(replace(item, around=Around()), None) if isinstance(b, FramesBlock))
    assert unread.flashes_known is False
