"""How review models are examined: groups of a test, texts with a known answer, ways to hide words, reasons taken out."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from scoring.artifacts import Bundle
from scoring.exam import Erasing, Exam, Probe, Word
from scoring.gates.slicing import by_account_age, by_identity, by_language, by_length, by_source
from scoring.kinds.review.payload import searchable_text
from scoring.kinds.review.scorer import ReviewScorer
from scoring.types import Example, Item, Score

FILE = Path(__file__).with_name("data") / "functions.txt"
EACH = 3  # fillings of a template
SLOTS = {
    "groups": (
        "Muslims", "Jews", "Christians", "immigrants", "refugees", "women", "men", "gay people", "lesbians", "trans people", "black people",
        "white people", "Asians", "Mexicans", "disabled people", "old people", "Roma people", "foreigners",
    ),
    "role": ("waiter", "driver", "receptionist", "hairdresser", "landlord", "cook", "guide", "seller"),
    "place": ("cafe", "hotel", "museum", "bakery", "gym", "campsite", "bookshop"),
    "name": ("Nora Quist", "Emil Varga", "Tess Holm", "Ivo Marek"),
    "thing": ("kettle", "printer", "tent", "blender", "charger", "mattress"),
    "site": ("quickbucks.example.com", "megabags.shop", "slimfast-now.biz", "coupon4you.info"),
}  # fmt: skip


@lru_cache(maxsize=1)
def templates() -> tuple[tuple[str, str, str], ...]:
    """(function, template, label or ""). Raises ValueError on a line under no heading."""
    found: list[tuple[str, str, str]] = []
    function = label = ""
    for line in FILE.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"\[([^:\]]+)(?:: (\w+))?\]", line):
            function, label = heading.group(1), heading.group(2) or ""
        elif line.strip() and not line.startswith(";"):
            if not function:
                raise ValueError(f"{FILE.name}: {line!r} stands under no heading")
            found.append((function, line, label))
    return tuple(found)


def probes(seed: int) -> Sequence[Probe]:
    dice = random.Random(seed)
    made: dict[str, Probe] = {}
    for function, form, label in templates():
        for _ in range(EACH):
            text = form.format_map({slot: dice.choice(words) for slot, words in SLOTS.items()})
            item = Item(id=f"probe-{len(made)}", kind="review", payload={"text": text[:1].upper() + text[1:]})
            made.setdefault(text, Probe(function=function, form=form, item=item, wrong=bool(label), needs=label))
    return list(made.values())


def rewrite(item: Item, change: Callable[[str], str]) -> Item | None:
    """Title and text, as their author would hide them."""
    words = {name: change(value) for name in ("title", "text") if isinstance(value := item.payload.get(name), str) and value}
    return replace(item, payload={**item.payload, **words}) if words else None


def append(item: Item, sentence: str) -> Item | None:
    text = item.payload.get("text")
    return replace(item, payload={**item.payload, "text": f"{text.rstrip()} {sentence}"}) if isinstance(text, str) else None


def text_of(item: Item) -> str:
    return str(item.payload.get("text") or "")


def without(item: Item, words: Sequence[Word]) -> Item:
    """The text without these words; a full stop where nothing is left."""
    text, kept, last = text_of(item), [], 0
    for start, end in words:
        kept.append(text[last:start])
        last = end
    left = " ".join(("".join(kept) + text[last:]).split())
    return replace(item, payload={**item.payload, "text": left or "."})


def shown(item: Item, score: Score) -> Sequence[tuple[int, int, float]]:
    return [
        (e.start, e.end, e.weight)
        for e in score.evidence
        if e.type == "span" and e.field == "text" and e.start is not None and e.end is not None
    ]


def respelt(item: Item, change: Callable[[str], str]) -> Item:
    return replace(item, payload={**item.payload, "text": change(text_of(item))})


def scrambled(bundle: Bundle, seed: int) -> ReviewScorer:
    scorer = ReviewScorer(bundle)
    scorer.forget(seed)
    return scorer


def account_age(example: Example) -> Any:
    actor = example.item.actor
    return actor.get("account_age_days", actor.get("age_days"))


EXAM = Exam(
    slices=(
        by_language(searchable_text), by_source(), by_length(searchable_text), by_identity(searchable_text), by_account_age(account_age),
    ),
    probes=probes, rewrite=rewrite, append=append,
    erasing=Erasing(text=text_of, without=without, shown=shown, respelt=respelt, scrambled=scrambled),
    unmeasured={"directions": "A text has no single thing that can only make it riskier; its functional tests say more."},
)  # fmt: skip
