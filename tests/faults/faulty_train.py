"""A training run that dies in a stage, for real, the first time it comes there: the stages are named by FAULT, with commas."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from workers import train_child

execute: Any = import_module("console.training.execute")  # after the workers, which set Django up
promotion: Any = import_module("console.training.promotion")


def _dies_at(module: Any, name: str, stage: str, *, after: bool = False) -> Callable[[str], None]:
    def arm(run_id: str) -> None:
        real: Callable[..., Any] = getattr(module, name)
        mark = Path(os.environ["FAULT_FILE"] + f"-{run_id}-{stage}")

        def faulty(*args: Any, **options: Any) -> Any:
            result = real(*args, **options) if after else None
            if not mark.exists() or os.environ["FAULT"] == "always":
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return result if after else real(*args, **options)

        setattr(module, name, faulty)

    return arm


def _hangs(run_id: str) -> None:
    """In training, for as long as nobody kills it."""
    execute.train_kind = lambda *args, **options: threading.Event().wait()


STAGES: dict[str, Callable[[str], None]] = {
    "snapshot": _dies_at(execute, "snapshot_freeze", "snapshot", after=True),  # frozen, and the run does not know it yet
    "split": _dies_at(execute, "snapshot_divide", "split"),
    "train": _dies_at(execute, "train_kind", "train", after=True),  # a whole bundle that the run does not know yet
    "calibrate": _dies_at(execute, "evaluate_scores", "calibrate"),
    "evaluate": _dies_at(execute, "_scores", "evaluate"),
    "register": _dies_at(execute, "settle", "register", after=True),  # the bundle is in its place, its row is not committed
    "promote": _dies_at(promotion, "champion_set", "promote", after=True),  # the other model serves, and nothing is committed
    "hang": _hangs,
    "none": lambda run_id: None,
}


def arm(stages: Iterable[str], run_id: str) -> None:
    for name in stages:
        STAGES[name](run_id)


if __name__ == "__main__":
    arm(["snapshot"] if os.environ["FAULT"] == "always" else os.environ["FAULT"].split(","), sys.argv[1])
    train_child.main(sys.argv[1])
