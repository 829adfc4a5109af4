"""The real workers, but a training run is done by tests.faults.faulty_train."""

from __future__ import annotations

from workers import train
from workers.app import app

train.child.COMMAND = ("-m", "tests.faults.faulty_train")

__all__ = ["app"]
