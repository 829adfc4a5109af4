"""What keeps the queues in order: cases near their limit come forward, moves go on, nothing waits for who cannot come, counts add up."""

from __future__ import annotations

from console.cases.assigning import assignments_end
from console.cases.transfers import transfers_go_on
from console.cases.upkeep import cases_urge, tally_add_up
from console.flow.measure import queues_measure
from workers.app import app


@app.task(name="queues")
def queues() -> None:
    while cases_urge(limit=1000) == 1000:
        pass
    transfers_go_on()
    assignments_end()
    tally_add_up()


@app.task(name="measure_queues")
def measure_queues() -> None:
    queues_measure()
