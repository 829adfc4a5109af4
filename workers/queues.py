"""What keeps the queues in order: cases near their limit come forward, moves go on, counts are added up, figures renewed."""

from __future__ import annotations

from console.cases.transfers import transfers_go_on
from console.cases.upkeep import cases_urge, tally_add_up
from console.flow.measure import queues_measure
from workers.app import app


@app.task(name="queues")
def queues() -> None:
    while cases_urge(limit=1000) == 1000:
        pass
    transfers_go_on()
    tally_add_up()


@app.task(name="measure_queues")
def measure_queues() -> None:
    queues_measure()
