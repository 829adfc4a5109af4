"""How many labels a model needs when people look at what is chosen, against labels drawn by chance.

    python -m tests.bench.bench_replay --data DIR [--seeds 3] [--sets sms,youtube] [--out FILE]

replays development sets and prints, for each, the average precision at the end of the budget as a share of what every label gives.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from scoring.registry import KINDS
from scoring.training.replay import Plan, replay_stream
from scoring.training.replay_told import ENOUGH, full_precision, labels_to_reach, points
from tests.bench.replay_data import SETS
from tests.bench.result import Figure

BUDGET, ROUNDS = 0.2, 6


def replay(data: Path, name: str, seed: int, trainer: str | None = None) -> list[dict[str, Any]]:
    plan = Plan(budget=BUDGET, rounds=ROUNDS, seed=seed, trainer=trainer, start=None)
    return list(
        replay_stream(KINDS["review"], SETS[name](data), plan, lambda sentence: print(f"{name} {seed}: {sentence}", file=sys.stderr))
    )


def run(rounds: int) -> list[Figure]:
    """As part of all benches only where BENCH_DATA names the folder; `rounds` seeds of each set."""
    folder = os.environ.get("BENCH_DATA")
    if not folder:
        sys.stderr.write("BENCH_DATA names no folder, so nothing is replayed\n")
        return []
    return [figure_of(name, [replay(Path(folder), name, seed) for seed in range(rounds)]) for name in SETS]


def figure_of(name: str, found: Sequence[Sequence[dict[str, Any]]]) -> Figure:
    full = [lines[-1]["full"] for lines in found]
    note = (
        f"{BUDGET:.0%} of {full[0]['labels']:,} bought in {ROUNDS - 1} rounds, {len(found)} seeds; "
        f"average precision of every label {_spread([f['later']['ap'] for f in full])}, on later items that nobody chose from"
    )
    return Figure(
        what=f"replayed labels that do {ENOUGH:.0%} as well as all {full[0]['labels']:,}: {name}", ours=_needed(found),
        beside_name="drawn by chance", beside=_needed(found, "random"), note=note,
    )  # fmt: skip


def _needed(found: Sequence[Sequence[dict[str, Any]]], world: str = "") -> str:
    """The share of labels, or how near all of the budget came where that was not enough."""
    reached = [labels_to_reach(lines, world) for lines in found]
    totals = [lines[-1]["full"]["labels"] for lines in found]
    if all(reached):
        shares = [float(r or 0) / total for r, total in zip(reached, totals, strict=True)]
        return f"{median(shares):.0%} ({min(shares):.0%} to {max(shares):.0%})"
    ends = [points(lines, world)[-1][1] / (full_precision(lines) or 1.0) for lines in found]
    times = f" in {sum(1 for r in reached if not r)} of {len(found)}" if any(reached) else ""
    return f"not within {BUDGET:.0%}{times}: {median(ends):.1%} as well ({min(ends):.1%} to {max(ends):.1%})"


def row_of(name: str, found: Sequence[Sequence[dict[str, Any]]]) -> str:
    ends = [lines[-1] for lines in found]
    full = [end["full"]["later"]["ap"] for end in ends]
    shares = [end["later"]["ap"] / all_of_it for end, all_of_it in zip(ends, full, strict=True)]
    by_chance = [end["random"]["later"]["ap"] / all_of_it for end, all_of_it in zip(ends, full, strict=True)]
    used = [end["labels"] / end["full"]["labels"] for end in ends]
    reached = [labels_to_reach(lines) for lines in found]
    reached_share = [f"{r / end['full']['labels']:.0%}" if r else "no" for r, end in zip(reached, ends, strict=True)]
    return (
        f"| {name} | {ends[0]['full']['labels']:,} | {_spread(full)} | {_spread(used, 2)} | {_spread(shares)} | {_spread(by_chance)} "
        f"| {', '.join(reached_share)} |"
    )


def _spread(values: Sequence[float], digits: int = 3) -> str:
    return f"{fmean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--out", type=Path, help="every line of every replay, as JSON")
    options = parser.parse_args()
    every = {}
    print("| set | labels in all | full AP | share used | AP, of full | by chance, of full | 95 in 100 reached at |")
    print("|---|---|---|---|---|---|---|")
    for name in options.sets.split(","):
        every[name] = [replay(options.data, name, seed) for seed in range(options.seeds)]
        print(row_of(name, every[name]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(every, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
