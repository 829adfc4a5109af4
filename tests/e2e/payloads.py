"""One payload of each kind. Names, places and texts are invented."""

from __future__ import annotations

from typing import Any

PAYLOADS: dict[str, dict[str, Any]] = {
    "review": {
        "title": "Cold soup",
        "text": "We waited forty minutes for two bowls.\n\nI told the waiter and he laughed. What a complete muppet. N3v\u200ber again.",
        "rating": 1,
        "subject": "Kettle Lane Tearoom",
    },
    "chat": {
        "messages": [
            {"sender": "seller", "text": "Hello dear friend, yes it is still here.", "sent_at": "2026-11-20T19:02:00Z"},
            {"sender": "buyer", "text": "Can I collect it on Saturday?", "sent_at": "2026-11-20T19:04:00Z"},
            {"sender": "seller", "text": "Pay the deposit at fast-deposit.example today.", "sent_at": "2026-11-21T09:12:00Z"},
        ],
        "flagged_index": 2,
        "account": {"age_days": 2, "messages_per_hour": 34, "lifetime_orders": 0},
    },
    "order": {
        "amount": 466.0, "currency": "EUR", "placed_at": "2026-11-21T08:00:00Z", "user_id": "u8", "email": "u8@example.com",
        "device_id": "d-1", "ip": "192.0.2.7", "ip_country": "DE", "card_hash": "c-41", "merchant_id": "m-1",
        "billing": {"name": "Lena Brandt", "city": "Bremen", "country": "DE"},
        "shipping": {"name": "L. B.", "city": "Lyon", "country": "FR"},
        "items": [{"name": "Wireless headset", "quantity": 3, "price": 149.0}],
    },
    "contact": {"name": "Lena Brandt", "email": "l.brandt@northpier.example", "company": "Northpier Cranes", "title": "Head of purchasing"},
    "video": {"media": "00000000-0000-7000-8000-00000000000a", "title": "Evening at the old harbour", "description": "Come over there."},
}  # fmt: skip
