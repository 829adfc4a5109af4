"""What the rounds of a replay add up to. No numpy: pages use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ENOUGH = 0.95  # of the average precision that every label gives
Line = dict[str, Any]


def points(lines: Sequence[Line], world: str = "") -> list[tuple[int, float]]:
    """(labels, average precision) of each round that could be measured; `world` "random" for labels drawn by chance."""
    rows = [line[world] if world else line for line in lines]
    return [(row["labels"], row["later"]["ap"]) for row in rows if row.get("later") and row["later"].get("ap") is not None]


def full_precision(lines: Sequence[Line]) -> float | None:
    """With every label; None where that was not asked for."""
    full = lines[-1].get("full") if lines else None
    return full["later"].get("ap") if full else None


def labels_to_reach(lines: Sequence[Line], world: str = "", share: float = ENOUGH) -> int | None:
    """The labels of the first round from which on the average precision stays at `share` of the full one; None when it never does."""
    full, found = full_precision(lines), None
    if full is None:
        return None
    for labels, precision in points(lines, world):
        found = (found or labels) if precision >= share * full else None
    return found


def summary(lines: Sequence[Line]) -> dict[str, Any]:
    """For a headline: what people looked at, what was found, what was automated and how much of it was wrong."""
    last = lines[-1]
    full = last.get("full") or {}
    reached, by_chance = labels_to_reach(lines), labels_to_reach(lines, "random") if "random" in last else None
    total = full.get("labels")
    return {
        "arrived": last["arrived"], "labels": last["labels"], "reviewed": last["coverage"], "found": last["harmful_found"],
        "harmful": last["harmful_arrived"], "ap": (last.get("later") or {}).get("ap"), "full_ap": full_precision(lines),
        "random_ap": (last.get("random", {}).get("later") or {}).get("ap"), "reached": reached, "reached_by_chance": by_chance,
        "reached_share": reached / total if reached and total else None, "automated": last["automated_in_all"],
        "wrong": last["wrong_in_all"], "automated_share": last["automated_in_all"] / last["arrived"],
        "risk": last["wrong_in_all"] / last["automated_in_all"] if last["automated_in_all"] else None,
    }  # fmt: skip


def words_of(told: dict[str, Any]) -> list[str]:
    """The same in sentences."""
    lines = [
        f"People looked at {told['labels']:,} of {told['arrived']:,} items ({told['reviewed']:.0%}) "
        f"and found {told['found']:,} of {told['harmful']:,} harmful ones.",
    ]
    if told["full_ap"] is not None and told["ap"] is not None:
        lines.append(f"The model came to {told['ap']:.3f} average precision; every label gives {told['full_ap']:.3f}, "
                     f"as many by chance {told['random_ap'] or 0:.3f}.")  # fmt: skip
        lines.append(
            f"{ENOUGH:.0%} of the full value took {told['reached']:,} labels ({told['reached_share']:.0%})."
            if told["reached"]
            else f"It did not come to {ENOUGH:.0%} of the full value."
        )
    if told["automated"]:
        alone = f"{told['automated']:,} alone ({told['automated_share']:.0%})"
        lines.append(f"The machine would have decided {alone}, {told['wrong']:,} of them wrongly.")
    else:
        lines.append("Nothing was decided without a person: there was not enough proof.")
    return lines
