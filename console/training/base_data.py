"""Base data: labelled lines that an installation brings beside its own labels, so that a small retraining does not forget.

They lie at HOME/snapshots/<kind>/base.jsonl, put there by `import_labels FILE --kind KIND --base`. They are only ever
trained on: what the serving model learnt from cannot test its successor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from console.training.snapshot import write_atomically
from scoring.kind import Kind
from scoring.training.dataset import read_examples
from scoring.types import Example, Json

PREFIX = "base:"


def base_path(kind: str) -> Path:
    return Path(settings.SNAPSHOTS_ROOT) / kind / "base.jsonl"


def base_examples(kind: Kind) -> tuple[list[Example], str]:
    """The examples and the hash of the file; none and "" when there is no base data. Raises DatasetError on a bad line."""
    path = base_path(kind.name)
    if not path.is_file():
        return [], ""
    body = path.read_bytes()
    examples = read_examples(kind, body.decode("utf-8").splitlines())
    return [replace(e, item=replace(e.item, id=PREFIX + e.item.id)) for e in examples], hashlib.sha256(body).hexdigest()


def base_store(kind: Kind, lines: Iterable[dict[str, Json]], *, replace_all: bool) -> int:
    """Write validated lines; a line with a known id replaces the old one. Returns how many the file holds now."""
    path = base_path(kind.name)
    kept: dict[str, dict[str, Json]] = {}
    if path.is_file() and not replace_all:
        kept = {str(line["id"]): line for line in map(json.loads, path.read_text("utf-8").splitlines())}
    kept.update({str(line["id"]): line for line in lines})
    body = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in kept.values())
    write_atomically(path, body.encode())
    return len(kept)
