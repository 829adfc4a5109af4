"""`python -m scoring hash` and `match`: hashes of files, and what of a bank they equal. One JSON object for each path.

A bank is a file of JSON lines, as `hash` writes them: {"id"?, "label"?, "sha256"?, "pdq"?, "vpdq"?: [{"pdq", "quality"?}]}.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scoring.artifacts import sha256_file
from scoring.media.errors import MediaError
from scoring.media.limits import HASHING, Limits
from scoring.media.runner import check_file, run_child
from scoring.signals.hashes import SAME_VIDEO, BankError, HashIndex, read_bank

__all__ = ["BankError", "hash_file", "hash_paths", "match_hashes", "match_paths"]


def hash_file(path: Path, *, limits: Limits = HASHING) -> dict[str, Any]:
    """{"path", "sha256", "mime", "pdq", "pdq_quality", "vpdq"}. Raises MediaError on a file that cannot be read."""
    sha256 = sha256_file(check_file(path, limits))
    with tempfile.TemporaryDirectory(prefix="hash-") as work:
        answer = run_child("hash", path, Path(work), limits)
    return {
        "path": str(path), "sha256": sha256, "mime": answer["mime"], "pdq": answer["pdq"], "pdq_quality": answer["pdq_quality"],
        "vpdq": answer["vpdq"],
    }  # fmt: skip


def hash_paths(paths: Iterable[Path | str]) -> Iterator[dict[str, Any]]:
    """One row for each path, in order; a file that cannot be read gives {"path", "error"}."""
    for path in paths:
        try:
            yield hash_file(Path(path))
        except MediaError as error:
            yield {"path": str(path), "error": str(error)}


def match_paths(bank: Path, paths: Iterable[Path | str]) -> Iterator[dict[str, Any]]:
    """{"path", "sha256", "matches": [{"id", "label", "distance", ...}], "known": bool} for each path, in order.

    Raises BankError when the bank cannot be used.
    """
    index = read_bank(bank)
    for row in hash_paths(paths):
        if "error" in row:
            yield row
            continue
        matches = match_hashes(index, row)
        known = any(m.get("exact") or m.get("query_percent", 100.0) >= SAME_VIDEO for m in matches)
        yield {"path": row["path"], "sha256": row["sha256"], "mime": row["mime"], "known": known, "matches": matches}


def match_hashes(index: HashIndex, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Matches of one row of hash_paths: exact ones first, then by PDQ (pictures) or vPDQ (videos)."""
    exact = [dict(m) for m in index.match_sha256(row["sha256"])]
    seen = {m["id"] for m in exact}
    if row["vpdq"]:
        near = index.match_video([f["pdq"] for f in row["vpdq"]], [f["quality"] for f in row["vpdq"]])
    else:
        near = index.match_pdq(row["pdq"]) if row["pdq_quality"] >= 50 else []
    return exact + [dict(m) for m in near if m["id"] not in seen]
