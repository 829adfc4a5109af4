"""The live record of one run: stage, share done and log lines, each written in its own short transaction.

Every write names the state and the start time of this execution. 0 rows changed means that the run was cancelled, or
that another worker took it over after this one was thought dead: then RunStopped ends the work here.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import Concat, Right

from console.common.clock import db_now
from console.training.models import TrainingRun

STAGES = ("snapshot", "split", "train", "calibrate", "evaluate", "compare", "register")
SHARE_BEFORE = {"snapshot": 0.0, "split": 0.05, "train": 0.08, "calibrate": 0.8, "evaluate": 0.84, "compare": 0.94, "register": 0.98}
LOG_LIMIT = 60_000  # characters kept, the newest
LEAST_SECONDS = 0.5  # between two writes of the same stage


class RunStopped(Exception):
    """The run is no longer ours: cancelled, or taken over."""


class RunLog:
    def __init__(self, run: TrainingRun, started_at: datetime) -> None:
        self.run = run
        self.token = f"{started_at:%H%M%S%f}"
        self.rows = TrainingRun.objects.filter(pk=run.pk, state=TrainingRun.State.RUNNING, started_at=started_at)
        self.stage_name = STAGES[0]
        self._last_write = 0.0
        self._last_sentence = ""

    def stage(self, name: str, sentence: str) -> None:
        self.stage_name = name
        self._write(SHARE_BEFORE[name], sentence)

    def say(self, sentence: str) -> None:
        """A log line within the stage."""
        self._write(None, sentence)

    def progress(self, share: float, sentence: str) -> None:
        """Of the training stage, 0 to 1: what TrainOptions.progress calls. Cheap to call often."""
        if time.monotonic() - self._last_write < LEAST_SECONDS and share < 1:
            return
        low, high = SHARE_BEFORE["train"], SHARE_BEFORE["calibrate"]
        self._write(low + (high - low) * min(1.0, max(0.0, share)), sentence)

    def _write(self, share: float | None, sentence: str) -> None:
        changes: dict[str, object] = {"stage": self.stage_name}
        if share is not None:
            changes["progress"] = round(share, 4)
        if sentence and sentence != self._last_sentence:
            line = f"{db_now():%H:%M:%S} {sentence}\n".replace("\x00", "")
            changes["log"] = Right(Concat(F("log"), Value(line)), LOG_LIMIT)
            self._last_sentence = sentence
        if not self.rows.update(**changes):
            raise RunStopped("the run was cancelled or taken over by another worker")
        self._last_write = time.monotonic()
