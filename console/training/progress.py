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
from console.training.failures import Capped, time_is_over
from console.training.models import TrainingRun

STAGES = ("snapshot", "split", "search", "train", "calibrate", "evaluate", "compare", "register")
SHARE_BEFORE = {
    "snapshot": 0.0, "split": 0.05, "search": 0.08, "train": 0.4, "calibrate": 0.8, "evaluate": 0.84, "compare": 0.94, "register": 0.98,
}  # fmt: skip
LOG_LIMIT = 60_000  # characters kept, the newest
LEAST_SECONDS = 0.5  # between two writes of the same stage


class RunStopped(Exception):
    """The run is no longer ours: cancelled, or taken over."""


class RunLog:
    """`seconds` is how long this execution may take: the first word after that ends it."""

    def __init__(self, run: TrainingRun, started_at: datetime, *, seconds: float = 86_400) -> None:
        self.run = run
        self.token = f"{started_at:%H%M%S%f}"
        self.rows = TrainingRun.objects.filter(pk=run.pk, state=TrainingRun.State.RUNNING, started_at=started_at)
        self.stage_name = STAGES[0]
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._marks: list[dict[str, object]] = []
        self._last_write = 0.0
        self._last_sentence = ""

    def stage(self, name: str, sentence: str) -> None:
        self.stage_name = name
        self._marks.append({"stage": name, "at": db_now().isoformat()})
        self._write(self._room()[0] if name == "train" else SHARE_BEFORE[name], sentence, marks=self._marks)

    def say(self, sentence: str) -> None:
        """A log line within the stage."""
        self._write(None, sentence)

    def reused(self, sentence: str) -> None:
        """The stage was done before the worker was stopped."""
        self._marks[-1]["reused"] = True
        self._write(None, sentence, marks=self._marks)

    def keep(self, **values: object) -> None:
        """Facts of the run that a successor goes on from, in the row at hand too."""
        if not self.rows.update(**values):
            raise RunStopped("the run was cancelled or taken over by another worker")
        for name, value in values.items():
            setattr(self.run, name, value)

    def last_word(self, sentence: str) -> None:
        self._ends = float("inf")
        self.say(sentence)

    def listen(self, share: float = 0.0, sentence: str = "") -> None:
        """Nothing to tell, but a cancellation or the end of the time is heard. Cheap to call often."""
        if time.monotonic() - self._last_write >= LEAST_SECONDS:
            self._write(None, "")

    def progress(self, share: float, sentence: str) -> None:
        """Of the stage that takes long, 0 to 1: what TrainOptions.progress calls. Cheap to call often."""
        if time.monotonic() - self._last_write < LEAST_SECONDS and share < 1:
            return
        low, high = self._room()
        self._write(low + (high - low) * min(1.0, max(0.0, share)), sentence)

    def _room(self) -> tuple[float, float]:
        if self.stage_name == "search":
            return SHARE_BEFORE["search"], SHARE_BEFORE["train"]
        return SHARE_BEFORE["train" if self.run.search else "search"], SHARE_BEFORE["calibrate"]

    def _write(self, share: float | None, sentence: str, **more: object) -> None:
        if time.monotonic() > self._ends:
            raise Capped("time", time_is_over(self._seconds / 60))
        changes: dict[str, object] = {"stage": self.stage_name, **more}
        if share is not None:
            changes["progress"] = round(share, 4)
        if sentence and sentence != self._last_sentence:
            line = f"{db_now():%H:%M:%S} {sentence}\n".replace("\x00", "")
            changes["log"] = Right(Concat(F("log"), Value(line)), LOG_LIMIT)
            self._last_sentence = sentence
        if not self.rows.update(**changes):
            raise RunStopped("the run was cancelled or taken over by another worker")
        self._last_write = time.monotonic()
