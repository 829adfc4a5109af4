"""A film of three scenes with a flashing part, its strip, and what a worker would have written of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from console.accounts.models import Source
from console.cases.models import Case
from console.intake.models import Media
from console.scores.models import Score
from tests.scoring.made_media import Painter, Pixels, make_video, scene

SIZE = (192, 108)
SCENES = (0.0, 1.0, 3.0)


def strobe() -> Painter:
    def paint(n: int) -> Pixels:
        return np.full((SIZE[1], SIZE[0], 3), 255 * (n // 2 % 2), np.uint8)

    return paint


def film_of(root: Path, shop: Source) -> Media:
    """VP8, which the browser of the tests can decode."""
    media = Media.objects.create(source=shop, sha256="0" * 64, mime="video/webm", size=1, duration_s=4.0)
    folder = root / str(media.pk)
    (folder / "strip").mkdir(parents=True)
    make_video(folder / "original.webm", [(1, scene(1)), (2, strobe()), (1, scene(3))], rate=24, codec="libvpx")
    (folder / "original.webm").rename(folder / "original")
    for n in range(len(SCENES)):
        Image.new("L", (160, 90), 90 + 30 * n).save(folder / "strip" / f"{n}.jpg")
    return media


def score_of(case: Case, media: Media, *, flashes: dict[str, Any] | None = None) -> Score:
    strip = [{"t": t, "image": f"{media.pk}/strip/{n}.jpg"} for n, t in enumerate(SCENES)]
    signals = {
        "strip": strip, "duration_s": 4.0, "transcript": [{"t": 1.0, "text": "HALF PRICE TICKETS"}],
        "flashes": {"parts": [[1.0, 3.0]], "upto": None, "rate": 24.0} if flashes is None else flashes,
        "heat": [[0.0, 0.1], [1.0, 0.82], [3.0, 0.3]], "bank_checked": True,
    }  # fmt: skip
    evidence = [{"type": "frame", "t": 1.0, "label": "violence", "weight": 0.82}]
    return Score.objects.create(
        item=case.item, model="video@test", checksum="0" * 64, risk=0.82, labels={"violence": 0.82}, signals=signals, evidence=evidence
    )
