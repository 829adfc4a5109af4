"""The open sets behind the review starter, their labels mapped to the seven categories.

A set says only what its annotators were asked. What they were not asked is left out of an example's labels: unknown, not 0.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Row = Mapping[str, str]
Labels = dict[str, int]
ALL = ("hate", "harassment", "threat", "sexual", "profanity", "spam", "privacy")


@dataclass(frozen=True, slots=True)
class Text:
    """One labelled text of a set. `group` ties texts that must not be split."""

    id: str
    text: str
    labels: Labels
    source: str
    group: str | None = None


def none_but(*harms: str, unknown: tuple[str, ...] = ()) -> Labels:
    return {name: int(name in harms) for name in ALL if name in harms or name not in unknown}


def davidson(row: Row) -> Labels | None:
    """Offensive tweets are mostly strong language; whether they attack or are lewd was not asked."""
    if row["label"] == "hate":
        return none_but("hate", unknown=("harassment", "threat", "sexual", "profanity"))
    if row["label"] == "offensive":
        return none_but("profanity", unknown=("harassment", "threat", "sexual"))
    return none_but()


def hatexplain(row: Row) -> Labels | None:
    if row["label"] == "hatespeech":
        return none_but("hate", unknown=("harassment", "threat", "sexual", "profanity"))
    if row["label"] == "offensive":
        return none_but("harassment", unknown=("threat", "sexual", "profanity"))
    return none_but(unknown=("profanity", "sexual"))


def toxicity(row: Row) -> Labels | None:
    """Comments that most annotators found not toxic are the hard negatives; toxic ones of no named type say nothing."""
    named = {"harassment": row["insult"], "threat": row["threat"], "hate": row["identity_attack"], "profanity": row["obscene"]}
    harms = tuple(name for name, value in named.items() if value == "1")
    if int(row["n_not_toxic"]) * 2 > int(row["n_annotators"]):
        return none_but() if not harms and row["other_toxic"] != "1" else None
    return none_but(*harms, unknown=("sexual", "profanity") if "profanity" not in harms else ("sexual",)) if harms else None


def templates(row: Row) -> Labels | None:
    if row["label"] == "nontoxic":
        return none_but()
    if row["template"] == "you_occupation":
        return none_but("harassment", unknown=("profanity",))
    return none_but("hate", unknown=("harassment", "threat", "profanity"))


def sms(row: Row) -> Labels | None:
    if row["label"] == "spam":
        return none_but("spam", unknown=("sexual",))
    return none_but(unknown=("profanity", "sexual", "privacy", "harassment"))


def youtube(row: Row) -> Labels | None:
    if row["label"] == "spam":
        return none_but("spam", unknown=("privacy",))
    return none_but(unknown=("profanity", "harassment", "hate", "sexual"))


def honest(row: Row) -> Labels | None:
    return none_but()


@dataclass(frozen=True, slots=True)
class Source:
    """`most`: at most so many texts of one label, evenly drawn; None takes all."""

    folder: str
    file: str
    licence: str
    labels: Callable[[Row], Labels | None]
    most: int | None = None


SOURCES = (
    Source("davidson_hate_offensive", "train.csv", "MIT", davidson, 5000),
    Source("hatexplain", "official_val.jsonl", "MIT", hatexplain),
    Source("toxicity_types", "train.csv.gz", "CC0-1.0", toxicity, 4000),
    Source("identity_bias_templates", "train.csv", "Apache-2.0", templates, 1500),
    Source("sms_spam", "train.csv", "CC-BY-4.0", sms),
    Source("youtube_spam", "train.csv", "CC-BY-4.0", youtube),
    Source("reviews_benign_uci", "train.csv", "CC-BY-4.0", honest),
)  # fmt: skip


def read_rows(path: Path) -> Iterator[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as handle:
        if ".jsonl" in path.name:
            yield from (json.loads(line) for line in handle if line.strip())
        else:
            yield from csv.DictReader(handle)


def read_source(data: Path, source: Source) -> list[Text]:
    """Raises FileNotFoundError when the set is not in `data`."""
    by_label: dict[str, list[Text]] = {}
    for row in read_rows(data / source.folder / source.file):
        labels = source.labels(row)
        if labels is not None and row["text"].strip():
            name = "+".join(sorted(n for n, v in labels.items() if v))
            by_label.setdefault(name, []).append(Text(f"{source.folder}/{row['id']}", row["text"], labels, source.folder))
    out: list[Text] = []
    for texts in by_label.values():
        step = max(1.0, len(texts) / source.most) if source.most else 1.0
        out += [texts[int(i * step)] for i in range(int(len(texts) / step))]
    return out
