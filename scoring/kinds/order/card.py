"""How an order looks on the review screen: what hangs on it, what it shares with other orders, its facts, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.blocks import Block, NoticeBlock, Reason, ReasonsBlock
from scoring.kinds.order.facts import fact_blocks
from scoring.kinds.order.keys import placed_at
from scoring.kinds.order.linked import links_block
from scoring.kinds.order.stakes import money, stakes, stakes_block
from scoring.kinds.order.wording import shorten
from scoring.types import Item, Json, Score

FOR_MAX, AGAINST_MAX = 5, 3


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    blocks: list[Block] = [stakes_block(item), links_block(item), *fact_blocks(item)]
    if not item.past and placed_at(item) is not None:
        blocks.append(NoticeBlock(text="Nothing earlier shares an attribute with this order, so there is no habit to compare it with."))
    if score is not None:
        blocks += [NoticeBlock(text=sentence, tone="caution") for sentence in score.errors.values()]
        if (reasons := _reasons(score)) is not None:
            blocks.append(reasons)
    return blocks


def headline(payload: Mapping[str, Json]) -> str:
    """"129.00 EUR by user 8 at merchant 17348"."""
    amount = stakes(payload)
    parts = ["Amount not known" if amount is None else money(payload, amount)]
    for field, word in (("user_id", "by"), ("merchant_id", "at")):
        if value := payload.get(field):
            parts.append(f"{word} {shorten(str(value), 24)}")
    return " ".join(" ".join(parts).split())[:120] or "Order"


def searchable_text(payload: Mapping[str, Json]) -> str:
    fields = ("user_id", "email", "device_id", "ip", "card_hash", "card_bin", "merchant_id")
    parts = [str(payload[name]) for name in fields if payload.get(name)]
    for place in ("billing", "shipping"):
        parts += [str(v) for v in (payload.get(place) or {}).values() if isinstance(v, str)]
    parts += [str(line["name"]) for line in payload.get("items") or () if line.get("name")]
    return " ".join(parts)


def _reasons(score: Score) -> ReasonsBlock | None:
    told = [(e.weight, *(e.text or str(e.field)).partition(": ")[::2]) for e in score.evidence if e.type == "contribution"]
    if not told:
        return None
    speaks_for = [Reason(name=name, weight=w, value=value) for w, name, value in told if w > 0][:FOR_MAX]
    against = [Reason(name=name, weight=w, value=value) for w, name, value in told if w < 0][:AGAINST_MAX]
    sentence = (score.extra.get("counterfactual") or {}).get("sentence", "")
    return ReasonsBlock(speaks_for=speaks_for, speaks_against=against, counterfactual=sentence)
