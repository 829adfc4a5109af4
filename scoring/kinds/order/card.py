"""How an order looks on the review screen: what is bought, who pays, from where, and what it shares with earlier orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

from scoring.blocks import Block, Fact, FactsBlock, Link, LinksBlock, Mark, NoticeBlock, Reason, ReasonsBlock
from scoring.kinds.order.features import differs
from scoring.kinds.order.keys import KEYS, number, placed_at, read_time, shared_keys
from scoring.kinds.order.wording import NOUNS, duration, plural
from scoring.types import Item, Json, Score

SHORT = 14
REASONS_MAX = 6
LINES_MAX = 30


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    blocks: list[Block] = [_order(item), _links(item), _payer(item), _device(item)]
    blocks += [block for block in (_addresses(item.payload), _basket(item.payload)) if block is not None]
    if not item.past and placed_at(item) is not None:
        blocks.append(NoticeBlock(text="Nothing earlier shares an attribute with this order, so there is no habit to compare it with."))
    if score is not None:
        blocks += [NoticeBlock(text=sentence, tone="caution") for sentence in score.errors.values()]
        if (reasons := _reasons(score)) is not None:
            blocks.append(reasons)
    return blocks


def headline(payload: Mapping[str, Json]) -> str:
    """"129.00 EUR by user 8 at merchant 17348"."""
    parts = [money(payload)]
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


def money(payload: Mapping[str, Json]) -> str:
    amount = number(payload.get("amount"))
    return "Amount not known" if amount is None else f"{amount:,.2f} {payload.get('currency') or ''}".strip()


def shorten(value: str, size: int = SHORT) -> str:
    return value if len(value) <= size else f"{value[: size - 4]}…{value[-3:]}"


def _order(item: Item) -> FactsBlock:
    payload, at = item.payload, placed_at(item)
    placed = at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC") if at else "not known"
    facts = [Fact(name="Amount", value=money(payload)), Fact(name="Placed", value=placed)]
    if merchant := payload.get("merchant_id"):
        facts.append(Fact(name="Merchant", value=str(merchant)))
    if card := payload.get("card_bin") or payload.get("card_hash"):
        note = f"from {payload['card_country']}" if payload.get("card_country") else ""
        facts.append(Fact(name="Card", value=shorten(str(card)), note=note))
    return FactsBlock(area="content", title="Order", facts=facts)


def _links(item: Item) -> LinksBlock:
    keys = shared_keys(item)
    links = []
    for key in KEYS:
        if key not in keys:
            continue
        sharing = [e for e in item.past if e.keys.get(key) == keys[key]]
        payers = {e.keys["user"] for e in sharing if "user" in e.keys} - {keys.get("user", "")}
        note = f"{len(payers)} other {'payer' if len(payers) == 1 else plural('payer')}" if payers and key != "user" else ""
        value = "delivery address" if key == "address" else shorten(keys[key])
        name = NOUNS[key]
        links.append(Link(attribute=name[0].upper() + name[1:], value=value, others=len(sharing), note=note))
    return LinksBlock(title="Shared with earlier orders (30 days)", links=links)


def _payer(item: Item) -> FactsBlock:
    payload, at = item.payload, placed_at(item)
    opened = read_time(payload.get("account_created_at"))
    age = (at - opened).total_seconds() if at is not None and opened is not None else None
    mark: Mark = "missing" if age is None else "low" if age < 86400 else ""
    own = [e for e in item.past if "user" in e.keys and e.keys["user"] == payload.get("user_id")]
    facts = [
        _fact("Payer", payload.get("user_id")), _fact("E-mail", payload.get("email")),
        Fact(name="Account age", value=duration(max(age, 0.0)) if age is not None else "not known", mark=mark),
        Fact(name="Orders in 30 days", value=str(len(own))),
    ]  # fmt: skip
    if (prior := payload.get("prior_orders")) is not None:
        facts.append(Fact(name="Earlier orders", value=str(prior)))
    if (check := payload.get("two_factor")) is not None:
        facts.append(Fact(name="Two-factor check", value="passed" if check else "not done", mark="match" if check else ""))
    return FactsBlock(title="Payer", facts=facts)


def _device(item: Item) -> FactsBlock:
    payload = item.payload
    home = next((place["country"] for place in (payload.get("billing"), payload.get("shipping")) if place and place.get("country")), None)
    country = payload.get("ip_country")
    mark = mark_of(differs(country, home))
    return FactsBlock(
        title="Device and network",
        facts=[_fact("Device", payload.get("device_id")), _fact("IP address", payload.get("ip")), _fact("IP country", country, mark)],
    )


def _addresses(payload: Mapping[str, Json]) -> FactsBlock | None:
    billing, shipping = payload.get("billing") or {}, payload.get("shipping") or {}
    if not (billing or shipping):
        return None
    facts = []
    for name in ("name", "street", "city", "postcode", "country"):
        one, other = billing.get(name), shipping.get(name)
        if one or other:
            value = str(other or one)
            note = f"billing: {one}" if one and other and differs(one, other) else ""
            facts.append(Fact(name=name.capitalize(), value=value, note=note, mark=mark_of(differs(one, other))))
    return FactsBlock(title="Delivery against billing", facts=facts)


def _basket(payload: Mapping[str, Json]) -> FactsBlock | None:
    lines = payload.get("items") or []
    facts = []
    for line in lines[:LINES_MAX]:
        price = number(line.get("price"))
        value = f"{line.get('quantity', 1)} x {price:,.2f}" if price is not None else f"{line.get('quantity', 1)}"
        facts.append(Fact(name=str(line.get("name") or line.get("sku") or "Item"), value=value, note=str(line.get("category") or "")))
    if len(lines) > LINES_MAX:
        facts.append(Fact(name="More lines", value=str(len(lines) - LINES_MAX)))
    return FactsBlock(title="Basket", facts=facts) if facts else None


def _reasons(score: Score) -> ReasonsBlock | None:
    told = [(e.weight, *(e.text or str(e.field)).partition(": ")[::2]) for e in score.evidence if e.type == "contribution"]
    if not told:
        return None
    speaks_for = [Reason(name=name, weight=w, value=value) for w, name, value in told if w > 0][:REASONS_MAX]
    against = [Reason(name=name, weight=w, value=value) for w, name, value in told if w < 0][:REASONS_MAX]
    sentence = (score.extra.get("counterfactual") or {}).get("sentence", "")
    return ReasonsBlock(speaks_for=speaks_for, speaks_against=against, counterfactual=sentence)


def _fact(name: str, value: Json, mark: Mark = "") -> Fact:
    return Fact(name=name, value=shorten(str(value), 32), mark=mark) if value else Fact(name=name, value="not known", mark="missing")


def mark_of(difference: float) -> Mark:
    return "" if difference != difference else "mismatch" if difference else "match"
