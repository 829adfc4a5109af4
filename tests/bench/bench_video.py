"""How much cheaper sampling a video is than decoding every frame, whether it misses a shot, and how fast banks are searched.

`python -m tests.bench video`. Seconds are processor seconds of the reading process for videos, and wall seconds for banks.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scoring.media.limits import SAMPLING
from scoring.media.runner import run_child
from scoring.signals.hashes import HashIndex
from tests.bench.result import Result, pairs
from tests.scoring.made_media import Painter, make_video, scene

SECONDS, RATE, SIZE = 60, 25, (1920, 1080)
BANK = 1_000_000
ENCODERS: dict[str, dict[str, str]] = {
    "default": {}, "no scene cut": {"sc_threshold": "0", "g": "300"}, "no B frames": {"sc_threshold": "0", "g": "300", "bf": "0"},
}  # fmt: skip
EVERY_FRAME = """
import cv2, sys
cv2.setNumThreads(1)
capture = cv2.VideoCapture(sys.argv[1])
while capture.read()[0]:
    pass
"""


def run(rounds: int) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        return [*_decoding(Path(folder), min(rounds, 3)), _bank(rounds)]


def _decoding(folder: Path, rounds: int) -> list[Result]:
    found, planted = _planted(folder)
    note = f"{found} of {planted} planted shots of 2 s found"
    results = []
    for name, options in (("shots cut by the encoder", {}), ("one keyframe in 12 s", ENCODERS["no scene cut"])):
        shots = [(5.0, _drifting(n)) for n in range(SECONDS // 5)]
        path = make_video(folder / "minute.mp4", shots, rate=RATE, options={"preset": "veryfast", **options})
        taken = len(_sample(path))
        ours, naive = _alternately(lambda path=path: _sample(path), lambda path=path: _every_frame(path), rounds)  # type: ignore[misc]
        results.append(Result(
            what=f"60 s of 1080p sampled and hashed, {name}", naive_name="OpenCV, every frame, no hash", units=1, ours=ours, naive=naive,
            note=f"CPU s; {taken} frames kept; {note}",
        ))  # fmt: skip
    return results


def _alternately(ours: Callable[[], object], naive: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    kept: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for way, times in ((ours, kept[0]), (naive, kept[1])):
            before = _child_cpu()
            way()
            times.append(_child_cpu() - before)
    return kept


def _child_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _sample(path: Path) -> list[float]:
    with tempfile.TemporaryDirectory() as work:
        answer = run_child("sample", path, Path(work), SAMPLING)
    return [frame["t"] for frame in answer["frames"]]


def _every_frame(path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", EVERY_FRAME, str(path)], check=True, capture_output=True, env=environment)


def _drifting(seed: int) -> Painter:
    """A large still that drifts under grain: cheap to draw, dear to decode."""
    width, height = SIZE
    still = np.kron(scene(seed, size=(width // 4, height // 4))(0), np.ones((4, 4, 1), np.uint8))
    grain = np.random.default_rng(seed).integers(0, 14, (height + 64, width, 1), np.uint8)
    return lambda n: np.roll(still, 3 * n, axis=1) // 2 + 40 + grain[n * 7 % 64 :][:height]


def _planted(folder: Path) -> tuple[int, int]:
    """How many shots of two seconds, hidden in twelve others, have a sampled frame; and how many there were."""
    rng, found, total = random.Random(5), 0, 0
    for options in ENCODERS.values():
        for _ in range(4):
            at, calm = round(rng.uniform(0.3, 9.5), 1), scene(rng.randrange(10**6), size=(160, 90), speed=rng.choice((0, 1, 6)))
            other = scene(rng.randrange(10**6), size=(160, 90))
            path = make_video(folder / "planted.mp4", [(at, calm), (2, other), (12 - at, calm)], rate=10, options=options)
            found += any(at - 0.01 <= t < at + 2 for t in _sample(path))
            total += 1
    return found, total


def _bank(rounds: int) -> Result:
    rng = random.Random(1)
    hashes = [f"{rng.getrandbits(256):064x}" for _ in range(BANK)]
    index = HashIndex({"id": str(n), "pdq": value} for n, value in enumerate(hashes))
    needle, numbers = hashes[BANK // 2], [int(value, 16) for value in hashes]

    def naive() -> list[int]:
        wanted = int(needle, 16)
        return [n for n, value in enumerate(numbers) if (value ^ wanted).bit_count() <= 31]

    ours, slow = pairs(lambda: index.match_pdq(needle), naive, rounds)
    return Result(what=f"one PDQ hash against {BANK:,}", naive_name="Python integers", units=1, ours=ours, naive=slow)
