"""Ways to cut a test that several kinds share. Each kind says which of them are its own (Exam.slices)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from scoring.exam import Slice
from scoring.text.language import identify
from scoring.text.language_names import LANGUAGES
from scoring.types import Example, Json

Text = Callable[[Mapping[str, Json]], str]
UNSURE = "Too short to tell"
IDENTITIES: Mapping[str, str] = {  # who is written about -> words that say so
    "Women and men": "wom[ae]n|girls?|ladies|lady|females?|m[ae]n|guys?|boys?|males?|mothers?|wife|wives|husbands?",
    "Gay, lesbian, trans, queer": "gays?|lesbians?|bisexuals?|trans|transgender|transsexuals?|queers?|lgbtq?|homosexuals?",
    "Religion": "muslims?|islam|islamic|jews?|jewish|christians?|christianity|catholics?|hindus?|buddhists?|sikhs?|atheists?",
    "Origin and colour": (
        "blacks?|whites?|asians?|africans?|arabs?|latin[oax]s?|hispanics?|mexicans?|indians?|chinese|europeans?|americans?|turks?|turkish|"
        "immigrants?|migrants?|refugees?|foreigners?|roma|romanians?|poles|polish|russians?"
    ),
    "Disability and illness": "disabled|disabilit(?:y|ies)|blind|deaf|autistic|autism|wheelchairs?|crippled|mentally ill",
    "Age": "old people|elderly|seniors?|pensioners?|teen(?:ager)?s?|children|kids?|young people",
}  # fmt: skip
_PATTERNS = {name: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.I) for name, words in IDENTITIES.items()}
NOBODY = "Nobody named"


@lru_cache(maxsize=20_000)
def _language(text: str) -> str:
    found = identify(text)
    if found is None or not found.sure:
        return UNSURE
    return LANGUAGES.get(found.code, "Another language")


def by_language(text: Text) -> Slice:
    return Slice(title="Language", of=lambda e: [_language(text(e.item.payload))])


def by_length(text: Text) -> Slice:
    def of(example: Example) -> Sequence[str]:
        return [band(len(text(example.item.payload).split()), (6, 16, 41, 121), "{} to {} words", "Up to {} words", "{} words and more")]

    return Slice(title="Length", of=of)


def by_identity(text: Text) -> Slice:
    """Who is written about; an item may be about several."""

    def of(example: Example) -> Sequence[str]:
        written = text(example.item.payload)
        return [name for name, pattern in _PATTERNS.items() if pattern.search(written)] or [NOBODY]

    return Slice(title="Who is written about", of=of)


def by_source() -> Slice:
    return Slice(title="Source", of=lambda e: [e.item.source] if e.item.source else [])


def by_account_age(days: Callable[[Example], Any]) -> Slice:
    def of(example: Example) -> Sequence[str]:
        age = days(example)
        if isinstance(age, bool) or not isinstance(age, int | float) or age != age:
            return ["Age not known"]
        return [band(age, (7, 90, 365), "{} to {} days", "Below {} days", "{} days and more", whole=False)]

    return Slice(title="Age of the account", of=of)


def by_stakes(stakes: Callable[[Mapping[str, Any]], float | None], edges: Sequence[float]) -> Slice:
    def of(example: Example) -> Sequence[str]:
        amount = stakes(example.item.payload)
        return ["Not known"] if amount is None else [band(amount, edges, "{} to {}", "Below {}", "{} and more", whole=False)]

    return Slice(title="Amount", of=of)


def by_presence(title: str, words: Mapping[str, str]) -> Slice:
    """Whether a field is there: payload field -> what to call items that have it."""

    def of(example: Example) -> Sequence[str]:
        return [name for field, name in words.items() if example.item.payload.get(field)] or ["None of these"]

    return Slice(title=title, of=of)


def band(value: float, edges: Sequence[float], between: str, below: str, above: str, *, whole: bool = True) -> str:
    """The band of `edges` that holds the value, in words; with `whole` the bands of whole numbers do not share an edge."""
    if value < edges[0]:
        return below.format(_short(edges[0] - 1 if whole else edges[0]))
    for low, high in itertools.pairwise(edges):
        if value < high:
            return between.format(_short(low), _short(high - 1 if whole else high))
    return above.format(_short(edges[-1]))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
