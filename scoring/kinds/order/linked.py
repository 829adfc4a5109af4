"""Which attributes an order shares, and with which other orders, at most two orders away."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.blocks import Link, LinkedItem, LinksBlock, Tone
from scoring.kinds.order.keys import KEYS, number, shared_keys
from scoring.kinds.order.stakes import money
from scoring.kinds.order.wording import NOUNS, plural, shorten
from scoring.types import Item, RelatedItem

LINKED_BY = ("device", "card", "address", "email", "user", "ip")  # what one hand shares; a merchant is shared by strangers
ENDED: dict[str, tuple[str, Tone]] = {
    "": ("Waits", ""), "allow": ("Released", "good"), "cancel": ("Cancelled", "bad"), "hold": ("Held", "warn"),
    "verify": ("Held, to verify", "warn"), "chargeback": ("Charged back", "bad"), "refund": ("Refunded", "warn"),
    "complaint": ("Complained about", "warn"), "confirmed": ("Confirmed", "good"),
}  # fmt: skip


def links_block(item: Item) -> LinksBlock:
    keys = shared_keys(item)
    links = []
    for key in KEYS:
        if key not in keys:
            continue
        sharing = [e for e in item.past if e.keys.get(key) == keys[key]]
        payers = {e.keys["user"] for e in sharing if "user" in e.keys} - {keys.get("user", "")}
        note = f"{len(payers)} other {'payer' if len(payers) == 1 else plural('payer')}" if payers and key != "user" else ""
        links.append(Link(attribute=_noun(key), value="" if key == "address" else shorten(keys[key]), others=len(sharing), note=note))
    return LinksBlock(
        title="What it shares with other orders", note="At most two orders away", this="This order", links=links, linked=_linked(item)
    )  # fmt: skip


def _linked(item: Item) -> list[LinkedItem]:
    """Nearest first, then newest. An order without anything that joins it is left out."""
    near = [other for other in item.around.related if other.steps == 1]
    mine = shared_keys(item)
    found = [_row(other, names) for other in near if (names := _common(mine, other.keys))]
    for other in item.around.related:
        between = next((n for n in near if _common(n.keys, other.keys)), None) if other.steps == 2 else None
        if between is not None:
            found.append(_row(other, _common(between.keys, other.keys), by=between.id))
    return found


def _common(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return [_noun(key) for key in LINKED_BY if key in one and one[key] == other.get(key)]


def _row(other: RelatedItem, shares: list[str], by: str = "") -> LinkedItem:
    word, tone = ENDED.get(other.ended, (other.ended.replace("_", " ").capitalize(), "bad"))
    amount = number(other.facts.get("amount"))
    return LinkedItem(
        id=other.id, name=shorten(other.name), shares=shares, by=by, note="" if amount is None else money(other.payload, amount),
        ended=word, tone=tone, at=other.at.isoformat(),
    )  # fmt: skip


def _noun(key: str) -> str:
    return "Address" if key == "address" else NOUNS[key][0].upper() + NOUNS[key][1:]
