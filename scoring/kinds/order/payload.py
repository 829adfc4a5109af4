"""What an order may say. Only the amount and the time are required; the more there is, the more can be compared."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from scoring.kind import Payload


def _as_text(value: Any) -> Any:
    """Ids often come as numbers; floats and booleans are not ids."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _aware(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.strip()))
    except ValueError as error:
        raise ValueError("is not an IPv4 or IPv6 address") from error


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


Id = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=300)]
Time = Annotated[datetime, AfterValidator(_aware)]
Money = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Country = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z]{2}$")]


class Address(Payload):
    name: Text | None = None
    street: Text | None = None
    city: Text | None = None
    postcode: Annotated[str, BeforeValidator(_as_text), Field(max_length=20)] | None = None
    country: Country | None = None
    latitude: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)


class BasketLine(Payload):
    name: Text | None = None
    sku: Id | None = None
    category: Text | None = None
    quantity: int = Field(1, ge=0, le=1_000_000)
    price: Money | None = None


class OrderPayload(Payload):
    amount: Money
    placed_at: Time
    currency: Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z]{3}$")] | None = None
    account_created_at: Time | None = None
    user_id: Id | None = None
    email: Text | None = None
    device_id: Id | None = None
    ip: Annotated[str, AfterValidator(_address)] | None = None
    ip_country: Country | None = None
    card_hash: Id | None = None
    card_bin: Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^\d{4,8}$")] | None = None
    card_country: Country | None = None
    merchant_id: Id | None = None
    billing: Address | None = None
    shipping: Address | None = None
    two_factor: bool | None = None
    ship_by: Time | None = None  # when it leaves, unless somebody holds it
    prior_orders: int | None = Field(None, ge=0)
    items: list[BasketLine] | None = Field(None, max_length=500)
