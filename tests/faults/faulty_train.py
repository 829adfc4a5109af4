"""A training run that dies in a stage, for real, the first time it comes there: the stages are named by FAULT, with commas."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from workers import train_child

execute: Any = import_module("console.training.execute")  # after the workers, which set Django up


def _dies_at(module: Any, name: str, stage: str, *, after: bool = False) -> None:
    real: Callable[..., Any] = getattr(module, name)
    mark = Path(os.environ["FAULT_FILE"] + f"-{sys.argv[1]}-{stage}")

    def faulty(*args: Any, **options: Any) -> Any:
        result = real(*args, **options) if after else None
        if not mark.exists() or os.environ["FAULT"] == "always":
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return result if after else real(*args, **options)

    setattr(module, name, faulty)


def _hangs() -> None:
    """In training, for as long as nobody kills it."""
    execute.train_kind = lambda *args, **options: threading.Event().wait()


STAGES: dict[str, Callable[[], None]] = {
    "snapshot": lambda: _dies_at(execute, "snapshot_freeze", "snapshot", after=True),  # frozen, and the run does not know it yet
    "split": lambda: _dies_at(execute, "snapshot_divide", "split"),
    "train": lambda: _dies_at(execute, "train_kind", "train", after=True),  # a whole bundle that the run does not know yet
    "calibrate": lambda: _dies_at(execute, "evaluate_scores", "calibrate"),
    "evaluate": lambda: _dies_at(execute, "_scores", "evaluate"),
    "register": lambda: _dies_at(execute, "settle", "register", after=True),  # the bundle is in its place, its row is not committed
    "hang": _hangs,
    "none": lambda: None,
}


if __name__ == "__main__":
    for name in ["snapshot"] if os.environ["FAULT"] == "always" else os.environ["FAULT"].split(","):
        STAGES[name]()
    train_child.main(sys.argv[1])
