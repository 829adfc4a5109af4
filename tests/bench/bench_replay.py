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
from statistics import fmean
from typing import Any

from scoring.registry import KINDS
from scoring.training.replay import Plan, replay_stream
from scoring.training.replay_told import labels_to_reach
from tests.bench.replay_data import SETS
from tests.bench.result import Result

BUDGET, ROUNDS = 0.2, 6


def replay(data: Path, name: str, seed: int, trainer: str | None = None) -> list[dict[str, Any]]:
    plan = Plan(budget=BUDGET, rounds=ROUNDS, seed=seed, trainer=trainer, start=None)
    return list(
        replay_stream(KINDS["review"], SETS[name](data), plan, lambda sentence: print(f"{name} {seed}: {sentence}", file=sys.stderr))
    )


def run(rounds: int) -> list[Result]:
    """As part of all benches only where BENCH_DATA names the folder; a ratio here is of labels, not of times."""
    folder = os.environ.get("BENCH_DATA")
    if not folder:
        sys.stderr.write("BENCH_DATA names no folder, so nothing is replayed\n")
        return []
    results = []
    for name in SETS:
        found = [replay(Path(folder), name, seed) for seed in range(rounds)]
        needed = [(labels_to_reach(lines), labels_to_reach(lines, "random")) for lines in found]
        pairs = [(ours, by_chance) for ours, by_chance in needed if ours and by_chance]
        if pairs:
            what = f"labels to 95 in 100 of the full average precision, {name}"
            results.append(
                Result(what=what, naive_name="labels drawn by chance", units=1, ours=[p[0] for p in pairs], naive=[p[1] for p in pairs])
            )
    return results


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
