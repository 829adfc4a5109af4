"""What the team page says of quality: known answers, agreement, leaning on the machine, who decides best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.insights.agreement import Quality, Share, gold_share, quality_of
from console.insights.best import Best, who_decides_best
from console.ui.team_charts import interval_marks
from scoring.kind import Kind
from scoring.registry import KINDS

GOOD_ALPHA = 0.667  # Krippendorff: below it, conclude nothing from such labels


def quality_context(kind: str) -> dict[str, Any]:
    """`kind` "" is all of them: agreement of whole policies then, and how many differ in each kind instead of which."""
    kinds = [KINDS[kind]] if kind else list(KINDS.values())
    found = {one.name: quality_of(one.name) for one in kinds}
    best = who_decides_best(kinds)
    most = _most(best)
    gold = gold_share(kind)
    leaning = [_leaning(one, found[one.name]) for one in kinds]
    return {
        "gold": gold, "gold_share": _hundred(gold.share), "gold_range": f"Range {_hundred(gold.low)} to {_hundred(gold.high)}",
        "alike": [row for one in kinds for row in _alike(one, found[one.name], whole=not kind)],
        "matrix": found[kind].matrix if kind else None,
        "apart": [(one, found[one.name].matrix) for one in kinds if not kind and found[one.name].matrix.of],
        "leaning": leaning, "leant": any(row["more"] is not None for row in leaning),
        "best": [_row(row, most) for row in best], "best_most": f"{100 * most:.0f}",
    }  # fmt: skip


def _hundred(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"


def _alike(kind: Kind, quality: Quality, *, whole: bool) -> list[dict[str, Any]]:
    rows = []
    for found in quality.agreement:
        if whole and found.clause:
            continue
        marks = None
        if found.alpha is not None and found.low is not None and found.high is not None:
            marks = interval_marks(found.low, found.alpha, found.high, most=1.0, width=100.0)
        rows.append(
            {
                "title": kind.words.many.capitalize() if whole else found.title, "alpha": found.alpha, "low": found.low, "high": found.high,
                "marks": marks, "zero": interval_marks(0.0, GOOD_ALPHA, 1.0, most=1.0, width=100.0)["middle"],
            }
        )  # fmt: skip
    return rows


def _leaning(kind: Kind, quality: Quality) -> dict[str, Any]:
    found = quality.leaning
    more = None if found.more is None else _hundred(found.more)
    return {"many": kind.words.many, "more": more, "low": _hundred(found.low), "high": _hundred(found.high), "items": found.items}


def _most(rows: Sequence[Best]) -> float:
    """The right end of the scale: room for every range that is worth reading, at least 10 in 100."""
    highs = [share.high for row in rows for share in (row.people, row.machine, row.both) if share.of >= 20]
    return max([0.1, *highs])


def _row(best: Best, most: float) -> dict[str, Any]:
    named = (("People", "person", best.people, "5"), ("Machine", "machine", best.machine, "13"), ("Both", "team", best.both, "21"))
    return {"best": best, "cells": [_cell(title, tone, share, y, most) for title, tone, share, y in named]}


def _cell(title: str, tone: str, share: Share, y: str, most: float) -> dict[str, Any]:
    marks = interval_marks(share.low, share.share, share.high, most=most) if share.share is not None else None
    return {
        "title": title, "tone": tone, "share": share, "y": y, "marks": marks, "wrong": _hundred(share.share),
        "range": f"{_hundred(share.low)} to {_hundred(share.high)}",
    }  # fmt: skip
