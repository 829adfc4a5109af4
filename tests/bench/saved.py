"""Figures that are kept: one JSON file a bench under results/, each with machine, date and command; and the chapter of the README that
says the same."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.result import Figure, Result, cells, table

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = Path(__file__).with_name("results")
README = ROOT / "README.md"
BEGIN, END = "<!-- figures: begin, written by `make bench-readme` -->", "<!-- figures: end -->"


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "arch": platform.machine(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}


def save(name: str, results: Sequence[Result | Figure], *, on: dict[str, Any], rounds: int, folder: Path = RESULTS) -> Path:
    """`on` is the machine as it was when the bench began."""
    doc = import_module(f"tests.bench.bench_{name}").__doc__ or name
    kept = {
        "name": name, "title": doc.strip().splitlines()[0], "date": datetime.now(UTC).date().isoformat(), "machine": on, "rounds": rounds,
        "command": f"python -m tests.bench {name} --rounds {rounds}",
        "rows": [cells(result) for result in results],
        "seconds": [
            {"what": r.what, "units": r.units, "ours": list(r.ours), "naive": list(r.naive)} for r in results if isinstance(r, Result)
        ],
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def load(folder: Path = RESULTS) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def chapter(kept: Sequence[dict[str, Any]]) -> str:
    """What stands between the two marks, the marks among it."""
    parts = [BEGIN]
    for one in kept:
        on = one["machine"]
        parts.append(
            f"**{one['title']}** Measured on {one['date']} by `{one['command']}`: {on['cores']} cores ({on['arch']}), "
            f"Python {on['python']}, load {on['load']} when it began.\n\n{table(one['rows'])}"
        )
    return "\n\n".join([*parts, END])


def into(text: str, kept: Sequence[dict[str, Any]]) -> str:
    """Raises ValueError when the marks are not there, once each."""
    found = re.split(f"{re.escape(BEGIN)}.*?{re.escape(END)}", text, flags=re.DOTALL)
    if len(found) != 2:
        raise ValueError(f"{README.name} must have the lines {BEGIN} and {END} once")
    return found[0] + chapter(kept) + found[1]


def rewrite() -> None:
    README.write_text(into(README.read_text("utf-8"), load()), "utf-8")
