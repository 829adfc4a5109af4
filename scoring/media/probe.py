"""Looks at a file's header in a limited process: what it is, how large, how long. Safe to call in the web process."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scoring.media.limits import PROBING, Limits
from scoring.media.runner import run_child


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Pixels, seconds; `frames` and `duration_s` are what the file claims, None where it does not say."""

    mime: str
    kind: Literal["image", "video"]
    width: int
    height: int
    duration_s: float | None = None
    frames: int | None = None
    rate: float | None = None
    codec: str = ""
    streams: int = 1
    rotation: int = 0


def probe(path: Path, *, limits: Limits = PROBING) -> Probe:
    """Raises MediaError with a sentence that says why the file is refused."""
    with tempfile.TemporaryDirectory(prefix="probe-") as work:
        answer: dict[str, Any] = run_child("probe", path, Path(work), limits)
    return Probe(**answer)
