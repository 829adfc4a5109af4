"""What is tried and what serves: watch the canaries, let shadows score, read the files of models again."""

from __future__ import annotations

from console import flow
from console.training.watch import canaries_watch
from console.training.whole import damaged_look_again, serving_verify
from workers.app import app

TURN_SECONDS = 3.0


@app.task(name="trials")
def trials() -> None:
    canaries_watch()
    damaged_look_again()


@app.task(name="shadow")
def shadow(lane: str) -> None:
    """Light kinds in the train worker, which is nice and scores no item; heavy ones where their media tools are."""
    flow.shadow_turn(lane=lane, seconds=TURN_SECONDS)


@app.task(name="verify_models")
def verify_models() -> None:
    """Each hour; and what nobody needs any more goes."""
    serving_verify()
    flow.models_tidy()
