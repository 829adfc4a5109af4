"""The real workers with one fault in the scoring, named by FAULT: none of this is in the product.

hang: the scorer never comes back.  poison: an item whose external id starts with "poison" kills its process.
broken: such an item raises.  gate: the first batch waits until the test takes its file away.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from workers import score
from workers.app import app

if TYPE_CHECKING:
    from console.common.jobs import Claimed

flow = score.flow
_real = flow.items_score
_fault = os.environ["FAULT"]


def _faulty(*, jobs: Sequence[Claimed]) -> None:
    if _fault == "hang":
        Path(os.environ["FAULT_FILE"]).write_text(str(len(jobs)))
        time.sleep(600)
    if _fault == "gate" and not Path(os.environ["FAULT_FILE"] + "-passed").exists():
        file = Path(os.environ["FAULT_FILE"])
        file.touch()
        while file.exists():
            time.sleep(0.02)
        Path(os.environ["FAULT_FILE"] + "-passed").touch()
    with connection.cursor() as cursor:
        ask = "SELECT 1 FROM intake_item WHERE id = ANY (%s::uuid[]) AND external_id LIKE 'poison%%'"
        cursor.execute(ask, [[job.subject for job in jobs]])
        poisoned = cursor.fetchone() is not None
    if poisoned:
        if _fault == "poison":
            os.kill(os.getpid(), signal.SIGKILL)
        if _fault == "broken":
            raise RuntimeError("the scorer cannot read this")
    _real(jobs=jobs)


flow.items_score = _faulty

__all__ = ["app"]
