"""Counts of a backtest as it goes, small whatever the history is: plain JSON, so that a run goes on after a kill where it was."""

from __future__ import annotations

import hashlib
from typing import Any

from scoring.backtest.rows import NOT_DECIDED, Judged, Row

SAMPLES = 40  # hits and near misses that are kept, drawn by the hash of their ids
MOST_NAMES = 40  # languages, sources, rules that are counted by name; the rest is "other"
OTHER = "other"
SLICE = ("items", "hits", "labelled", "harmful", "hits_labelled", "hits_harmful", "review_was", "review_would")
MISSED = ("allow", NOT_DECIDED)  # what nothing had caught
DAY = ("items", "review_was", "review_would", "hits")


class Tally:
    """`data` is JSON. The same rows in the same order give the same counts and samples, wherever a run was broken off."""

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = data or {
            "seen": 0, "unscored": 0, "hits": 0, "unique": 0, "errors": 0, "error": "", "labelled": 0, "harmful": 0,
            "matrix": {}, "proof": {}, "drawn": {}, "overlap": {}, "days": {}, "slices": {"source": {}, "language": {}},
            "hit_samples": [], "near_samples": [],
        }  # fmt: skip

    def leave_out(self) -> None:
        """A row that has no score to decide by."""
        self.data["unscored"] += 1
        self.data["seen"] += 1

    def add(self, row: Row, judged: Judged) -> None:
        data = self.data
        data["seen"] += 1
        data["hits"] += judged.hit
        data["unique"] += judged.hit and row.was in MISSED
        if judged.error:
            data["errors"] += 1
            data["error"] = data["error"] or judged.error
        _count(data["matrix"], f"{row.was}>{judged.outcome}")
        if row.harmful is not None:
            data["labelled"] += 1
            data["harmful"] += row.harmful
            self._prove(row, judged, bool(row.harmful))
        if judged.hit:
            name = f"rule: {row.rule}" if row.rule else f"{row.was}: {row.reason}" if row.reason else row.was
            _count(data["overlap"], name if name in data["overlap"] or len(data["overlap"]) < MOST_NAMES else OTHER)
        self._place(row, judged)
        self._keep(row, judged)

    def _prove(self, row: Row, judged: Judged, harmful: bool) -> None:
        """By what was and would be decided, and of the hits: labelled, harmful; and where the draw is known, sums of its weights."""
        keys = [f"was:{row.was}", f"would:{judged.outcome}", *(["hit"] if judged.hit else [])]
        if judged.hit and row.was in MISSED:
            keys.append("unique")
        for key in keys:
            pair = self.data["proof"].setdefault(key, [0, 0])
            pair[0] += harmful
            pair[1] += 1
            if row.chance:
                sums, weight = self.data["drawn"].setdefault(key, [0, 0.0, 0.0, 0.0, 0.0]), 1.0 / row.chance
                sums[0] += 1
                sums[1] += weight
                sums[2] += weight * harmful
                sums[3] += weight * weight
                sums[4] += weight * weight * harmful

    def _place(self, row: Row, judged: Judged) -> None:
        data = self.data
        day = data["days"].setdefault(row.day, [0] * len(DAY))
        for i, one in enumerate((True, row.was == "review", judged.outcome == "review", judged.hit)):
            day[i] += one
        known, harmful, hit = row.harmful is not None, bool(row.harmful), judged.hit
        parts = (True, hit, known, harmful, known and hit, harmful and hit, row.was == "review", judged.outcome == "review")
        for what, name in (("source", row.source), ("language", row.language)):
            names = data["slices"][what]
            cells = names.setdefault(name if name in names or len(names) < MOST_NAMES else OTHER, [0] * len(SLICE))
            for i, one in enumerate(parts):
                cells[i] += one

    def _keep(self, row: Row, judged: Judged) -> None:
        """The samples with the smallest keys: hits by hash, near misses the nearest first."""
        if not judged.hit and judged.near is None:
            return
        order = int.from_bytes(hashlib.blake2b(row.item.id.encode(), digest_size=6).digest(), "big")
        kept = self.data["hit_samples" if judged.hit else "near_samples"]
        key = [0.0 if judged.hit else round(judged.near or 0.0, 6), order]
        if len(kept) >= SAMPLES and key >= kept[-1]["key"]:
            return
        risk = row.score.risk if row.score else None
        told = {"id": row.item.id, "risk": risk, "was": row.was, "would": judged.outcome, "harmful": row.harmful, "why": judged.why}
        kept.append({"key": key, **told})
        kept.sort(key=lambda one: one["key"])
        del kept[SAMPLES:]


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
