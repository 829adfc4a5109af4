"""Which known content a video or picture equals, by the hashes of what was sampled of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.kinds.video.card import clock
from scoring.kinds.video.observe import Observation
from scoring.types import Evidence, HashMatcher

MAX_DISTANCE, MIN_QUALITY = 31, 50  # bits of 256 and quality of a frame, as Meta's vPDQ has them
SAME_VIDEO = 80.0  # per cent of a video's distinct frames found in one entry: the same video, whole or cut
LABEL = "known_content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`percent` of the sampled distinct frames that the entry holds; `whole` decides, the rest is for a person."""

    entry: str
    label: str
    distance: int
    percent: float
    whole: bool
    t: float | None

    def as_evidence(self) -> Evidence:
        share = "the file is the same" if self.distance == 0 and self.t is None else f"{self.percent:.0f} % of what was sampled is in it"
        nearest = "" if self.t is None else f"; nearest at {clock(self.t)}, {self.distance} of 256 bits apart"
        return Evidence(
            type="match", label=self.label, weight=float(self.distance), value=self.entry, t=self.t,
            text=f"Known content {self.entry}: {share}{nearest}",
        )  # fmt: skip


def find_known(seen: Observation, bank: HashMatcher) -> list[Match]:
    """Exact copies first, then entries by the share of frames that they hold."""
    exact = [
        Match(entry=str(row["id"]), label=str(row.get("label") or LABEL), distance=0, percent=100.0, whole=True, t=None)
        for row in bank.match_sha256(seen.sha256)
    ]
    taken = {match.entry for match in exact}
    return exact + [match for match in _by_frames(seen, bank) if match.entry not in taken]


def _by_frames(seen: Observation, bank: HashMatcher) -> list[Match]:
    first: dict[str, float] = {}  # distinct hash -> when it was first seen
    for t, value, quality in zip(seen.times, seen.pdq, seen.quality, strict=True):
        if value is not None and (quality or 0) >= MIN_QUALITY:
            first.setdefault(value, t)
    found: dict[str, list[tuple[int, float, Mapping[str, Any]]]] = {}
    for value, t in first.items():
        for row in bank.match_pdq(value, MAX_DISTANCE):
            found.setdefault(str(row["id"]), []).append((int(row["distance"]), t, row))
    matches = []
    for entry, rows in found.items():
        distance, t, row = min(rows, key=lambda r: (r[0], r[1]))
        percent = 100.0 * len(rows) / len(first)
        label = str(row.get("label") or LABEL)
        matches.append(Match(entry=entry, label=label, distance=distance, percent=percent, whole=percent >= SAME_VIDEO, t=t))
    return sorted(matches, key=lambda m: (-m.percent, m.distance, m.entry))
