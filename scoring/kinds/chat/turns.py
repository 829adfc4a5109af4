"""The turns of a conversation as they are drawn: who, when, after how long, with links made safe and private data masked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from scoring.blocks import Turn
from scoring.kinds.chat.payload import own_sender
from scoring.text.shields import shields
from scoring.types import Json

AROUND = 20  # turns shown before and after the flagged one
LONG = timedelta(hours=1)
UNITS = (("year", 365.25 * 86400), ("month", 30.44 * 86400), ("week", 7 * 86400), ("day", 86400), ("hour", 3600))


def turns_of(payload: Mapping[str, Json]) -> list[Turn]:
    """At most 41 turns, the flagged (else the last) one in the middle."""
    messages, flagged = payload["messages"], payload.get("flagged_index")
    centre = len(messages) - 1 if flagged is None else flagged
    first, last = max(0, centre - AROUND), min(len(messages), centre + AROUND + 1)
    own = own_sender(payload)
    badges = {True: age_words(payload.get("account")), False: age_words(payload.get("counterpart"))}
    turns: list[Turn] = []
    for i, m in enumerate(messages[first:last], first):
        before = messages[i - 1] if i > first else None
        begins = before is None or before["sender"] != m["sender"]
        turns.append(
            Turn(
                index=i, sender=m["sender"], own=m["sender"] == own, text=m.get("text", ""), at=m.get("sent_at") or "",
                image=m.get("image"), flagged=i == flagged, field=f"messages.{i}.text", shields=shields(m.get("text", "")),
                badge=badges[m["sender"] == own] if begins else "", gap=gap_words(before, m) if before else "",
            )
        )  # fmt: skip
    return turns


def age_words(account: Mapping[str, Json] | None) -> str:
    """"account 2 days old"; "" where nobody said."""
    days = (account or {}).get("age_days")
    if days is None:
        return ""
    return "account new today" if days < 1 else f"account {_amount(float(days) * 86400)} old"


def gap_words(before: Mapping[str, Json], now: Mapping[str, Json]) -> str:
    """"14 hours later" from an hour on; "" for less, and where a time is missing or runs backwards."""
    start, end = _time(before.get("sent_at")), _time(now.get("sent_at"))
    if start is None or end is None or end - start < LONG:
        return ""
    return f"{_amount((end - start).total_seconds())} later"


def _time(value: Json) -> datetime | None:
    try:
        then = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return then.replace(tzinfo=UTC) if then is not None and then.tzinfo is None else then


def _amount(seconds: float) -> str:
    """In the largest unit of which there are two, else in the largest at all."""
    name, size = next(((n, s) for n, s in UNITS if seconds >= 2 * s), UNITS[-1])
    count = max(1, int(seconds / size))
    return f"{count} {name}{'s' if count > 1 else ''}"
