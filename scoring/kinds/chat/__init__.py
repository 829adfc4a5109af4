"""The chat kind: conversations between two sides, with what is known of the account under review."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from scoring.kind import Kind, Words
from scoring.kinds.chat.card import draw_card, thread_facts, thread_keys
from scoring.kinds.chat.payload import ChatPayload, headline, media_names, searchable_text

CHAT = Kind(
    name="chat",
    words=Words(one="conversation", many="conversations", allow="Allow", allowed="Kept", enforce="Restrict", enforced="Restricted"),
    lane="light",
    payload=ChatPayload,
    scorer="scoring.kinds.chat.scorer:ChatScorer",
    trainers={"quick": "scoring.kinds.chat.training:train_quick"},
    spaces={"quick": {"max_features": (5_000, 20_000, 60_000)}},
    light={"encoder": False},
    card=draw_card,
    headline=headline,
    text=searchable_text,
    media=media_names,
    prose=True,
    policy=Path(__file__).with_name("policy.json"),
    keys=thread_keys,
    facts=thread_facts,
    history=timedelta(days=30),
    linked_by=("device", "handle", "phone", "email"),
    exam="scoring.kinds.chat.exam:EXAM",
    icon="M3 3.5h9.5v7H7l-2.5 2v-2H3z M8.5 13v.5h5l2.5 2v-2h1v-6.5h-2",
)
