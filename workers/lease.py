"""Cases whose reviewer went away go back to the queue when their lease is over."""

from __future__ import annotations

from console.cases.holding import claims_expire
from workers.app import app


@app.task(name="leases")
def leases() -> None:
    while claims_expire(limit=500) == 500:
        pass
