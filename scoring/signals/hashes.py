"""Known content: an index of the hashes in a bank, and what it says of a file.

A flat scan (faiss, binary): exact, nothing to tune, about a millisecond at a million hashes where NumPy takes twenty
(tests/bench measures it). Workers only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import faiss
import numpy as np

from scoring.media.vpdq import MAX_DISTANCE, MIN_QUALITY, Overlap, distinct, overlap, pack
from scoring.types import Json

Row = Mapping[str, Json]
SAME_VIDEO = 80.0  # per cent of a query's distinct frames that are in one bank entry: the same video, whole or cut

faiss.omp_set_num_threads(1)  # one query at a time: threads cost more than they save


class BankError(ValueError):
    """A line of a bank cannot be used; the message says which and why."""


class HashIndex:
    """Implements types.HashMatcher over rows {"id"?, "label"?, "sha256"?, "pdq"?, "vpdq"?: [{"pdq", "quality"?}]}.

    `match_pdq` returns {"id", "label", "distance"} of each entry within the distance, nearest first: its own hash or
    the nearest of its frames. Raises BankError on a row with no hash or a malformed one.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.entries: list[dict[str, Json]] = []
        self.frames: list[list[str]] = []  # distinct frame hashes of each entry
        self.by_sha256: dict[str, list[int]] = {}
        hashes: list[str] = []
        owners: list[int] = []
        for number, row in enumerate(rows):
            entry = {"id": str(row.get("id") or number), "label": row.get("label")}
            frames = _frames(row, number)
            own = [str(row["pdq"]).lower()] if row.get("pdq") else []
            sha256 = str(row.get("sha256") or "").lower()
            if not (own or frames or sha256):
                raise BankError(f"bank entry {entry['id']} has no hash")
            if sha256:
                self.by_sha256.setdefault(sha256, []).append(number)
            self.entries.append(entry)
            self.frames.append(frames)
            hashes += own + frames
            owners += [number] * (len(own) + len(frames))
        try:
            self.packed = pack(hashes) if hashes else np.zeros((0, 4), np.uint64)
        except ValueError as error:
            raise BankError(f"the bank holds a PDQ hash that is not 64 hex digits: {error}") from error
        self.owners = np.array(owners, np.int64)
        self.index = faiss.IndexBinaryFlat(256)
        self.index.add(np.ascontiguousarray(self.packed).view(np.uint8).reshape(-1, 32))

    def __len__(self) -> int:
        return len(self.entries)

    def match_sha256(self, sha256: str) -> list[Row]:
        return [{**self.entries[i], "distance": 0, "exact": True} for i in self.by_sha256.get(sha256.lower(), ())]

    def match_pdq(self, pdq_hex: str, max_distance: int = MAX_DISTANCE) -> list[Row]:
        nearest = self._nearest(pdq_hex, max_distance)
        return [{**self.entries[i], "distance": d} for i, d in sorted(nearest.items(), key=lambda pair: (pair[1], pair[0]))]

    def match_video(self, hashes: Sequence[str], quality: Sequence[int], max_distance: int = MAX_DISTANCE) -> list[Row]:
        """Entries that share frames: {"id", "label", "distance", "query_percent", "bank_percent"}, most shared first."""
        query = distinct(hashes, quality)
        touched = {owner for value in query for owner in self._nearest(value, max_distance)}
        rows = []
        for owner in touched:
            found = self._overlap(query, owner, max_distance)
            rows.append({
                **self.entries[owner], "distance": found.nearest, "query_percent": round(found.query, 2),
                "bank_percent": round(found.bank, 2),
            })  # fmt: skip
        return sorted(rows, key=lambda row: (-float(row["query_percent"]), row["distance"], row["id"]))

    def _overlap(self, query: Sequence[str], owner: int, max_distance: int) -> Overlap:
        frames = self.frames[owner] or [_hex(self.packed[i]) for i in np.flatnonzero(self.owners == owner)]
        return overlap(query, frames, max_distance)

    def _nearest(self, pdq_hex: str, max_distance: int) -> dict[int, int]:
        """Entry number -> smallest distance, of entries within the distance."""
        try:
            wanted = pack([pdq_hex])[0]
        except ValueError as error:
            raise BankError(f"{pdq_hex[:80]!r} is not a PDQ hash: {error}") from error
        nearest: dict[int, int] = {}
        _, counts, rows = self.index.range_search(wanted.view(np.uint8).reshape(1, 32), max_distance + 1)
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
            owner = int(self.owners[row])
            nearest[owner] = min(int(count), nearest.get(owner, 257))
        return nearest


def _hex(words: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> str:
    return words.tobytes().hex()


def _frames(row: Row, number: int) -> list[str]:
    listed = row.get("vpdq") or ()
    try:
        hashes = [str(frame["pdq"]).lower() for frame in listed]
        quality = [int(frame.get("quality", 100)) for frame in listed]
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise BankError(f'bank entry {row.get("id", number)}: each frame of "vpdq" needs a "pdq"') from error
    return distinct(hashes, quality, MIN_QUALITY)


def read_bank(path: Path) -> HashIndex:
    """A bank in JSON lines. Raises BankError with the number of the line that cannot be used."""
    rows = []
    with path.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BankError(f"{path.name} line {number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise BankError(f"{path.name} line {number}: an entry is an object")
            rows.append({"id": row.get("id") or f"line {number}", **{k: v for k, v in row.items() if k != "id"}})
    return HashIndex(rows)
