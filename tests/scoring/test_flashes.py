"""Flashes are found where they are, and only where there are more than three in a second over a quarter of the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scoring.media.flashes import FlashMeter, luminance
from scoring.media.frames import find_flashes
from tests.scoring.made_media import Painter, Pixels, flat, make_picture, make_video, scene

RATE = 24


def strobe(every: int, *, share: float = 1.0, low: int = 0, high: int = 255, size: tuple[int, int] = (192, 108)) -> Painter:
    """Turns from `low` to `high` and back after `every` frames, in the upper `share` of the picture."""

    def paint(n: int) -> Pixels:
        frame = np.full((size[1], size[0], 3), 128, np.uint8)
        frame[: round(size[1] * share)] = high if n // every % 2 else low
        return frame

    return paint


def test_it_finds_the_part_that_flashes(tmp_path: Path) -> None:
    film = make_video(tmp_path / "f.mp4", [(2, scene(1)), (2, strobe(2)), (2, scene(2))], rate=RATE)
    found = find_flashes(film)
    assert len(found["parts"]) == 1
    start, end = found["parts"][0]
    assert start == pytest.approx(2.0, abs=0.3)
    assert end == pytest.approx(4.0, abs=0.3)
    assert found["upto"] is None
    assert found["rate"] == pytest.approx(RATE)


@pytest.mark.parametrize(
    "painter",
    [
        scene(3),
        flat((255, 255, 255)),
        strobe(RATE // 4),  # two flashes a second
        strobe(RATE // 6),  # three, which is allowed
        strobe(2, share=0.1),  # a small sign
        strobe(2, low=120, high=130),  # hardly brighter
    ],
)
def test_it_says_nothing_of_what_does_not_flash(tmp_path: Path, painter: Painter) -> None:
    assert find_flashes(make_video(tmp_path / "calm.mp4", [(3, painter)], rate=RATE))["parts"] == []


def test_it_has_nothing_to_say_of_a_picture(tmp_path: Path) -> None:
    assert find_flashes(make_picture(tmp_path / "p.png"))["parts"] == []


def test_three_flashes_a_second_are_allowed_and_four_are_not() -> None:
    def changes(count: int) -> list[tuple[float, float]]:
        meter = FlashMeter()
        for n in range(count + 1):
            meter.feed(n * 0.9 / max(1, count), np.full(576, float(n % 2)))
        return meter.parts

    assert changes(6) == []
    assert len(changes(8)) == 1


def test_luminance_follows_the_standard() -> None:
    found = luminance(np.array([0, 128, 255], np.uint8))
    assert found == pytest.approx([0.0, 0.2158, 1.0], abs=1e-3)
