"""What a model was made from, as fingerprints in its bundle: so that it is never examined on it, wherever an item comes from.

A bundle may hold `seen.txt`: one fingerprint a line, ten hex digits (40 bits: among 30,000, one item in 30 million is
taken for seen that was not, which only costs a test item). No text can be read out of it.

Run: python -m scoring.training.seen --kind KIND [--model DIR] < items.jsonl > unseen.jsonl
keeps the lines that the model (the starter without --model) was not made from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scoring.artifacts import Bundle, read_bundle
from scoring.kind import Kind
from scoring.registry import KINDS
from scoring.starters import starter_bundle
from scoring.training.dataset import item_from_line, near_key, payload_text
from scoring.types import Item

FILE = "seen.txt"
DIGITS = 10


def fingerprint(kind: Kind, item: Item) -> str:
    """Near-duplicates share it, as in dataset.ties(); where a text says too little (or lines repeat by nature), the payload counts."""
    key = near_key(kind.text(item.payload)) if kind.history is None else ""
    said = key or payload_text(item)
    return hashlib.sha256(f"{kind.name}\0{said}".encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def write_seen(folder: Path, kind: Kind, items: Iterable[Item]) -> None:
    """Into the folder of a bundle that is being filled."""
    found = sorted({fingerprint(kind, item) for item in items})
    (folder / FILE).write_text("".join(f"{line}\n" for line in found), "ascii")


def read_seen(bundle: Bundle) -> frozenset[str]:
    """Empty for a bundle that says nothing of what it was made from."""
    return frozenset(bundle.file(FILE).read_text("ascii").split()) if FILE in bundle.files else frozenset()


def unseen(bundle: Bundle, lines: Iterable[str]) -> Iterator[str]:
    """The item lines that the model was not made from. Raises DatasetError or ValidationError on a bad line."""
    kind, known = KINDS[bundle.kind], read_seen(bundle)
    for line in lines:
        if line.strip() and fingerprint(kind, item_from_line(kind, json.loads(line))) not in known:
            yield line


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Keep the lines that a model was not made from.")
    parser.add_argument("--kind", choices=list(KINDS), required=True)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args(arguments)
    bundle = read_bundle(options.model, kind=options.kind) if options.model else starter_bundle(options.kind)
    sys.stdout.writelines(unseen(bundle, sys.stdin))


if __name__ == "__main__":
    main()
