"""Conversations on an invented marketplace: (minutes ago, flagged index, account, messages)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

_NEW = {"age_days": 1, "messages_per_hour": 42, "lifetime_orders": 0, "new_recipients_24h": 31}
_OLD = {"age_days": 820, "messages_per_hour": 3, "lifetime_orders": 57, "new_recipients_24h": 1}
_MID = {"age_days": 64, "messages_per_hour": 9, "lifetime_orders": 4, "new_recipients_24h": 5}

CHATS: list[tuple[int, int, dict[str, Any], list[tuple[str, str]]]] = [
    (300, 1, _OLD, [("buyer", "Is the oak table still there?"), ("seller", "Yes, and I can hold it until Friday."), ("buyer", "Great, I will order it tonight.")]),
    (260, 3, _NEW, [("buyer", "Is the camera in working order?"), ("seller", "Yes, like new."), ("buyer", "Can I pay here on the site?"), ("seller", "The site is broken for me. Send the money as a gift card to my friend and I will ship today, hurry, two other buyers are waiting.")]),
    (222, 2, _NEW, [("seller", "Dear customer, this is the support team of the marketplace."), ("buyer", "What is wrong?"), ("seller", "Your account will be suspended today. Confirm your card number and the code from the text message to keep it.")]),
    (180, 2, _MID, [("buyer", "The lamp came broken."), ("seller", "I packed it well. Please send a photo."), ("buyer", "You are a liar and a useless idiot, I will make your life miserable.")]),
    (151, 1, _OLD, [("buyer", "Would you take 40 for the bicycle?"), ("seller", "45 and it is yours, pick-up after six.")]),
    (118, 3, _MID, [("seller", "Hello, thank you for your order."), ("buyer", "When will it arrive?"), ("seller", "Usually three days."), ("seller", "If you write to me on my other app I can give you a better price next time, my number is +49 30 5550 199.")]),
    (77, 2, _NEW, [("seller", "You have won a prize from our shop!"), ("buyer", "Which prize?"), ("seller", "Pay the small release fee of 35 first and the parcel worth 900 leaves today. Only for one hour.")]),
    (54, 2, _NEW, [("buyer", "Is the bicycle still for sale?"), ("seller", "Yes, three people want it, so be quick."), ("seller", "Pay the deposit at https://fast-deposit.example/hold or call +49 30 5550 199, then it is yours.")]),
    (31, 1, _MID, [("buyer", "Does the coat run small?"), ("seller", "A little, take one size up. Returns are free for two weeks.")]),
]  # fmt: skip


_BUYER = {"age_days": 1480, "lifetime_orders": 37}
_APART = (0, 2, 840, 843)  # minutes between the first message and the others: a night lies between


def chat_items(now: datetime) -> list[dict[str, object]]:
    return [
        {
            "kind": "chat", "external_id": f"demo-chat-{n}", "minutes_ago": ago, "conversation": f"thread-{n}",
            "payload": {
                "messages": [
                    {"sender": who, "text": text, "sent_at": (now - timedelta(minutes=ago + _APART[len(messages) - 1] - _APART[i])).isoformat()}
                    for i, (who, text) in enumerate(messages)
                ],
                "flagged_index": flagged, "account": account, "counterpart": _BUYER,
            },
            "actor": {"id": f"seller-{n}"},
        }
        for n, (ago, flagged, account, messages) in enumerate(CHATS, 1)
    ]  # fmt: skip
