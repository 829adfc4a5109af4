"""What a chat item holds: a conversation, the message that was flagged, and facts about the account under review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field, model_validator

from scoring.kind import Payload
from scoring.media.store import names_upload
from scoring.types import Json

MAX_MESSAGES = 500
MAX_HEADLINE = 120


class Message(Payload):
    sender: str = Field(min_length=1, max_length=200)
    text: str = Field(default="", max_length=20_000)
    sent_at: datetime | None = None
    image: str | None = Field(default=None, max_length=200)  # media id, or what the platform calls it (not shown)


class Account(Payload):
    """The account under review. `sender` is its name in the messages; unknown facts are kept."""

    sender: str | None = Field(default=None, max_length=200)
    device_id: str | None = Field(default=None, max_length=200)
    age_days: float | None = Field(default=None, ge=0)
    messages_per_hour: float | None = Field(default=None, ge=0)
    lifetime_orders: int | None = Field(default=None, ge=0)
    new_recipients: int | None = Field(default=None, ge=0)  # people it wrote to for the first time in the last day
    reports: int | None = Field(default=None, ge=0)  # reports against the account, ever


class ChatPayload(Payload):
    messages: list[Message] = Field(min_length=1, max_length=MAX_MESSAGES)
    flagged_index: int | None = Field(default=None, ge=0)
    account: Account = Field(default_factory=Account)
    counterpart: Account | None = None  # whom it writes to

    @model_validator(mode="after")
    def _flag_exists(self) -> ChatPayload:
        if self.flagged_index is not None and self.flagged_index >= len(self.messages):
            raise ValueError(f"flagged_index is {self.flagged_index}, but there are {len(self.messages)} messages")
        return self


def own_sender(payload: Mapping[str, Json]) -> str:
    """The account under review, by its name in the messages: as given, else who wrote the flagged or the last message."""
    messages = payload["messages"]
    named = (payload.get("account") or {}).get("sender")
    if named is not None and any(m["sender"] == named for m in messages):
        return str(named)
    flagged = payload.get("flagged_index")
    return str(messages[-1 if flagged is None else flagged]["sender"])


def media_names(payload: Mapping[str, Json]) -> Sequence[str]:
    return [name for m in payload["messages"] if (name := m.get("image")) and names_upload(name)]


def searchable_text(payload: Mapping[str, Json]) -> str:
    return "\n".join(m.get("text", "") for m in payload["messages"])


def headline(payload: Mapping[str, Json]) -> str:
    """The flagged message, or the last one that says something, on one line."""
    messages = payload["messages"]
    flagged = payload.get("flagged_index")
    chosen = [messages[flagged]] if flagged is not None else []
    texts = (" ".join(m.get("text", "").split()) for m in [*chosen, *reversed(messages)])
    text = next((t for t in texts if t), f"{len(messages)} message{'s' if len(messages) > 1 else ''} without text")
    return text if len(text) <= MAX_HEADLINE else text[: MAX_HEADLINE - 1] + "…"
