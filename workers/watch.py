"""Drift and slices, a kind at a time: scoring, in the same lane, does not wait long for it."""

from __future__ import annotations

from console.flow.watch import watch_next
from workers.app import app


@app.task(name="watch")
def watch() -> None:
    watch_next()
