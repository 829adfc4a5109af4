"""Measure, side by side with the naive way, in one run: `make bench`, or `python -m tests.bench NAME ...`.

Each bench_<name>.py has run(rounds) -> list[Result]. Times are seconds a round, ratios are naive / ours pair by pair, so that
a machine whose speed drifts does not decide.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

from tests.bench.result import table

NAMES = sorted(p.stem.removeprefix("bench_") for p in Path(__file__).parent.glob("bench_*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(NAMES)}")
    results = []
    for name in options.names or NAMES:
        sys.stderr.write(f"measuring {name}\n")
        results += import_module(f"tests.bench.bench_{name}").run(options.rounds)
    sys.stdout.write(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {options.rounds} rounds\n\n")
    sys.stdout.write(table(results) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
