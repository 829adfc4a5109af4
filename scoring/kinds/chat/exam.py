"""How chat models are examined: made-up talks with a known answer, groups of a test, ways to hide what is written."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from scoring.exam import Exam, Probe
from scoring.gates.slicing import by_account_age, by_identity, by_language, by_length, by_source
from scoring.kinds.chat.payload import own_sender, searchable_text
from scoring.types import Example, Item, Json

FILE = Path(__file__).with_name("functions.txt")
EACH = 3
SLOTS = {
    "item": ("bicycle", "armchair", "tent", "monitor", "cello", "pushchair"),
    "pay": ("Western Union", "bitcoin", "a Steam card", "PayPal friends and family"),
    "app": ("WhatsApp", "Telegram", "Viber"),
    "day": ("Tuesday", "Friday", "Sunday"),
    "place": ("the town hall", "the tram stop", "the library"),
    "site": ("parcel-check.example.com", "safe-escrow.top", "luckybox.club"),
}  # fmt: skip
Turns = tuple[tuple[str, str], ...]  # ("me" or "you", template); "me" is under review


@lru_cache(maxsize=1)
def talks() -> tuple[tuple[str, str, Turns], ...]:
    """(function, label or "", turns). Raises ValueError on a line that is neither a heading nor a turn."""
    found: list[tuple[str, str, Turns]] = []
    function = label = ""
    turns: list[tuple[str, str]] = []
    for line in [*FILE.read_text("utf-8").splitlines(), ""]:
        if not line.strip() and turns:
            found.append((function, label, tuple(turns)))
            turns = []
        elif heading := re.fullmatch(r"\[([^:\]]+)(?:: (\w+))?\]", line):
            function, label = heading.group(1), heading.group(2) or ""
        elif line.strip() and not line.startswith(";"):
            side, _, text = line.partition(": ")
            if side not in ("me", "you") or not function:
                raise ValueError(f"{FILE.name}: {line!r} is no turn of a talk")
            turns.append((side, text))
    return tuple(found)


def probes(seed: int) -> Sequence[Probe]:
    dice = random.Random(seed)
    made: list[Probe] = []
    for number, (function, label, turns) in enumerate(talks()):
        for filling in range(EACH):
            words = {slot: dice.choice(choices) for slot, choices in SLOTS.items()}
            messages = [{"sender": side, "text": text.format_map(words)} for side, text in turns]
            item = Item(id=f"probe-{number}-{filling}", kind="chat", payload={"messages": messages, "account": {"sender": "me"}})
            made.append(Probe(function=function, form=str(number), item=item, wrong=bool(label), needs=label))
    return made


def _own(item: Item, change: Callable[[str], str]) -> Item:
    own = own_sender(item.payload)
    messages = [{**m, "text": change(m.get("text", ""))} if m["sender"] == own else m for m in item.payload["messages"]]
    return replace(item, payload={**item.payload, "messages": messages})


def rewrite(item: Item, change: Callable[[str], str]) -> Item | None:
    """What the account under review wrote, as it would hide it."""
    return _own(item, lambda text: change(text) if text else text)


def append(item: Item, sentence: str) -> Item | None:
    """At the end of the last message of the account under review that says something."""
    own = own_sender(item.payload)
    places = [i for i, m in enumerate(item.payload["messages"]) if m["sender"] == own and m.get("text")]
    if not places:
        return None
    messages = [{**m, "text": f"{m['text']} {sentence}"} if i == places[-1] else m for i, m in enumerate(item.payload["messages"])]
    return replace(item, payload={**item.payload, "messages": messages})


def own_text(payload: Mapping[str, Json]) -> str:
    own = own_sender(payload)
    return "\n".join(m.get("text", "") for m in payload["messages"] if m["sender"] == own)


def account_age(example: Example) -> Any:
    return (example.item.payload.get("account") or {}).get("age_days")


EXAM = Exam(
    slices=(by_language(searchable_text), by_source(), by_length(own_text), by_identity(own_text), by_account_age(account_age)),
    probes=probes, rewrite=rewrite, append=append,
    unmeasured={
        "directions": "A talk has no single thing that can only make it riskier; its functional tests say more.",
        "explanations": "Reasons of a talk are quotes, cues and facts of the account together; no test for such a mixture is declared.",
    },
)  # fmt: skip
