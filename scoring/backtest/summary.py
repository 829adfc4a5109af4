"""From a tally to what is told: shares with their ranges, what changes, by day and by slice. No numpy: pages may call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from scoring.backtest.rows import OUTCOMES
from scoring.backtest.tally import DAY, SLICE
from scoring.binomial import Z95, clopper_pearson, wilson

EXACT = 2_000  # of the rarer answer; beyond it the exact interval and Wilson's agree to three places, and the exact one takes seconds
Proof = dict[str, Any]


def summarise(data: Mapping[str, Any], *, share: float = 1.0) -> dict[str, Any]:
    """`share` is the chance with which each row was drawn: counts are of what was seen, `whole` says what they stand for."""
    judged = data["seen"] - data["unscored"]
    matrix = {was: {would: data["matrix"].get(f"{was}>{would}", 0) for would in OUTCOMES} for was in OUTCOMES}
    review_was = sum(matrix["review"].values())
    review_would = sum(row["review"] for row in matrix.values())
    days = [{"day": day, **dict(zip(DAY, cells, strict=True))} for day, cells in sorted(data["days"].items())]
    caught = _caught(data["proof"])
    return {
        "seen": data["seen"], "judged": judged, "unscored": data["unscored"], "share": share,
        "hits": {"count": data["hits"], **_share(data["hits"], judged), "whole": _whole(data["hits"], share)},
        "errors": data["errors"], "error": data["error"], "matrix": matrix,
        "changed": sum(n for was, row in matrix.items() for would, n in row.items() if was != would),
        "labelled": data["labelled"], "harmful": data["harmful"],
        "precision": _proof(data, "hit"), "unique": {**_proof(data, "unique"), "count": data["unique"]},
        "recall": _labelled_share(data["proof"].get("hit", [0, 0])[0], data["harmful"]),
        "caught_was": _labelled_share(caught["was"], data["harmful"]), "caught_would": _labelled_share(caught["would"], data["harmful"]),
        "proof": {key: _proof(data, key) for key in (f"{side}:{outcome}" for side in ("was", "would") for outcome in OUTCOMES[:3])},
        "overlap": [{"name": name, "count": count} for name, count in sorted(data["overlap"].items(), key=lambda pair: -pair[1])],
        "queue": _queue(review_was, review_would, days, share), "days": days,
        "slices": {what: _slices(names) for what, names in data["slices"].items()},
        "hit_samples": [_sample(one) for one in data["hit_samples"]], "near_samples": [_sample(one) for one in data["near_samples"]],
    }  # fmt: skip


def interval(right: int, of: int) -> tuple[float, float]:
    """95 in 100, exact where that can be had quickly."""
    return clopper_pearson(right, of) if min(right, of - right) <= EXACT else wilson(right, of)


def _share(right: int, of: int) -> Proof:
    low, high = interval(right, of)
    return {"of": of, "share": right / of if of else None, "low": round(low, 5), "high": round(high, 5)}


def _labelled_share(right: int, of: int) -> Proof:
    return {"right": right, **_share(right, of)}


def _proof(data: Mapping[str, Any], key: str) -> Proof:
    """Labelled and harmful; beside it, from labels that were drawn with a known chance, what holds of all (Hájek's ratio)."""
    harmful, of = data["proof"].get(key, [0, 0])
    return {**_labelled_share(harmful, of), "drawn": weighted_share(data["drawn"].get(key))}


def weighted_share(sums: Sequence[float] | None) -> Proof | None:
    """Horvitz-Thompson totals, as a ratio: sum(y/p) / sum(1/p), linearised variance, the range by Wilson at Kish's effective size."""
    if not sums or sums[0] < 2:
        return None
    n, weight, harmful, squares, squares_harmful = sums
    share = harmful / weight
    effective = weight * weight / squares
    middle_square = max(0.0, squares_harmful * (1 - 2 * share) + share * share * squares) / (weight * weight)
    scale = 1 + Z95 * Z95 / effective
    middle = (share + Z95 * Z95 / (2 * effective)) / scale
    half = Z95 * sqrt(max(middle_square, share * (1 - share) / effective) + Z95 * Z95 / (4 * effective * effective)) / scale
    return {"of": int(n), "share": share, "low": round(max(0.0, middle - half), 5), "high": round(min(1.0, middle + half), 5)}


def _whole(count: int, share: float) -> dict[str, int] | None:
    """What a count in a sample stands for. Each row was drawn by itself with chance `share`, so the variance of count/share is known."""
    if share >= 1:
        return None
    half = Z95 * sqrt(max(count, 1) * (1 - share)) / share
    return {"about": round(count / share), "low": max(count, round(count / share - half)), "high": round(count / share + half)}


def _caught(proof: Mapping[str, Sequence[int]]) -> dict[str, int]:
    return {side: sum(proof.get(f"{side}:{outcome}", [0, 0])[0] for outcome in ("review", "enforce")) for side in ("was", "would")}


def _queue(was: int, would: int, days: Sequence[Mapping[str, Any]], share: float) -> dict[str, Any]:
    """Cases a day before and then, of all history and not of the sample."""
    count = max(1, len(days))
    return {"days": len(days), "was": was / share / count, "would": would / share / count, "change": (would - was) / share / count}


def _slices(names: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    rows = []
    for name, cells in sorted(names.items(), key=lambda pair: (-pair[1][0], pair[0])):
        row = dict(zip(SLICE, cells, strict=True))
        rows.append({"name": name, **row, "precision": _labelled_share(row["hits_harmful"], row["hits_labelled"])})
    return rows


def _sample(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("id", "risk", "was", "would", "harmful", "why")}
