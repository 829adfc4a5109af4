"""Conversations: what is measured, how it is scored and quoted, how the case looks, and the kind's contract."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scoring.blocks import ConversationBlock, FactsBlock, LinksBlock, ReasonsBlock
from scoring.calibration import logit
from scoring.decide import decide
from scoring.kind import Split, TrainOptions
from scoring.kinds.chat import CHAT, closer
from scoring.kinds.chat import scorer as scorer_module
from scoring.kinds.chat.evidence import quote
from scoring.kinds.chat.model import views
from scoring.kinds.chat.payload import own_sender
from scoring.kinds.chat.scorer import ChatScorer
from scoring.media.errors import MediaError
from scoring.policy import read_policy
from scoring.signals.conversation import CONVERSATION_FEATURES, LAST, measure, own_text, thread_text
from scoring.signals.cues import CUES, contact_points, find_cues
from scoring.signals.encoder_source import EncoderError
from scoring.signals.rules import lint
from scoring.starters import starter_bundle
from scoring.testing import check_kind
from scoring.training.starters.chat import generate
from scoring.training.starters.chat_talk import LABELS, converse, expand, read_lines, read_scripts, shop_talk
from scoring.types import Item, PastEvent, RunContext, Score, as_json

HONEST = [
    ("anna", "Hi, is the lamp still available?"),
    ("bert", "Yes it is, would you like to collect it?"),
    ("anna", "Saturday at ten works for me"),
]
SCAM = [
    ("anna", "Hi, is the phone still available?"),
    ("bert", "Yes dear. I am abroad, so first pay a refundable courier fee of $50 by Western Union"),
    ("anna", "Can I not pay through the site?"),
    ("bert", "The site takes too much. Please hurry and send it now, many people want it"),
]
ABUSE = [("anna", "Sorry, it is sold"), ("bert", "You are a pathetic liar and a stupid idiot. I know where you live")]
SUPPORT = [("bert", "This is the support team. Your account is suspended, send me the 6-digit code immediately to unlock it")]


def item(turns: list[tuple[str, str]], **changes: Any) -> Item:
    payload = {"messages": [{"sender": s, "text": t} for s, t in turns], **changes}
    return Item(id="t1", kind="chat", payload=CHAT.parse(payload), conversation="t1")


@pytest.fixture(scope="module")
def starter() -> ChatScorer:
    return ChatScorer(starter_bundle("chat"))


def score(starter: ChatScorer, one: Item, **options: Any) -> Score:
    return starter.score([one], RunContext(options=options))[0]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"messages": []}, "messages"), ({}, "messages"), ({"messages": [{"sender": "a", "text": 3}]}, "messages"),
        ({"messages": [{"text": "x"}]}, "messages"), ({"messages": [{"sender": "a"}], "account": {"age_days": -1}}, "account"),
        ({"messages": [{"sender": "a"}], "flagged_index": -1}, "flagged_index"),
        ({"messages": [{"sender": "a", "sent_at": "soon"}]}, "messages"), ({"messages": [{"sender": "a"}] * 501}, "messages"),
    ],
)  # fmt: skip
def test_it_refuses_bad_payloads_with_the_field(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CHAT.parse(payload)
    assert caught.value.errors()[0]["loc"][0] == field


def test_it_refuses_a_flag_on_no_message() -> None:
    with pytest.raises(ValidationError, match="flagged_index is 3"):
        item(HONEST, flagged_index=3)


def test_it_knows_who_is_under_review() -> None:
    assert own_sender(item(HONEST).payload) == "anna"
    assert own_sender(item(HONEST, flagged_index=1).payload) == "bert"
    assert own_sender(item(HONEST, flagged_index=0, account={"sender": "bert"}).payload) == "bert"
    assert [v.own for v in views(item(HONEST))] == ["anna", "bert"]
    assert [v.own for v in views(item(HONEST, flagged_index=1))] == ["bert"]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("please pay me directly by bank transfer", "off_platform_payment"), ("let us continue on WhatsApp", "off_platform_contact"),
        ("Send it right now", "urgency"), ("tell me the verification code", "private_data"), ("a refundable courier fee", "advance_fee"),
        ("this is the security team", "impersonation"), ("you are such an idiot", "harassment"), ("check out my channel", "promotion"),
        ("see www.dealhub.top/win", "link"), ("call +44 7700 900123", "phone"), ("find me @anna_b", "handle"), ("a.b@dealhub.com", "email"),
        ("take a gift card", "payment_word"),
    ],
)  # fmt: skip
def test_it_finds_cues_with_their_place(text: str, cue: str) -> None:
    found = [c for c in find_cues(text) if c.name == cue]
    assert found
    assert text[found[0].start : found[0].end].strip()


@pytest.mark.parametrize(
    "text",
    [
        "Is the lamp still there?", "I bought 2 chairs for 40 euros", "The support page says five days", "Delivery takes 3-5 days",
        "it is a 1200 x 800 mm desk", "look: https://shop.example.com/images/I/81l2Y3.jpg?t=1643806615",
    ],
)  # fmt: skip
def test_it_finds_no_cue_in_plain_talk(text: str) -> None:
    assert find_cues(text) == []


def test_it_scans_hostile_text_in_bounded_steps() -> None:
    for text in ("a" * 20_000, "1 " * 10_000, "@" * 20_000, "pay " * 5_000, "a.b" * 6_000 + "@", "(" * 20_000):
        assert len(find_cues(text)) < 3_000


def test_it_folds_contact_points() -> None:
    assert dict(contact_points("call +44 7700 900-123 or @Anna.B, Anna@Nordwind.com")) == {
        "phone": "447700900123", "handle": "@anna.b", "email": "anna@nordwind.com",
    }  # fmt: skip


def test_it_measures_both_sides_up_to_the_flag() -> None:
    values = measure(item(SCAM).payload, "bert")
    assert set(values) == set(CONVERSATION_FEATURES)
    assert values["own_advance_fee"] > 0
    assert values["other_advance_fee"] == 0
    before = measure(item(SCAM, flagged_index=0).payload, "bert")
    assert before["own_advance_fee"] == 0
    long = item([("a", str(i)) for i in range(200)])
    assert len(own_text(long.payload, "a").splitlines()) == LAST
    assert thread_text(item(HONEST).payload, "anna").startswith("me: Saturday")
    assert len({f"own_{c}" for c in CUES} & set(values)) == len(CUES)


@pytest.mark.parametrize(
    ("turns", "label"), [(SCAM, "scam"), (ABUSE, "harassment"), (SUPPORT, "impersonation")]
)  # fmt: skip
def test_it_tells_harm_from_honest_talk_and_quotes_it(starter: ChatScorer, turns: list[tuple[str, str]], label: str) -> None:
    bad, good = score(starter, item(turns, account={"sender": "bert"})), score(starter, item(HONEST, account={"sender": "anna"}))
    assert bad.risk is not None
    assert good.risk is not None
    assert good.risk < 0.1 < 0.5 < bad.risk
    assert bad.labels[label] > 0.3
    quotes = [e for e in bad.evidence if e.type == "quote"]
    assert quotes
    for e in quotes:
        assert e.index is not None
        assert turns[e.index][0] == "bert"
        assert turns[e.index][1][e.start : e.end] == e.text
    spans = sorted((e.index or 0, e.start or 0, e.end or 0) for e in quotes)
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))


def test_it_does_not_blame_the_victim(starter: ChatScorer) -> None:
    blamed, victim = (score(starter, item(SCAM, account={"sender": who})).risk for who in ("bert", "anna"))
    assert blamed is not None
    assert victim is not None
    assert victim < 0.3 < blamed
    assert score(starter, item(SCAM)).risk == pytest.approx(blamed, abs=0.02)  # nobody named: the worse side counts


def test_leaving_out_what_it_quotes_lowers_the_score(starter: ChatScorer) -> None:
    one = item(SCAM, account={"sender": "bert"})
    told = starter.explain([one], RunContext())[0]
    messages = [dict(m) for m in one.payload["messages"]]
    for e in sorted((e for e in told.evidence if e.type == "quote"), key=lambda e: -(e.start or 0)):
        text = messages[e.index or 0]["text"]
        messages[e.index or 0]["text"] = text[: e.start] + text[e.end or 0 :]
    masked = score(starter, replace(one, payload={**one.payload, "messages": messages}))
    assert masked.risk is not None
    assert told.risk is not None
    assert logit(masked.risk) < logit(told.risk) - 2


def test_its_explanation_is_fuller(starter: ChatScorer) -> None:
    one = item(SCAM, account={"sender": "bert", "age_days": 1, "messages_per_hour": 60, "lifetime_orders": 0})
    brief, full = score(starter, one), starter.explain([one], RunContext())[0]
    facts = {e.field for e in brief.evidence if e.type == "contribution"}
    assert facts <= {"age_days", "messages_per_hour", "lifetime_orders", "shared_threads"}
    assert len(full.evidence) > len(brief.evidence)
    assert full.risk == pytest.approx(brief.risk)


def test_a_new_fast_account_is_more_suspicious(starter: ChatScorer) -> None:
    text = [("bert", "hello, please write me on whatsapp about the phone")]
    new = score(starter, item(text, account={"sender": "bert", "age_days": 1, "messages_per_hour": 60, "lifetime_orders": 0})).risk
    old = score(starter, item(text, account={"sender": "bert", "age_days": 2000, "messages_per_hour": 1, "lifetime_orders": 80})).risk
    assert new is not None
    assert old is not None
    assert new > old


def test_its_gate_is_a_rule_in_the_policy(starter: ChatScorer) -> None:
    policy = read_policy(CHAT.policy)
    assert [lint(r.when) for r in policy.rules] == [[]] * len(policy.rules)
    facts = {"sender": "bert", "age_days": 1, "messages_per_hour": 60, "lifetime_orders": 0}
    gated, known = item(SCAM, account=facts), item(SCAM, account={**facts, "lifetime_orders": 80, "age_days": 900})
    first = decide(gated, Score(risk=0.9, labels={"scam": 0.85}), policy)
    assert (first.outcome, first.rule, first.action) == ("enforce", "new-account-scam", "restrict")
    second = decide(known, Score(risk=0.99, labels={"scam": 0.99}), policy)
    assert (second.outcome, second.rule) == ("review", "established-account")
    asked = decide(item(SUPPORT), score(starter, item(SUPPORT)), policy)
    assert asked.rule == "code-request-by-support"


def test_it_names_bad_items_and_goes_on(starter: ChatScorer) -> None:
    broken = replace(item(HONEST), payload={"messages": [{"sender": "a", "text": "\ud83d"}]})
    scores = starter.score([item(SCAM), broken, item(HONEST)], RunContext())
    assert scores[1].risk is None
    assert "conversation" in scores[1].errors
    assert scores[0].risk == pytest.approx(score(starter, item(SCAM)).risk)


def test_it_goes_on_without_the_encoder_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(bundle: object) -> Any:
        raise EncoderError("no weights")

    monkeypatch.setattr(scorer_module, "encoder_for", gone)
    found = score(ChatScorer(starter_bundle("chat")), item(SCAM))
    assert found.risk is not None
    assert "encoder" in found.errors
    calm = replace(found, risk=0.001, labels=dict.fromkeys(found.labels, 0.001), signals={})
    assert decide(item(SCAM), calm, read_policy(CHAT.policy)).reason == "detector_failed"


def test_it_reads_pictures_of_suspicious_threads_only(starter: ChatScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def words(one: Item, context: RunContext) -> tuple[dict[int, str], dict[str, str]]:
        read.append(one.id)
        return {1: "send five gift cards by Western Union right now"}, {}

    monkeypatch.setattr(scorer_module, "read_pictures", words)
    pictured = [{"sender": s, "text": t, "image": "m1"} for s, t in SCAM]
    calm = [{"sender": s, "text": t, "image": "m1"} for s, t in HONEST]
    bad = replace(item(SCAM), id="bad", payload=CHAT.parse({"messages": pictured, "account": {"sender": "bert"}}))
    good = replace(item(HONEST), id="good", payload=CHAT.parse({"messages": calm, "account": {"sender": "anna"}}))
    scores = starter.score([good, bad], RunContext())
    assert read == ["bad"]
    assert "gift cards" in scores[1].signals["picture_text"]["1"]
    for e in scores[1].evidence:
        assert e.type != "quote" or SCAM[e.index or 0][1][e.start : e.end] == e.text


def test_it_says_when_a_picture_could_not_be_read(starter: ChatScorer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise MediaError("It is damaged.")

    monkeypatch.setattr(closer, "sample_frames", fail)
    (tmp_path / "m1").write_bytes(b"x")
    messages = [{"sender": s, "text": t, "image": "m1"} for s, t in SCAM]
    one = replace(item(SCAM), payload=CHAT.parse({"messages": messages, "account": {"sender": "bert"}}))
    found = starter.score([one], RunContext(media_root=tmp_path))[0]
    assert found.errors["ocr"] == "A picture in the thread could not be read: It is damaged."
    assert found.risk is not None


def test_a_picture_without_words_that_was_not_read_is_a_persons_case(starter: ChatScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def pictured(turns: list[tuple[str, str]], text: str) -> Item:
        messages = [*({"sender": s, "text": t} for s, t in turns), {"sender": turns[-1][0], "text": text, "image": "m1"}]
        return replace(item(turns), payload=CHAT.parse({"messages": messages, "account": {"sender": turns[-1][0]}}))

    told = {"pictures": "A picture without words was not read, so a person looks."}
    calm, worded = starter.score([pictured(HONEST, " "), pictured(HONEST, "Here it is")], RunContext())
    assert calm.risk is not None
    assert (calm.errors, worded.errors) == (told, {})
    monkeypatch.setattr(scorer_module, "read_pictures", lambda one, context: ({4: "pay by gift card"}, {}))
    assert "pictures" not in starter.score([pictured(SCAM, "")], RunContext())[0].errors
    monkeypatch.setattr(scorer_module, "read_pictures", lambda one, context: ({}, {}))
    assert starter.score([pictured(SCAM, "")], RunContext())[0].errors == told


@pytest.mark.parametrize(
    ("text", "part", "whole"),
    [
        ("write me on whatsapp +491512345678 now", "whatsapp +4", "whatsapp +491512345678"),
        ("call 0151234 now", "51234", "0151234"), ("so pay, then", "pay", "pay"), ("ring +49", "49", "+49"),
        ("pay 1,250.50, now", "250", "1,250.50"), ("ring 0151-234-567.", "0151-2", "0151-234-567"),
    ],
)  # fmt: skip
def test_a_quote_cuts_no_word_or_number(text: str, part: str, whole: str) -> None:
    view = views(item([("bert", text)]))[0]
    start = text.index(part)
    found = quote(view, 0, start, start + len(part), "scam", 1.0)
    assert found.text == whole
    assert text[found.start : found.end] == whole


def test_its_quotes_hold_whole_numbers(starter: ChatScorer) -> None:
    turns = [("bert", "Yes dear, pay by gift card and write me on whatsapp +491512345678 to send the code")]
    found = [e for e in starter.explain([item(turns)], RunContext())[0].evidence if e.type == "quote"]
    assert any("+491512345678" in (e.text or "") for e in found)
    assert all(not (turns[0][1] + " ")[e.end or 0].isalnum() for e in found)


def test_it_links_threads_by_contact_and_device(starter: ChatScorer) -> None:
    turns = [("bert", "hello, about the bike: write me at +44 7700 900123")]
    one = replace(item(turns, account={"device_id": "d1"}), actor={"id": "u2"})
    assert CHAT.keys(one) == {"phone": "447700900123", "account": "u2", "device": "d1"}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    shared = {"phone": "447700900123"}
    past = tuple(PastEvent(id=f"e{i}", at=at, keys=shared, facts={"account": f"u{i + 10}", "conversation": f"c{i}"}) for i in range(4))
    later = replace(one, past=past)
    links = next(b for b in CHAT.card(later, None) if isinstance(b, LinksBlock))
    assert [(link.attribute, link.others) for link in links.links] == [("Phone number", 4)]
    assert score(starter, later).signals["shared_threads"] == 4
    assert score(starter, one).signals["shared_threads"] == 0


def test_its_card_shows_the_turns_around_the_flag_and_marks_only_with_a_score(starter: ChatScorer) -> None:
    turns = [("anna" if i % 2 else "bert", f"line {i}") for i in range(60)]
    turns[30] = SCAM[1]
    one = item(turns, flagged_index=30, account={"sender": "bert", "age_days": 2, "messages_per_hour": 90, "new_recipients": 40})
    blind = CHAT.card(one, None)
    block = blind[0]
    assert isinstance(block, ConversationBlock)
    assert [t.index for t in block.turns] == list(range(10, 51))
    assert [t.index for t in block.turns if t.flagged] == [30]
    assert all(t.own == (t.sender == "bert") for t in block.turns)
    assert not any(t.spans for t in block.turns)
    assert not any(isinstance(b, ReasonsBlock) for b in blind)
    facts = next(b for b in blind if isinstance(b, FactsBlock))
    assert facts.facts[0].value == "2"
    open_ = CHAT.card(one, score(starter, one))
    shown = open_[0]
    assert isinstance(shown, ConversationBlock)
    assert any(t.spans for t in shown.turns)
    reasons = next(b for b in open_ if isinstance(b, ReasonsBlock))
    assert ("Messages an hour", "90") in {(r.name, r.value) for r in (*reasons.speaks_for, *reasons.speaks_against)}


def test_its_headline_is_one_short_line() -> None:
    assert CHAT.headline(item(SCAM, flagged_index=1).payload).startswith("Yes dear.")
    assert CHAT.headline(item([("a", "x\ny " * 100)]).payload).count("\n") == 0
    assert len(CHAT.headline(item([("a", "word " * 100)]).payload)) <= 120
    silent = {"sender": "a", "image": "m"}
    assert CHAT.headline(CHAT.parse({"messages": [silent]})) == "1 message without text"
    assert CHAT.headline(CHAT.parse({"messages": [silent, silent]})) == "2 messages without text"


def test_its_generator_is_repeatable_and_complete() -> None:
    assert [as_json(e) for e in generate(30, 5)] == [as_json(e) for e in generate(30, 5)]
    examples = generate(400, 6)
    assert all(any(e.labels[label] for e in examples) for label in LABELS)
    assert any(not any(e.labels.values()) for e in examples)
    rng = random.Random(0)
    for script in read_scripts():
        told = " ".join(text for _, text in converse(script, rng))
        assert not set("{}[]|") & set(told)
    pools = read_lines()
    assert all(not set("{}[]") & set(expand(line, rng)) for line in [*pools["c"], *pools["s"]])
    assert len(shop_talk(pools, 12, rng)) == 12


def test_it_trains_on_any_labels_without_the_encoder(tmp_path: Path) -> None:
    examples = [replace(e, labels={"fraud": int(any(e.labels.values())), "ham": int(not any(e.labels.values()))}) for e in generate(120, 8)]
    options = TrainOptions(seed=1, version="t", parameters={"encoder": False, "max_features": 2000})
    bundle = CHAT.load_trainer("quick")(Split(train=examples[:90], tune=examples[90:]), tmp_path / "m", options)
    assert bundle.labels == ("fraud",)
    bad, good = CHAT.load_scorer(bundle).score([item(SCAM), item(HONEST)], RunContext())
    assert set(bad.labels) == {"fraud"}
    assert bad.risk is not None
    assert good.risk is not None
    assert bad.risk > good.risk


def test_it_keeps_the_contract_of_a_kind(tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [
        {"id": e.item.id, "payload": as_json(e.item.payload), "labels": dict(e.labels), "group": e.group, "actor": {"id": f"u{i % 7}"},
         "created_at": start.replace(minute=i % 60, hour=i // 60).isoformat()}
        for i, e in enumerate(generate(28, 21))
    ]  # fmt: skip
    check_kind(CHAT, lines, folder=tmp_path, parameters={"max_features": 2000})
