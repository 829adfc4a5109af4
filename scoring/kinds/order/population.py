"""Where an order's figures stand among the orders that its model learned from: facts of the world, not the model's opinion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.percentiles import quantiles_of, standing
from scoring.types import Json

FILE = "population.json"
COMPARED = (
    "amount", "account_age_days", "prior_orders", "user_cards_30d", "device_first_s", "device_orders_24h", "device_cards_30d",
    "device_users_30d", "ip_users_30d", "card_users_30d", "distance_km", "address_users_30d", "basket_units", "own_orders_30d",
    "own_amount_7d", "own_last_s", "amount_to_own_mean", "amount_to_merchant_mean",
)  # fmt: skip


def population_of(columns: Sequence[str], rows: Sequence[Sequence[float]], name: str) -> dict[str, Json]:
    """What a bundle keeps: quantiles of each figure that a card compares, and in words whose they are."""
    found = {column: quantiles_of([row[i] for row in rows]) for i, column in enumerate(columns) if column in COMPARED}
    return {"name": name, "quantiles": {column: points for column, points in found.items() if points}}


def measured(population: Mapping[str, Json], values: Mapping[str, float]) -> dict[str, Json]:
    """For Score.extra["measured"]: {"percentiles": {"account_age_days": 4}, "population": "20,563 orders ..."}; empty without any."""
    quantiles = population.get("quantiles") or {}
    places = {name: standing(points, values[name]) for name, points in quantiles.items() if name in values}
    told = {name: place for name, place in places.items() if place is not None}
    return {"percentiles": told, "population": str(population.get("name") or "")} if told else {}
