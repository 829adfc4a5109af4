"""Personal data in a text: where it is, and the text with it masked."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from phonenumbers import Leniency, PhoneNumberMatcher

REGION = "US"  # for numbers written without a country; international numbers are found whatever it is
_LONGEST = 20_000  # beyond it only the patterns below are tried: number search is slow

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]{2,300}"
    r"|\b[a-z0-9-]{2,63}\.(?:com|net|org|info|biz|shop|xyz|ru|co\.uk|io|ly|me|tv)\b(?:/\S{0,200})?",
    re.I,
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z]\w{1,30}\b")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_STREET = re.compile(
    r"\b\d{1,5}[a-z]?,? (?:[A-Z][\w'-]{1,20} ){1,3}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|close|terrace|way|square)\b",
    re.I,
)
_DIGIT = re.compile(r"\d")
_PHONE_HINT = re.compile(r"(?:\d[\s().\-/]{0,2}){7}")
_PLAIN_PHONE = re.compile(
    r"(?<![\w.,/-])(?<!\d )(?:\+?\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)|\d{2,5})[\s.-]\d{3,4}[\s.-]?\d{3,4}(?![\w-])(?! \d)"
    r"|(?<![\w.,/-])(?:0\d{9,10}|\+\d{9,14})(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Entity:
    """Code points [start, end) of the text; `kind` is email, url, iban, card, phone, address or handle."""

    kind: str
    start: int
    end: int


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _iban(text: str) -> bool:
    """ISO 13616: the remainder by 97 of the rearranged number is 1."""
    plain = text.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _phones(text: str) -> list[tuple[int, int]]:
    if not _PHONE_HINT.search(text):
        return []
    found = [(m.start(), m.end()) for m in _PLAIN_PHONE.finditer(text)]
    if len(text) <= _LONGEST:
        found += [(m.start, m.end) for m in PhoneNumberMatcher(text, REGION, leniency=Leniency.VALID)]
    return found


def find_entities(text: str) -> list[Entity]:
    """In order and apart from each other; where two overlap the first kind of the list in Entity wins.

    Most texts have no sign that any of these must have, and are not searched for it.
    """
    found: list[Entity] = []
    if "@" in text:
        found += [Entity("email", m.start(), m.end()) for m in _EMAIL.finditer(text)]
    if "." in text or "://" in text:
        found += [Entity("url", m.start(), m.end()) for m in _URL.finditer(text)]
    if _DIGIT.search(text):
        found += [Entity("iban", m.start(), m.end()) for m in _IBAN.finditer(text) if _iban(m.group())]
        found += [Entity("card", m.start(), m.end()) for m in _CARD.finditer(text) if _luhn(re.sub(r"\D", "", m.group()))]
        found += [Entity("phone", start, end) for start, end in _phones(text)]
        found += [Entity("address", m.start(), m.end()) for m in _STREET.finditer(text)]
    if "@" in text:
        found += [Entity("handle", m.start(), m.end()) for m in _HANDLE.finditer(text)]
    kept: list[Entity] = []
    for entity in found:
        if all(entity.end <= k.start or entity.start >= k.end for k in kept):
            kept.append(entity)
    return sorted(kept, key=lambda e: e.start)


def count_entities(text: str) -> dict[str, int]:
    return dict(Counter(entity.kind for entity in find_entities(text)))


def mask(text: str) -> str:
    """The text with each piece of personal data replaced by its kind in brackets: "[email]"."""
    out, last = [], 0
    for entity in find_entities(text):
        out += [text[last : entity.start], f"[{entity.kind}]"]
        last = entity.end
    return "".join(out) + text[last:]
