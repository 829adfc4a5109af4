"""Made-up labelled orders for the tests: honest repeat buyers and bursts of cards on one device, in time order."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def order_line(name: str, minutes: float, amount: float, fraud: int, **fields: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minutes)).isoformat()
    payload = {"amount": amount, "placed_at": at, **{k: v for k, v in fields.items() if v is not None}}
    return {"id": name, "payload": payload, "labels": {"fraud": fraud}}


def order_lines(honest: int = 120, bursts: int = 8, seed: int = 0) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    span = 20 * 24 * 60
    lines = []
    for i in range(honest):
        buyer = rng.randrange(honest // 3)
        lines.append(
            order_line(
                f"h{i}", rng.uniform(0, span), round(rng.lognormvariate(3.5, 0.5), 2), 0, user_id=f"u{buyer}", device_id=f"d{buyer}",
                card_hash=f"c{buyer}", merchant_id=f"m{rng.randrange(5)}", currency="EUR", account_created_at="2025-01-01T00:00:00Z",
            )
        )  # fmt: skip
    for b in range(bursts):
        start = rng.uniform(0, span)
        lines += [
            order_line(
                f"f{b}-{i}", start + i * 2, 9.99, 1, user_id=f"x{b}", device_id=f"y{b}", card_hash=f"z{b}-{i}", merchant_id="m1",
                ip="203.0.113.9", account_created_at=(START + timedelta(minutes=start - 5)).isoformat(),
            )
            for i in range(6)
        ]  # fmt: skip
    return sorted(lines, key=lambda line: line["payload"]["placed_at"])
