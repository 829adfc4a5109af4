"""What a model was made from, as fingerprints in its bundle: so that it is never examined on it, wherever an item comes from.

A bundle may hold `seen.txt`: one fingerprint a line, ten hex digits (40 bits: among 30,000, one item in 30 million is
taken for seen that was not, which only costs a test item). No text can be read out of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from scoring.artifacts import Bundle
from scoring.kind import Kind
from scoring.training.dataset import near_key
from scoring.types import Item, as_json

FILE = "seen.txt"
DIGITS = 10


def fingerprint(kind: Kind, item: Item) -> str:
    """Near-duplicates share it, as in dataset.ties(); where a text says too little (or lines repeat by nature), the payload counts."""
    key = near_key(kind.text(item.payload)) if kind.history is None else ""
    said = key or json.dumps(as_json(item.payload), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{kind.name}\0{said}".encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def write_seen(folder: Path, kind: Kind, items: Iterable[Item]) -> None:
    """Into the folder of a bundle that is being filled."""
    found = sorted({fingerprint(kind, item) for item in items})
    (folder / FILE).write_text("".join(f"{line}\n" for line in found), "ascii")


def read_seen(bundle: Bundle) -> frozenset[str]:
    """Empty for a bundle that says nothing of what it was made from."""
    return frozenset(bundle.file(FILE).read_text("ascii").split()) if FILE in bundle.files else frozenset()
