"""How a conversation is laid out: the turns around the flagged one, the account's facts, and threads that share a contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from scoring.blocks import Block, ConversationBlock, Fact, FactsBlock, Link, LinksBlock, Mark, NoticeBlock, Reason, ReasonsBlock, Span, Turn
from scoring.kinds.chat.payload import own_sender
from scoring.signals.cues import contact_points
from scoring.types import Evidence, Item, Json, Score

AROUND = 20  # turns shown before and after the flagged one
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
    links = _links(item)
    if links:
        blocks.append(LinksBlock(area="context", title="Shared with earlier threads", links=links))
    return blocks


def _conversation(payload: Mapping[str, Json], score: Score | None) -> ConversationBlock:
    messages, flagged = payload["messages"], payload.get("flagged_index")
    centre = len(messages) - 1 if flagged is None else flagged
    first, last = max(0, centre - AROUND), min(len(messages), centre + AROUND + 1)
    own = own_sender(payload)
    quotes = [e for e in (score.evidence if score else ()) if e.type == "quote"]
    turns = [
        Turn(
            index=i, sender=m["sender"], own=m["sender"] == own, text=m.get("text", ""), at=m.get("sent_at") or "", image=m.get("image"),
            flagged=i == flagged, spans=_spans([e for e in quotes if e.index == i], m.get("text", "")),
        )
        for i, m in enumerate(messages[first:last], first)
    ]  # fmt: skip
    hidden = len(messages) - len(turns)
    return ConversationBlock(title=f"Conversation ({hidden} further messages)" if hidden else "Conversation", turns=turns)


def _spans(quotes: Sequence[Evidence], text: str) -> list[Span]:
    spans = []
    for e in quotes:
        if e.start is not None and e.end is not None and 0 <= e.start < e.end <= len(text):
            spans.append(Span(start=e.start, end=e.end, label=in_words(e.label), weight=e.weight))
    return spans


def _facts(item: Item, score: Score | None) -> list[Fact]:
    account = item.payload.get("account") or {}
    facts = []
    for name, title in FACT_NAMES.items():
        value = account.get(name)
        mark: Mark = "missing" if value is None else _mark(name, value) if score else ""
        facts.append(Fact(name=title, value="Not known" if value is None else f"{value:g}", mark=mark))
    if item.reports:
        facts.append(Fact(name="Reports of this thread", value=str(item.reports)))
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
