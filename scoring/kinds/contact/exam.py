"""How contact models are examined: addresses and numbers with a known answer, changes that can only make a record worse or better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np

from scoring.artifacts import Bundle
from scoring.exam import Additive, Exam, Pair, Probe, Slice
from scoring.gates.slicing import by_presence, by_source
from scoring.kinds.contact.features import FEATURES, extract
from scoring.kinds.contact.scorer import ContactScorer
from scoring.types import Example, Item, Json, RunContext

FILE = Path(__file__).with_name("data") / "functions.txt"
MOST = 120
PERSON = {
    "name": "Anna Berg",
    "company": "Nordwind Logistics",
    "company_domain": "nordwind.example.com",
    "title": "Head of Sales",
    "country": "DE",
}
GOOD = "anna.berg@nordwind.example.com"


@lru_cache(maxsize=1)
def cases() -> tuple[tuple[str, bool, str, str], ...]:
    """(function, wrong, field, value)."""
    found: list[tuple[str, bool, str, str]] = []
    function, wrong, field = "", False, ""
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("["):
            function, field, answer = (part.strip() for part in line.strip("[]").split("|"))
            wrong = answer == "wrong"
        elif line.strip() and not line.startswith(";"):
            found.append((function, wrong, field, line))
    return tuple(found)


def probes(seed: int) -> Sequence[Probe]:
    """A fresh record in which one field is as the case has it; the answer is the chance that this field is wrong."""
    made = []
    for number, (function, wrong, field, value) in enumerate(cases()):
        payload: dict[str, Json] = {**PERSON, "email": GOOD, "phone": "+49 30 901820", "email_origin": "given", "sources": 3, field: value}
        item = Item(id=f"case-{number}", kind="contact", payload=payload)
        made.append(Probe(function=function, form=str(number), item=item, wrong=wrong, needs=field, judged=field))
    return made


def pairs(examples: Sequence[Example], seed: int) -> Sequence[Pair]:
    step = max(1, len(examples) // MOST)
    return [pair for example in examples[::step][:MOST] for pair in _changes(example.item)]


def _changes(item: Item) -> Iterator[Pair]:
    payload, now = item.payload, item.created_at

    def changed(**fields: Json) -> Item:
        return replace(item, payload={**payload, **fields})

    if payload.get("email"):
        yield Pair(function="E-mail that cannot exist", before=item, after=changed(email="anna berg@nordwind"), goes="up")
        yield Pair(function="Throw-away e-mail domain", before=item, after=changed(email="a.b@mailinator.com"), goes="up")
    if now is not None:
        old, new = (now - timedelta(days=days) for days in (900, 10))
        times = ("updated_at", "verified_at", "signature_at")
        before, after = (changed(**dict.fromkeys(times, at.isoformat())) for at in (new, old))
        yield Pair(function="Last confirmed 30 months ago, not 10 days", before=before, after=after, goes="up")
        moved = changed(updated_at=old.isoformat(), job_changed_at=new.isoformat())
        yield Pair(function="Changed jobs since", before=changed(updated_at=old.isoformat(), job_changed_at=None), after=moved, goes="up")


def gap(bundle: Bundle, items: Sequence[Item]) -> float:
    """Of every head: shares of two records must differ by as much as their log-odds do. No base is needed for that."""
    scorer = ContactScorer(bundle)
    rows = np.array([[values[name] for name in FEATURES] for values in map(extract, items)])
    gaps = [0.0]
    for calibrated in scorer.heads.values():
        sums, margins = calibrated.head.contributions(rows).sum(axis=1), calibrated.head.margin(rows)
        gaps.append(float(np.abs((sums - sums[0]) - (margins - margins[0])).max()))
    return max(gaps)


def told(bundle: Bundle, items: Sequence[Item], context: RunContext) -> Sequence[tuple[float, float, float]]:
    return ()


def by_freshness() -> Slice:
    def of(example: Example) -> Sequence[str]:
        months = extract(example.item)["age_months"]
        return ["Below 6 months" if months < 6 else "6 to 18 months" if months < 18 else "18 months and more"]

    return Slice(title="Age of the record", of=of)


def by_country() -> Slice:
    def of(example: Example) -> Sequence[str]:
        country = example.item.payload.get("country")
        return [str(country).upper()] if country else ["Country not known"]

    return Slice(title="Country", of=of)


KNOWN: Mapping[str, str] = {"email": "With e-mail", "phone": "With phone", "title": "With title"}
EXAM = Exam(
    slices=(by_freshness(), by_country(), by_source(), by_presence("What is known", KNOWN)),
    probes=probes, pairs=pairs, additive=Additive(gap=gap, told=told),
)  # fmt: skip
