"""Measure, side by side with the naive way, in one run: `make bench`, or `python -m tests.bench NAME ...`.

Each bench_<name>.py has run(rounds) -> list[Result | Figure]. Times are seconds a round, ratios are naive / ours pair by pair, so that
a machine whose speed drifts does not decide. `--save` keeps the figures under results/, `--readme` writes the kept ones into the README.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

from tests.bench.result import cells, table
from tests.bench.saved import machine, rewrite, save

NAMES = sorted(p.stem.removeprefix("bench_") for p in Path(__file__).parent.glob("bench_*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="keep the figures under tests/bench/results")
    parser.add_argument("--readme", action="store_true", help="write the kept figures into README.md; without names nothing is measured")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(NAMES)}")
    rows = []
    for name in options.names or ([] if options.readme and not options.save else NAMES):
        sys.stderr.write(f"measuring {name}\n")
        on = machine()
        found = import_module(f"tests.bench.bench_{name}").run(options.rounds)
        rows += [cells(result) for result in found]
        if options.save:
            save(name, found, on=on, rounds=options.rounds)
    if rows:
        sys.stdout.write(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {options.rounds} rounds\n\n")
        sys.stdout.write(table(rows) + "\n")
    if options.readme:
        rewrite()
        sys.stderr.write("README.md says what is kept\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
