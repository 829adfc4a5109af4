"""Train the review starter from openly licensed sets and templated texts of our own, measure it, write it with its card.

Run: python -m scoring.training.starters.review --data DIR [--out DIR] [--cache DIR] [--seed 0]
DIR holds the sets' folders (see review_sources). A seventh of every set is held out for the figures in the card.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scoring.artifacts import read_bundle, write_bundle
from scoring.kind import Split, TrainOptions
from scoring.kinds.review import REVIEW
from scoring.kinds.review.training import train_quick
from scoring.starters import FOLDER
from scoring.training import metrics
from scoring.training.dataset import split
from scoring.training.fit import score_examples
from scoring.training.seen import write_seen
from scoring.training.starters.review_sources import ALL, SOURCES, read_source
from scoring.training.starters.review_talk import talk
from scoring.types import Example, Item, Score

VERSION = "starter-1"
FLAGGED_AT = 0.5
PARAMETERS = {"partial_labels": True, "max_features": 90_000, "min_df": 3, "strength": 2.0}
HONEST_WEIGHT = 3.0  # honest reviews are what most traffic is; the sets are mostly harm


def read_examples(data: Path, seed: int) -> list[Example]:
    examples = []
    for source in SOURCES:
        for text in read_source(data, source):
            weight = HONEST_WEIGHT if source.folder == "reviews_benign_uci" else 1.0
            examples.append(_example(text.id, text.text, text.labels, text.group, weight))
    for number, (written, function, labels) in enumerate(talk(seed)):
        examples.append(_example(f"own-{function}/{number}", written, labels, None, 1.0))
    return examples


def _example(name: str, text: str, labels: Mapping[str, int], group: str | None, weight: float) -> Example:
    return Example(item=Item(id=name, kind="review", payload=REVIEW.parse({"text": text})), labels=labels, group=group, weight=weight)


def source_of(example: Example) -> str:
    return example.item.id.split("/", 1)[0]


def measure(scores: Sequence[Score], examples: Sequence[Example]) -> dict[str, Any]:
    """Per label (average precision, AUROC over known labels), and the share flagged at 0.5 by source."""
    out: dict[str, Any] = {"labels": {}, "flagged": {}}
    for name in ALL:
        pairs = [(e.labels[name], s.labels[name]) for s, e in zip(scores, examples, strict=True) if name in e.labels]
        y, p = (np.array(column, float) for column in zip(*pairs, strict=True))
        out["labels"][name] = {
            "n": len(y), "positives": int(y.sum()), "ap": round(metrics.average_precision(y, p), 3),
            "auroc": round(metrics.auroc(y, p), 3),
        }  # fmt: skip
    harm: dict[tuple[str, bool], list[bool]] = {}
    for score, example in zip(scores, examples, strict=True):
        harmful = any(example.labels.values())
        if harmful or len(example.labels) == len(ALL):
            harm.setdefault((source_of(example), harmful), []).append((score.risk or 0.0) >= FLAGGED_AT)
    for (source, harmful), flags in sorted(harm.items()):
        out["flagged"].setdefault(source, {})["harmful" if harmful else "harmless"] = (round(float(np.mean(flags)), 4), len(flags))
    return out


def card(parts: Split, figures: Mapping[str, Any] | None) -> str:
    counts = Counter(source_of(e) for e in (*parts.train, *parts.tune))
    own = sum(n for name, n in counts.items() if name.startswith("own-"))
    lines = [
        "# Review starter", "",
        "Seven labels: hate, harassment, threat, sexual, profanity, spam, privacy. Character and word n-grams (hashed: no training",
        "text can be read out of the bundle) blended with the frozen all-MiniLM-L6-v2 encoder, calibrated per label and as one risk",
        "by cross-fitting.", "",
        "## From what", "", "| set | licence | texts |", "|---|---|---|",
        *(f"| {s.folder} | {s.licence} | {counts[s.folder]} |" for s in SOURCES),
        f"| templated texts of our own | Apache-2.0 | {own} |", "",
        "Labels were mapped to the seven categories; what a set's annotators were not asked counts as unknown. Made again by",
        "`python -m scoring.training.starters.review --data DIR`.", "",
    ]  # fmt: skip
    return "\n".join([*lines, *(_figures(figures) if figures else []), *_limits()])


def _figures(figures: Mapping[str, Any]) -> list[str]:
    return [
        "## How good", "",
        "On a held-out seventh of the same sets (near-duplicates kept on one side), never used to train, blend or calibrate:", "",
        "| label | texts | positives | average precision | AUROC |", "|---|---|---|---|---|",
        *(f"| {n} | {r['n']} | {r['positives']} | {r['ap']} | {r['auroc']} |" for n, r in figures["labels"].items()), "",
        f"Share flagged at risk {FLAGGED_AT} (number of texts):", "", "| set | harmful | harmless |", "|---|---|---|",
        *(f"| {name} | {_share(row.get('harmful'))} | {_share(row.get('harmless'))} |" for name, row in figures["flagged"].items()), "",
        "The `own-` rows come from the templates that also trained it, with other words filled in: they show that it learnt, not",
        "that it generalises.", "",
    ]  # fmt: skip


def _share(pair: tuple[float, int] | None) -> str:
    return "" if pair is None else f"{100 * pair[0]:.1f} % ({pair[1]})"


def _limits() -> list[str]:
    return [
        "## Not for", "",
        "- Deciding without a person: its thresholds are certified by nobody. The policy that ships with it is a demo.",
        "- Languages other than English, or scripts other than Latin: such texts are marked out of scope and go to a person.",
        "- Your traffic as it is: the sets are tweets, news comments, SMS and video comments; threat, sexual and privacy rest mostly",
        "  on templates.",
        "- Dialects and reclaimed words: the tweets were collected by word lists, with known bias against some dialects",
        "  (arXiv 1905.12516).",
        "", "Retrain it on your own verdicts as soon as there are some hundred of them.", "",
    ]  # fmt: skip


def tell(share: float, sentence: str) -> None:
    sys.stderr.write(f"\r{share:5.0%} {sentence:<70}")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=FOLDER / "review")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    parts = split(read_examples(options.data, options.seed), REVIEW, seed=options.seed, test=1 / 7, tune=1 / 7)
    parameters = {**PARAMETERS, "card": card(parts, None)}
    settings = TrainOptions(seed=options.seed, version=VERSION, cache_dir=options.cache, progress=tell, parameters=parameters)
    bundle = train_quick(Split(train=parts.train, tune=parts.tune), options.out, settings)
    figures = measure(score_examples(bundle, parts.test), parts.test)
    _with_card(options.out, card(parts, figures), figures, [*parts.train, *parts.tune])
    sys.stderr.write("\n")
    sys.stdout.write(card(parts, figures) + "\n")


def _with_card(out: Path, text: str, figures: Mapping[str, Any], examples: Sequence[Example]) -> None:
    """The figures are known only after scoring with the sealed bundle, so it is sealed again with them.

    What it learnt or was calibrated on is kept as fingerprints; the held-out seventh may examine it and its successors.
    """
    old = read_bundle(out, kind="review")
    contents = {name: old.file(name).read_bytes() for name in old.files}

    def fill(folder: Path) -> None:
        for name, content in contents.items():
            (folder / name).write_bytes(text.encode() if name == "MODEL_CARD.md" else content)
        write_seen(folder, REVIEW, (example.item for example in examples))

    meta = {**old.meta, "metrics": figures}
    write_bundle(out, kind=old.kind, version=old.version, trainer=old.trainer, labels=old.labels, fill=fill, meta=meta)


if __name__ == "__main__":
    main()
