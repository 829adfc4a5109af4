"""Vectors for the search by meaning, in short turns: scoring, in the same lane, does not wait long for them."""

from __future__ import annotations

import logging

from console.insights.search.vectors import vectors_make
from scoring.signals.encoder_source import EncoderError
from workers.app import app

TURN_SECONDS = 3.0

log = logging.getLogger(__name__)


@app.task(name="vectors")
def vectors() -> None:
    try:
        vectors_make(seconds=TURN_SECONDS)
    except EncoderError as error:
        log.error("the encoder cannot be used, so no vectors are made: %s", error)
