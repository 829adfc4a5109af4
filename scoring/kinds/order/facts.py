"""The facts of an order in groups, each with where it stands among the orders that the model learned from."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.blocks import Fact, FactsBlock, Mark
from scoring.kinds.order.features import DIRECTIONS, FEATURES, differs, feature_row
from scoring.kinds.order.keys import number
from scoring.kinds.order.wording import feature_value, shorten
from scoring.types import Item, Json

LINES_MAX = 30
UNUSUAL = 90  # percentile from which a figure that rises with the risk is marked; 100 minus it for one that falls


def fact_blocks(item: Item) -> list[FactsBlock]:
    """Payer, device and card, address, basket, history; a group without facts is left out."""
    values = dict(zip(FEATURES, feature_row(item), strict=True))
    groups = {
        "Payer": _payer(item, values), "Device and card": _device(item, values), "Delivery against billing": _address(item, values),
        "Basket": _basket(item, values), "History": _history(item, values),
    }  # fmt: skip
    population = str(item.around.measured.get("population") or "")
    blocks = [FactsBlock(title=title, facts=facts) for title, facts in groups.items() if facts]
    if population and blocks:
        last = blocks[-1]
        blocks[-1] = FactsBlock(title=last.title, facts=last.facts, note=f"Compared with {population}.")
    return blocks


def _payer(item: Item, values: Mapping[str, float]) -> list[Fact]:
    payload = item.payload
    facts = [_given("Payer", payload.get("user_id")), _given("E-mail", payload.get("email"))]
    facts.append(_figure(item, values, "Account age", "account_age_days"))
    facts += _known(item, values, ("Earlier orders", "prior_orders"), ("Cards used in 30 days", "user_cards_30d"))
    if (check := payload.get("two_factor")) is not None:
        facts.append(Fact(name="Two-factor check", value="passed" if check else "not done", mark="match" if check else ""))
    return facts


def _device(item: Item, values: Mapping[str, float]) -> list[Fact]:
    payload = item.payload
    home = next((p["country"] for p in (payload.get("billing"), payload.get("shipping")) if p and p.get("country")), None)
    facts = [_given("Device", payload.get("device_id"))]
    facts += _known(
        item, values, ("Device first seen", "device_first_s"), ("Orders on it, 24 h", "device_orders_24h"),
        ("Cards on it, 30 days", "device_cards_30d"), ("Payers on it, 30 days", "device_users_30d"),
    )  # fmt: skip
    facts.append(_given("IP address", payload.get("ip")))
    if (country := payload.get("ip_country")) is not None:
        facts.append(_given("IP country", country, mark_of(differs(country, home))))
    facts += _known(item, values, ("Payers on the IP, 30 days", "ip_users_30d"))
    facts.append(_given("Card", payload.get("card_hash") or payload.get("card_bin")))
    if (country := payload.get("card_country")) is not None:
        facts.append(_given("Card country", country, mark_of(differs(country, home))))
    return [*facts, *_known(item, values, ("Payers of the card, 30 days", "card_users_30d"))]


def _address(item: Item, values: Mapping[str, float]) -> list[Fact]:
    billing, shipping = item.payload.get("billing") or {}, item.payload.get("shipping") or {}
    facts = []
    for name in ("name", "street", "city", "postcode", "country"):
        one, other = billing.get(name), shipping.get(name)
        if one or other:
            note = f"billing: {one}" if one and other and differs(one, other) else ""
            facts.append(Fact(name=name.capitalize(), value=str(other or one), note=note, mark=mark_of(differs(one, other))))
    return [*facts, *_known(item, values, ("Apart", "distance_km"), ("Payers delivering here, 30 days", "address_users_30d"))]


def _basket(item: Item, values: Mapping[str, float]) -> list[Fact]:
    lines = item.payload.get("items") or []
    facts = []
    for line in lines[:LINES_MAX]:
        price = number(line.get("price"))
        value = f"{line.get('quantity', 1)} × {price:,.2f}" if price is not None else f"{line.get('quantity', 1)}"
        facts.append(Fact(name=str(line.get("name") or line.get("sku") or "Item"), value=value, note=str(line.get("category") or "")))
    if len(lines) > LINES_MAX:
        facts.append(Fact(name="More lines", value=str(len(lines) - LINES_MAX)))
    return [*facts, *(_known(item, values, ("Units", "basket_units")) if len(lines) > 1 else [])]


def _history(item: Item, values: Mapping[str, float]) -> list[Fact]:
    return _known(
        item, values, ("Amount", "amount"), ("Against the payer's usual", "amount_to_own_mean"),
        ("Against the merchant's usual", "amount_to_merchant_mean"), ("Orders in 30 days", "own_orders_30d"),
        ("Spent in 7 days, with this", "own_amount_7d"), ("Since the last order", "own_last_s"),
    )  # fmt: skip


def _known(item: Item, values: Mapping[str, float], *wanted: tuple[str, str]) -> list[Fact]:
    """The figures that are known; one that cannot be told says nothing."""
    return [_figure(item, values, name, feature) for name, feature in wanted if values[feature] == values[feature]]


def _figure(item: Item, values: Mapping[str, float], name: str, feature: str) -> Fact:
    value = values[feature]
    place = (item.around.measured.get("percentiles") or {}).get(feature)
    direction = DIRECTIONS.get(feature, 0)
    mark: Mark = "missing" if value != value else ""
    if place is not None and direction > 0 and place >= UNUSUAL:
        mark = "high"
    if place is not None and direction < 0 and place <= 100 - UNUSUAL:
        mark = "low"
    return Fact(name=name, value=feature_value(feature, value), mark=mark, percentile=place)


def _given(name: str, value: Json, mark: Mark = "") -> Fact:
    return Fact(name=name, value=shorten(str(value), 32), mark=mark) if value else Fact(name=name, value="not known", mark="missing")


def mark_of(difference: float) -> Mark:
    return "" if difference != difference else "mismatch" if difference else "match"
