"""Orders of an invented shop: ordinary buyers, one household, and a ring that shares a device and cards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Place = dict[str, str | float]
_BERLIN: Place = {"country": "DE", "city": "Berlin", "postcode": "10115", "latitude": 52.53, "longitude": 13.38}
_PORTO: Place = {"country": "PT", "city": "Porto", "postcode": "4000", "latitude": 41.15, "longitude": -8.61}
_LEEDS: Place = {"country": "GB", "city": "Leeds", "postcode": "LS1", "latitude": 53.80, "longitude": -1.55}

# (minutes ago, user, device, card, amount, account age in days, billing, shipping, ip, two factor)
ORDERS: list[tuple[int, str, str, str, float, float, Place, Place, str, bool]] = [
    (4300, "anna", "d-anna", "c-anna", 48.90, 900, _BERLIN, _BERLIN, "203.0.113.10", True),
    (2900, "anna", "d-anna", "c-anna", 61.00, 901, _BERLIN, _BERLIN, "203.0.113.10", True),
    (1500, "otis", "d-home", "c-otis", 120.00, 400, _LEEDS, _LEEDS, "198.51.100.7", False),
    (1450, "mina", "d-home", "c-mina", 35.50, 210, _LEEDS, _LEEDS, "198.51.100.7", False),
    (300, "anna", "d-anna", "c-anna", 52.20, 902, _BERLIN, _BERLIN, "203.0.113.10", True),
    (96, "fresh1", "d-ring", "c-r1", 899.00, 0.02, _BERLIN, _PORTO, "192.0.2.44", False),
    (91, "fresh2", "d-ring", "c-r2", 949.00, 0.01, _LEEDS, _PORTO, "192.0.2.44", False),
    (88, "fresh3", "d-ring", "c-r3", 899.00, 0.01, _BERLIN, _PORTO, "192.0.2.44", False),
    (84, "fresh4", "d-ring", "c-r1", 1250.00, 0.01, _LEEDS, _PORTO, "192.0.2.44", False),
    (70, "bruno", "d-bruno", "c-bruno", 410.00, 30, _PORTO, _PORTO, "203.0.113.77", True),
    (52, "cleo", "d-cleo", "c-cleo", 640.00, 2, _BERLIN, _LEEDS, "198.51.100.90", False),
    (33, "otis", "d-home", "c-otis", 88.00, 402, _LEEDS, _LEEDS, "198.51.100.7", False),
    (25, "fresh6", "d-spare", "c-r5", 749.00, 0.03, _BERLIN, _PORTO, "192.0.2.80", False),
    (12, "fresh5", "d-ring", "c-r5", 999.00, 0.01, _BERLIN, _PORTO, "192.0.2.44", False),
]  # fmt: skip


def order_items(now: datetime) -> list[dict[str, Any]]:
    items = []
    for n, (ago, user, device, card, amount, age, billing, shipping, ip, two_factor) in enumerate(ORDERS, 1):
        placed = now - timedelta(minutes=ago)
        items.append(
            {
                "kind": "order", "external_id": f"demo-order-{n}", "minutes_ago": ago,
                "payload": {
                    "amount": amount, "currency": "EUR", "placed_at": placed.isoformat(),
                    "ship_by": (placed + timedelta(hours=5)).isoformat(), "email": f"{user}@mail.example",
                    "account_created_at": (placed - timedelta(days=age)).isoformat(), "user_id": user, "device_id": device, "ip": ip,
                    "card_hash": card, "card_bin": "411111", "merchant_id": "m-demo", "billing": billing, "shipping": shipping,
                    "two_factor": two_factor,
                    "items": [{"name": "Headphones" if amount > 300 else "Books", "quantity": 1, "price": amount}],
                },
                "actor": {"id": user},
            }
        )  # fmt: skip
    return items
