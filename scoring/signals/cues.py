"""Cues in a message: words that fraud and abuse use, each found with its place so that it can be quoted.

Pure Python and linear patterns only. A cue is a reason to look, not a verdict: the head weighs them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scoring.signals.cue_patterns import PATTERNS

MAX_SCANNED = 4000  # code points of one message


@dataclass(frozen=True, slots=True)
class Cue:
    """Code points [start, end) of one message."""

    name: str
    start: int
    end: int


_COMPILED = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in PATTERNS.items()}
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp)(?:[?#]\S*)?$", re.IGNORECASE)
CUES = tuple(PATTERNS)
CUE_WORDS = {
    "off_platform_payment": "Payment outside the platform", "off_platform_contact": "Contact outside the platform",
    "payment_word": "Names a way to pay", "urgency": "Urgency", "private_data": "Asks for private data",
    "advance_fee": "Fee in advance", "impersonation": "Speaks as support staff", "harassment": "Insult or threat",
    "promotion": "Advertising", "link": "Link", "phone": "Phone number", "handle": "Handle", "email": "E-mail address",
}  # fmt: skip


def find_cues(text: str) -> list[Cue]:
    """All cues of one message, by name then place."""
    head = text[:MAX_SCANNED]
    words = blank_links(head)  # numbers and names inside an address are not cues of their own
    found = [
        Cue(name, m.start(), m.end())
        for name, pattern in _COMPILED.items()
        for m in pattern.finditer(head if name == "link" else words)
    ]
    return [cue for cue in found if cue.name != "link" or not is_picture(head[cue.start : cue.end])]


def blank_links(text: str) -> str:
    """Addresses replaced by as many spaces, so that every place stays."""
    return LINK.sub(lambda m: " " * len(m[0]), text)


def is_picture(address: str) -> bool:
    """Shops paste pictures; they lead nowhere."""
    return _PICTURE.search(address) is not None


def contact_points(text: str) -> Iterator[tuple[str, str]]:
    """Ways to be reached, folded so that two spellings of one are equal: ("phone", "447700900123"), ("handle", "@anna")."""
    for cue in find_cues(text):
        raw = text[cue.start : cue.end]
        if cue.name == "phone":
            yield "phone", re.sub(r"\D", "", raw)
        elif cue.name in ("handle", "email"):
            yield cue.name, raw.casefold().rstrip(".")
        elif cue.name == "link":
            yield "site", re.sub(r"^(?:https?://)?(?:www\.)?", "", raw.casefold()).split("/")[0].split("?")[0]
