"""An order as a row of numbers; NaN where the order does not say. The same code in training and serving."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from scoring.kinds.order.keys import KEYS, number, placed_at, read_time, shared_keys
from scoring.kinds.order.velocity import DAY, PAIRS, WINDOWS, Usage, merchant_view, usage_by_key
from scoring.types import Item, Json

NAN = float("nan")
MIN_FOR_MEAN = 3  # earlier orders of a merchant before its mean amount says anything
OWN = ("user", "card", "device", "email")  # attributes that stand for the payer
PLAIN = (
    "amount", "hour", "weekday", "account_age_days", "order_in_signup_minute", "two_factor", "prior_orders", "missing_attributes",
    "billing_country_differs", "billing_address_differs", "ip_country_differs", "card_country_differs", "shipping_name_differs",
    "distance_km", "basket_lines", "basket_units", "top_line_share", "amount_to_own_mean", "amount_to_own_largest",
    "amount_to_merchant_mean",
    "new_card_for_user", "new_device_for_user", "new_address_for_user", "same_trio_before", "merchant_cards_1h", "merchant_bin_24h",
    "merchant_same_amount_24h", "own_same_amount_24h", "own_orders_24h", "own_orders_30d", "own_amount_24h", "own_last_s",
    "own_amount_7d", "own_at_merchant_30d", "merchant_own_share", "merchant_newest_is_own", "merchant_gap_s", "amount_to_merchant_others",
    "round_amount", "bin_orders_24h", "bin_orders_7d",
)  # fmt: skip
FEATURES: tuple[str, ...] = (
    *PLAIN,
    *(f"{key}_orders_{window}" for key in KEYS for window, _ in WINDOWS),
    *(f"{key}_amount_{window}" for key in KEYS if key != "merchant" for window in ("24h", "30d")),
    *(f"{key}_{what}_s" for key in KEYS for what in ("last", "first")),
    *(f"{a}_{b}s_30d" for a, b in PAIRS),
)
# With these the risk may only rise or fall: what small data would otherwise learn the wrong way round.
RISES: tuple[str, ...] = (
    "order_in_signup_minute", "billing_country_differs", "billing_address_differs", "ip_country_differs", "card_country_differs",
    "shipping_name_differs", "distance_km", "amount_to_own_mean", "amount_to_own_largest", "amount_to_merchant_mean",
    "amount_to_merchant_others", "new_card_for_user", "new_device_for_user", "new_address_for_user", "merchant_cards_1h",
    "merchant_bin_24h", "merchant_same_amount_24h", "own_same_amount_24h", "own_orders_24h", "own_amount_24h",
    *(f"{key}_{what}" for key in KEYS if key != "merchant" for what in ("orders_1h", "orders_24h", "amount_24h")),
    *(f"{a}_{b}s_30d" for a, b in PAIRS),
)  # fmt: skip
FALLS: tuple[str, ...] = ("two_factor", "account_age_days", "same_trio_before", "prior_orders")
DIRECTIONS: Mapping[str, int] = {**dict.fromkeys(RISES, 1), **dict.fromkeys(FALLS, -1)}
INDEX: Mapping[str, int] = {name: i for i, name in enumerate(FEATURES)}


def feature_row(item: Item) -> list[float]:
    """One float for each name of FEATURES, in that order. Never raises: what cannot be read is NaN."""
    payload, keys, at = item.payload, shared_keys(item), placed_at(item)
    amount = number(payload.get("amount"))
    values = dict.fromkeys(FEATURES, NAN)
    values["amount"] = NAN if amount is None else amount
    if amount is not None:
        values["round_amount"] = float(amount == int(amount))
    values["missing_attributes"] = float(sum(key not in keys for key in ("user", "device", "card", "ip")))
    _about_places(payload, values)
    _about_basket(payload, amount, values)
    if (two_factor := payload.get("two_factor")) is not None:
        values["two_factor"] = float(bool(two_factor))
    if (prior := number(payload.get("prior_orders"))) is not None:
        values["prior_orders"] = prior
    if at is not None:
        _about_time(at, payload, values)
        used = usage_by_key(keys, item, at, amount)
        for key, usage in used.items():
            if key != "bin":
                _about_key(key, keys, usage, values)
        _about_habits(item, keys, used, amount, values)
        _about_merchant(item, keys, used, at, amount, values)
    return [values[name] for name in FEATURES]


def feature_rows(items: Sequence[Item]) -> list[list[float]]:
    return [feature_row(item) for item in items]


def _about_time(at: datetime, payload: Mapping[str, Json], values: dict[str, float]) -> None:
    values["hour"] = at.hour + at.minute / 60
    values["weekday"] = float(at.weekday())
    opened = read_time(payload.get("account_created_at"))
    if opened is not None:
        age = (at - opened).total_seconds()
        values["account_age_days"] = age / DAY
        values["order_in_signup_minute"] = float(abs(age) < 60)


def _about_places(payload: Mapping[str, Json], values: dict[str, float]) -> None:
    billing, shipping = payload.get("billing"), payload.get("shipping")
    billing = billing if isinstance(billing, Mapping) else {}
    shipping = shipping if isinstance(shipping, Mapping) else {}
    home = billing.get("country") or shipping.get("country")
    values["billing_country_differs"] = differs(billing.get("country"), shipping.get("country"))
    values["billing_address_differs"] = differs(billing.get("postcode"), shipping.get("postcode"))
    values["ip_country_differs"] = differs(payload.get("ip_country"), home)
    values["card_country_differs"] = differs(payload.get("card_country"), home)
    values["shipping_name_differs"] = differs(billing.get("name"), shipping.get("name"))
    values["distance_km"] = distance_km(billing, shipping)


def _about_basket(payload: Mapping[str, Json], amount: float | None, values: dict[str, float]) -> None:
    lines = payload.get("items")
    if not isinstance(lines, list):
        return
    lines = [line for line in lines if isinstance(line, Mapping)]
    values["basket_lines"] = float(len(lines))
    units = [number(line.get("quantity", 1)) or 0.0 for line in lines]
    values["basket_units"] = sum(units)
    prices = [(number(line.get("price")) or 0.0) * unit for line, unit in zip(lines, units, strict=True)]
    if prices and amount:
        values["top_line_share"] = max(prices) / amount


def _about_key(key: str, keys: Mapping[str, str], usage: Usage, values: dict[str, float]) -> None:
    for (window, _), count in zip(WINDOWS, usage.counts, strict=True):
        values[f"{key}_orders_{window}"] = float(count)
    if key != "merchant":
        values[f"{key}_amount_24h"] = usage.total_day
        values[f"{key}_amount_30d"] = usage.total
    values[f"{key}_last_s"] = usage.last
    values[f"{key}_first_s"] = usage.first
    for other, seen in usage.distinct.items():
        mine = keys.get(other)
        values[f"{key}_{other}s_30d"] = float(len(seen) + (mine is not None and mine not in seen))


def _about_habits(item: Item, keys: Mapping[str, str], used: Mapping[str, Usage], amount: float | None, values: dict[str, float]) -> None:
    """Against the payer's own habit and the merchant's. The payer is the most used of user, card, device and e-mail."""
    own = max((used[key] for key in OWN if key in used), key=lambda usage: usage.counts[3], default=None)
    if own is not None:
        values["own_orders_24h"], values["own_orders_30d"] = float(own.counts[1]), float(own.counts[3])
        values["own_amount_24h"] = own.total_day + (amount or 0.0)
        values["own_amount_7d"] = own.total_week + (amount or 0.0)
        values["own_last_s"] = own.last
        values["own_same_amount_24h"] = float(own.same_amount_day)
        if amount is not None and own.priced:
            values["amount_to_own_mean"] = _ratio(amount, own.total / own.priced)
            values["amount_to_own_largest"] = _ratio(amount, own.largest)
    user = used.get("user")
    if user is not None and user.counts[3]:
        for other in ("card", "device", "address"):
            if other in keys and user.distinct.get(other):
                values[f"new_{other}_for_user"] = float(keys[other] not in user.distinct[other])
    trio = [(key, keys[key]) for key in ("user", "card", "device") if key in keys]
    if len(trio) > 1:
        seen_before = used[trio[0][0]].counts[3] > 0  # spares a busy merchant's long past a second look
        values["same_trio_before"] = float(sum(all(e.keys.get(k) == v for k, v in trio) for e in item.past)) if seen_before else 0.0


def _about_merchant(
    item: Item, keys: Mapping[str, str], used: Mapping[str, Usage], at: datetime, amount: float | None, values: dict[str, float]
) -> None:
    """What is usual at the merchant and for cards of this issuer, and how much of the merchant's trade is this payer's."""
    if (issuer := used.get("bin")) is not None:
        values["bin_orders_24h"], values["bin_orders_7d"] = float(issuer.counts[1]), float(issuer.counts[2])
    merchant = used.get("merchant")
    if merchant is not None:
        values["merchant_cards_1h"] = float(len(merchant.distinct_cards_hour))
        values["merchant_bin_24h"] = float(merchant.same_bin_day)
        values["merchant_same_amount_24h"] = float(merchant.same_amount_day)
        if amount is not None and merchant.priced >= MIN_FOR_MEAN:
            values["amount_to_merchant_mean"] = _ratio(amount, merchant.total / merchant.priced)
    view = merchant_view(keys, item, at)
    if view is not None:
        values["own_at_merchant_30d"] = float(view.own)
    if view is not None and view.orders:
        values["merchant_own_share"] = view.own / view.orders
        values["merchant_newest_is_own"] = float(view.newest_is_own)
        if view.orders > 1:
            values["merchant_gap_s"] = (view.oldest - view.newest) / (view.orders - 1)
        if amount is not None and view.others_priced:
            values["amount_to_merchant_others"] = _ratio(amount, view.others_total / view.others_priced)


def _ratio(value: float, base: float) -> float:
    return min(value / base, 1e4) if base > 0 else NAN


def differs(one: Json, other: Json) -> float:
    """1 or 0; NaN when either is missing. Case, spaces and punctuation do not count."""
    if not isinstance(one, str) or not isinstance(other, str) or not one.strip() or not other.strip():
        return NAN
    a, b = ("".join(c for c in text.casefold() if c.isalnum()) for text in (one, other))
    return float(a != b)


def distance_km(one: Mapping[str, Json], other: Mapping[str, Json]) -> float:
    """Great-circle distance between two addresses with coordinates (haversine, radius 6,371 km); NaN without them."""
    degrees = [number(place.get(name)) for place in (one, other) for name in ("latitude", "longitude")]
    if any(value is None for value in degrees):
        return NAN
    lat1, lon1, lat2, lon2 = (math.radians(value or 0.0) for value in degrees)
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(h)))
