"""The attributes by which orders are linked, and what is kept of an order for later ones. Never raises on odd payloads."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from scoring.types import Item, Json

FIELDS = {
    "user": "user_id", "device": "device_id", "card": "card_hash", "ip": "ip", "email": "email", "merchant": "merchant_id",
    "bin": "card_bin",
}  # fmt: skip
KEYS = ("user", "device", "card", "ip", "address", "email", "merchant")
BUSY = ("merchant", "bin")  # shared by strangers: counted up to a bound, and no link worth showing for "bin"


def shared_keys(item: Item) -> dict[str, str]:
    """{"user": "8", "device": ..., "address": digest of the delivery address}; absent attributes are left out."""
    payload = item.payload
    found = {}
    for key, name in FIELDS.items():
        value = payload.get(name)
        if isinstance(value, str) and value:
            found[key] = value.casefold() if key == "email" else value
    if digest := address_digest(payload.get("shipping")):
        found["address"] = digest
    return found


def address_digest(address: Json) -> str:
    """A short digest of street, postcode and country; "" when there is no street or postcode to tell places apart."""
    if not isinstance(address, Mapping):
        return ""
    parts = ["".join(c for c in str(address.get(name) or "").casefold() if c.isalnum()) for name in ("street", "postcode", "country")]
    if not (parts[0] or parts[1]):
        return ""
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def kept_facts(item: Item) -> dict[str, Json]:
    """Amount and card BIN: what later orders are compared with."""
    facts: dict[str, Json] = {}
    if (amount := number(item.payload.get("amount"))) is not None:
        facts["amount"] = amount
    if isinstance(bin_ := item.payload.get("card_bin"), str):
        facts["bin"] = bin_
    return facts


def placed_at(item: Item) -> datetime | None:
    return read_time(item.payload.get("placed_at")) or item.created_at


def read_time(value: Json) -> datetime | None:
    """An aware time from what Kind.parse() wrote; None from anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
