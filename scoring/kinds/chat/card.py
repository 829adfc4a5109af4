"""How a conversation is laid out: the turns around the flagged one, the account's facts, and threads that share a contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from scoring.blocks import (
    Block,
    ConversationBlock,
    Fact,
    FactsBlock,
    Link,
    LinkedItem,
    LinksBlock,
    Mark,
    NoticeBlock,
    Reason,
    ReasonsBlock,
    RelatedBlock,
    Span,
    Tone,
)  # fmt: skip
from scoring.kinds.chat.payload import own_sender
from scoring.kinds.chat.stages import stages_of
from scoring.kinds.chat.turns import turns_of
from scoring.signals.cues import contact_points
from scoring.text.shields import taken_out
from scoring.types import Evidence, Item, Json, Score

MOST_TAKEN, MOST_RELATED = 30, 5
ENDED = {"": "Waits", "allow": "Kept"}
LABEL_WORDS = {
    "scam": "scam", "off_platform": "off the platform", "harassment": "harassment", "impersonation": "impersonation", "spam": "advertising",
}  # fmt: skip
FACT_NAMES = {
    "age_days": "Account age in days", "messages_per_hour": "Messages an hour", "lifetime_orders": "Orders, ever",
    "new_recipients": "New recipients today", "reports": "Reports, ever",
}  # fmt: skip
KEY_NAMES = {"phone": "Phone number", "handle": "Handle", "email": "E-mail address", "device": "Device", "account": "Account"}
UNUSUAL: Mapping[str, tuple[Mark, float]] = {
    "age_days": ("low", 7), "messages_per_hour": ("high", 30), "lifetime_orders": ("low", 0),
    "new_recipients": ("high", 20), "reports": ("high", 1),
}  # fmt: skip


def in_words(label: str | None) -> str:
    return LABEL_WORDS.get(label or "", (label or "").replace("_", " "))


def thread_keys(item: Item) -> dict[str, str]:
    """What later threads may share: the account, its device, and the first of each contact point that it gives out."""
    account = item.payload.get("account") or {}
    own = own_sender(item.payload)
    keys: dict[str, str] = {}
    for message in item.payload["messages"]:
        if message["sender"] == own:
            for name, value in contact_points(message.get("text", "")):
                if name in KEY_NAMES:  # a site is shared by strangers
                    keys.setdefault(name, value)
    for name, found in (("account", item.actor.get("id")), ("device", account.get("device_id") or item.actor.get("device_id"))):
        if found:
            keys[name] = str(found)
    return keys


def thread_facts(item: Item) -> dict[str, Json]:
    """What is kept of a thread for later ones: its account and place, no text."""
    return {"account": str(item.actor.get("id") or own_sender(item.payload))[:200], "conversation": item.conversation}


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    """Blocks in reading order. `score` None is the blind form: no quotes, no marks."""
    blocks: list[Block] = []
    if score:
        blocks += [NoticeBlock(text=text, tone="caution") for text in dict.fromkeys(score.errors.values())]
    blocks.append(_conversation(item.payload, score))
    if score and (reasons := _reasons(score)):
        blocks.append(reasons)
    blocks.append(FactsBlock(title="Account", facts=_facts(item, score)))
    if other := [f for f in _known(item.payload.get("counterpart") or {}, None) if f.mark != "missing"]:
        blocks.append(FactsBlock(title="The other side", facts=other))
    if taken := _taken_out(item):
        blocks.append(FactsBlock(title="Taken from the talk", facts=taken))
    links = _links(item)
    if links:
        blocks.append(LinksBlock(area="context", title="Shared with earlier threads", links=links))
    if others := _others(item):
        blocks.append(RelatedBlock(title="Other talks with the same", items=others))
    return blocks


def _others(item: Item) -> list[LinkedItem]:
    """Talks that share a device or a contact; parts of the same conversation are no others."""
    mine = thread_keys(item)
    found = []
    for other in item.around.related:
        if other.steps > 1 or (item.conversation and other.facts.get("conversation") == item.conversation):
            continue
        shares = [KEY_NAMES[name].lower() for name, value in other.keys.items() if name in KEY_NAMES and mine.get(name) == value]
        ended = ENDED.get(other.ended, in_words(other.ended).capitalize())
        tone: Tone = "" if not other.ended else "good" if other.ended == "allow" else "bad"
        found.append(LinkedItem(id=other.id, name=other.name, shares=shares, ended=ended, tone=tone, at=other.at.isoformat()))
    return found[:MOST_RELATED]


def _conversation(payload: Mapping[str, Json], score: Score | None) -> ConversationBlock:
    turns = turns_of(payload)
    if score:
        # What a picture says is read for suspicious threads only, so that it was read is an opinion too.
        quotes = [e for e in score.evidence if e.type == "quote"]
        read: Mapping[str, str] = score.signals.get("picture_text") or {}
        turns = [
            replace(t, spans=_spans([e for e in quotes if e.index == t.index], t.text), read=str(read.get(str(t.index), ""))) for t in turns
        ]
    return ConversationBlock(turns=turns, stages=stages_of(turns) if score else (), total=len(payload["messages"]))


def _taken_out(item: Item) -> list[Fact]:
    return [Fact(name=kind, value=shown) for kind, shown in taken_out([t.text for t in turns_of(item.payload)])[:MOST_TAKEN]]


def _spans(quotes: Sequence[Evidence], text: str) -> list[Span]:
    spans = []
    for e in quotes:
        if e.start is not None and e.end is not None and 0 <= e.start < e.end <= len(text):
            spans.append(Span(start=e.start, end=e.end, label=in_words(e.label), weight=e.weight))
    return spans


def _facts(item: Item, score: Score | None) -> list[Fact]:
    facts = _known(item.payload.get("account") or {}, score)
    if item.reports:
        facts.append(Fact(name="Reports of this thread", value=str(item.reports)))
    return facts


def _known(account: Mapping[str, Json], score: Score | None) -> list[Fact]:
    facts = []
    for name, title in FACT_NAMES.items():
        value = account.get(name)
        mark: Mark = "missing" if value is None else _mark(name, value) if score else ""
        facts.append(Fact(name=title, value="Not known" if value is None else f"{value:g}", mark=mark))
    return facts


def _reasons(score: Score) -> ReasonsBlock | None:
    """Facts of the account that moved the score; what was said is marked in the turns themselves."""
    names = {**FACT_NAMES, "shared_threads": "Earlier threads with the same contact"}
    found = [e for e in score.evidence if e.type == "contribution" and e.field in names]
    reasons = [Reason(name=names[e.field or ""], weight=e.weight, value=_number(e.value)) for e in found]
    if not reasons:
        return None
    return ReasonsBlock(
        title="What is known of the account", speaks_for=[r for r in reasons if r.weight > 0],
        speaks_against=[r for r in reasons if r.weight < 0],
    )  # fmt: skip


def _number(value: Json) -> str:
    return f"{value:g}" if isinstance(value, int | float) else ""


def _mark(name: str, value: float) -> Mark:
    mark, limit = UNUSUAL[name]
    return mark if (value <= limit if mark == "low" else value >= limit) else ""


def _links(item: Item) -> list[Link]:
    counts: Counter[str] = Counter()
    keys = thread_keys(item)
    others = [e for e in item.past if item.conversation is None or e.facts.get("conversation") != item.conversation]
    for event in others:
        counts.update(name for name, value in keys.items() if event.keys.get(name) == value)
    return [Link(attribute=KEY_NAMES.get(name, name), value=_shorten(keys[name]), others=counts[name]) for name in keys if counts[name]]


def _shorten(value: str) -> str:
    return value if len(value) <= 24 else value[:23] + "…"
