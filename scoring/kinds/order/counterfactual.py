"""Changes to an order that a reviewer can imagine, each to be scored again: what would have made it safe?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from statistics import fmean

from scoring.kinds.order.keys import KEYS, number, placed_at, shared_keys
from scoring.kinds.order.wording import NOUNS
from scoring.types import Item, Json

YEAR = timedelta(days=365)


def variants(item: Item) -> list[tuple[str, Item]]:
    """(condition in words, changed item); only changes that differ from the order as it is."""
    found = _without_links(item)
    payload = item.payload
    if (usual := _usual_amount(item)) is not None:
        found.append((f"With an amount of {usual:,.2f}, the mean of the earlier orders", _with(item, amount=usual)))
    at = placed_at(item)
    if at is not None and "account_created_at" in payload:
        opened = (at - YEAR).isoformat()
        found.append(("With an account one year old", _with(item, account_created_at=opened)))
    billing, shipping = payload.get("billing"), payload.get("shipping")
    if isinstance(billing, Mapping) and isinstance(shipping, Mapping) and billing != shipping:
        found.append(("With the billing address as delivery address", _with(item, shipping=billing)))
    if payload.get("two_factor") is False:
        found.append(("With a two-factor check passed", _with(item, two_factor=True)))
    home = billing.get("country") if isinstance(billing, Mapping) else None
    for name, words in (("ip_country", "With an IP address of"), ("card_country", "With a card of")):
        if home and payload.get(name) not in (None, home):
            found.append((f"{words} {home}", _with(item, **{name: home})))
    return found


def _without_links(item: Item) -> list[tuple[str, Item]]:
    keys = shared_keys(item)
    found = []
    for key in KEYS:
        kept = tuple(e for e in item.past if key not in keys or e.keys.get(key) != keys[key])
        dropped = len(item.past) - len(kept)
        if dropped and key != "merchant":
            words = f"Without the {dropped} earlier orders" if dropped > 1 else "Without the earlier order"
            found.append((f"{words} on the same {NOUNS[key]}", replace(item, past=kept)))
    return found


def _usual_amount(item: Item) -> float | None:
    keys = shared_keys(item)
    amount = number(item.payload.get("amount"))
    for key in ("user", "card", "device", "email", "merchant"):
        earlier = [e.facts["amount"] for e in item.past if key in keys and e.keys.get(key) == keys[key] and "amount" in e.facts]
        if earlier:
            usual = round(fmean(earlier), 2)
            return usual if amount is not None and amount > 1.2 * usual else None
    return None


def _with(item: Item, **changes: Json) -> Item:
    return replace(item, payload={**item.payload, **changes})
