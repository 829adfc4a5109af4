"""Features and their values in words, as a reviewer reads them."""

from __future__ import annotations

import math

NOUNS = {
    "user": "payer", "device": "device", "card": "card", "ip": "IP address", "address": "delivery address", "email": "e-mail",
    "merchant": "merchant",
}  # fmt: skip
SPANS = {"1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days"}
FIXED = {
    "amount": "Amount of the order", "hour": "Hour of the day", "weekday": "Day of the week", "account_age_days": "Age of the account",
    "order_in_signup_minute": "Ordered in the minute of signing up", "two_factor": "Two-factor check",
    "prior_orders": "Earlier orders of the account",
    "missing_attributes": "Payer, device, card or IP address not known", "billing_country_differs": "Billing and delivery countries differ",
    "billing_address_differs": "Billing and delivery postcodes differ", "ip_country_differs": "IP address is in another country",
    "card_country_differs": "Card is from another country", "shipping_name_differs": "Names on billing and delivery differ",
    "distance_km": "Distance from billing to delivery", "basket_lines": "Lines in the basket", "basket_units": "Units in the basket",
    "top_line_share": "Share of the largest line",
    "amount_to_own_mean": "Amount against the mean of the same payer, card, device or e-mail",
    "amount_to_own_largest": "Amount against the largest of the same payer, card, device or e-mail",
    "amount_to_merchant_mean": "Amount against the merchant's mean",
    "new_card_for_user": "Card is new for the payer", "new_device_for_user": "Device is new for the payer",
    "new_address_for_user": "Delivery address is new for the payer", "same_trio_before": "Same payer, card and device before",
    "merchant_cards_1h": "Cards at the merchant in the last hour",
    "merchant_bin_24h": "Cards of the same issuer at the merchant in 24 hours",
    "merchant_same_amount_24h": "Same amount at the merchant in 24 hours",
    "own_same_amount_24h": "Same amount by the same payer, card, device or e-mail in 24 hours",
    "own_orders_24h": "Orders by the same payer, card, device or e-mail in 24 hours",
    "own_orders_30d": "Orders by the same payer, card, device or e-mail in 30 days",
    "own_amount_7d": "Spent by the same payer, card, device or e-mail in 7 days",
    "own_at_merchant_30d": "Orders by the same payer, card, e-mail or device at the merchant in 30 days",
    "merchant_own_share": "Payer's share of the merchant's orders", "merchant_newest_is_own": "Merchant's last order was the payer's",
    "merchant_gap_s": "Usual time between the merchant's orders", "amount_to_merchant_others": "Amount against others at the merchant",
    "round_amount": "Amount is a round number", "bin_orders_24h": "Orders with cards of the same issuer in 24 hours",
    "bin_orders_7d": "Orders with cards of the same issuer in 7 days",
    "own_amount_24h": "Spent by the same payer, card, device or e-mail in 24 hours",
    "own_last_s": "Time since the last order by the same payer, card, device or e-mail",
}  # fmt: skip
YES_NO = frozenset(
    name for name in FIXED
    if name.startswith(("new_", "order_in_")) or name.endswith(("_differs", "_is_own")) or name in ("two_factor", "round_amount")
)  # fmt: skip
RATIOS = frozenset(name for name in FIXED if name.startswith("amount_to_"))
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def feature_name(name: str) -> str:
    """"card_orders_1h" -> "Orders with the card in the last hour"."""
    if name in FIXED:
        return FIXED[name]
    key, _, rest = name.partition("_")
    what, _, window = rest.rpartition("_")
    noun = NOUNS.get(key, key)
    if what == "orders":
        return f"Orders with the {noun} in {SPANS[window]}"
    if what == "amount":
        return f"Spent with the {noun} in {SPANS[window]}"
    if window == "s":
        return f"Time since the {what} order with the {noun}"
    others = NOUNS.get(what[:-1], what[:-1])
    return f"Different {plural(others)} on the {noun} in 30 days"


def plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("s") else "s")


def feature_value(name: str, value: float | None) -> str:
    """The value with its unit; "not known" when missing."""
    if value is None or math.isnan(value):
        return "not known"
    if name in YES_NO:
        return "yes" if value else "no"
    if name == "weekday":
        return DAYS[int(value) % 7]
    if name == "hour":
        return f"{int(value):02d}:{int(value % 1 * 60):02d}"
    if name == "distance_km":
        return f"{value:,.0f} km"
    if name == "account_age_days":
        return duration(value * 86400)
    if name.endswith("_s"):
        return duration(value)
    if name in RATIOS:
        return f"{value:.1f} times"
    if name.endswith("_share"):
        return f"{value:.0%}"
    if name == "amount" or ("_amount_" in name and "same" not in name):
        return f"{value:,.2f}"
    return f"{value:,.0f}"


def shorten(value: str, size: int = 14) -> str:
    return value if len(value) <= size else f"{value[: size - 4]}…{value[-3:]}"


def duration(seconds: float) -> str:
    """The largest unit that gives at least two of it, or seconds: 90 -> "90 s", 7300 -> "2 h"."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"
