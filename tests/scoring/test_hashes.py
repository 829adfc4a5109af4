"""Perceptual hashes against the reference vectors and package, the bank's index, and the two shell commands."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from PIL import Image, ImageEnhance

from scoring.media.cli import hash_paths, match_paths
from scoring.media.pdq import distance, pdq
from scoring.media.vpdq import distinct, overlap
from scoring.signals.hashes import BankError, HashIndex, read_bank
from tests.scoring.made_media import flat, make_picture, make_video, scene

REFERENCE = Path(__file__).parent.parent / "data" / "pdq"


def reference_vectors() -> list[dict[str, object]]:
    lines: list[dict[str, object]] = [json.loads(line) for line in (REFERENCE / "vectors.jsonl").read_text("utf-8").splitlines()]
    return lines


def random_hash(rng: random.Random) -> str:
    return f"{rng.getrandbits(256):064x}"


def flip(value: str, bits: int) -> str:
    return f"{int(value, 16) ^ ((1 << bits) - 1):064x}"


@pytest.mark.parametrize("row", reference_vectors(), ids=lambda row: str(row["file"]))
def test_it_hashes_the_reference_pictures_as_the_reference_does(row: dict[str, object]) -> None:
    found = next(hash_paths([REFERENCE / str(row["file"])]))
    assert found["sha256"] == row["sha256"]
    expected = row["expected_pdq"]
    assert isinstance(expected, dict)
    assert min(distance(found["pdq"], value) for value in expected.values()) <= 2


@pytest.mark.parametrize(("height", "width"), [(64, 64), (108, 192), (301, 517), (720, 1280), (1000, 40)])
def test_it_gives_the_bits_of_the_reference_package_at_any_size(height: int, width: int) -> None:
    pixels = scene(height, size=(width, height))(3)
    bits, quality = pdqhash.compute(pixels)
    expected = np.packbits(np.asarray(bits)).tobytes().hex()
    assert (distance(pdq(pixels)[0], expected), pdq(pixels)[1]) == (0, quality)


def test_it_gives_a_flat_picture_no_quality() -> None:
    assert pdq(flat((90, 90, 90))(0))[1] == 0


def test_it_stays_close_when_a_picture_is_shrunk_and_saved_again(tmp_path: Path) -> None:
    picture = Image.fromarray(scene(5, size=(640, 480))(0))
    picture.save(tmp_path / "a.png")
    ImageEnhance.Brightness(picture.resize((320, 240))).enhance(1.1).save(tmp_path / "b.jpg", quality=60)
    Image.fromarray(scene(6, size=(640, 480))(0)).save(tmp_path / "other.png")
    near, again, far = (row["pdq"] for row in hash_paths([tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "other.png"]))
    assert distance(near, again) <= 31
    assert distance(near, far) > 60


def test_it_hashes_every_frame_of_a_video_with_its_time(tmp_path: Path) -> None:
    row = next(hash_paths([make_video(tmp_path / "a.mp4", [(1, scene(1)), (1, scene(2))])]))
    assert [f["frame"] for f in row["vpdq"]] == list(range(30))
    assert [f["t"] for f in row["vpdq"]] == pytest.approx([n / 15 for n in range(30)], abs=0.001)
    assert (row["mime"], row["pdq"], row["pdq_quality"]) == ("video/mp4", None, None)
    assert distance(row["vpdq"][0]["pdq"], row["vpdq"][29]["pdq"]) > 60


def test_it_says_which_path_cannot_be_hashed_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("hello", "utf-8")
    make_picture(tmp_path / "good.png")
    bad, gone, good = hash_paths([tmp_path / "text.txt", tmp_path / "gone.png", tmp_path / "good.png"])
    assert bad["error"] == "It is not a video or a picture of a kind that is read here."
    assert gone["error"] == "There is no such file, or it may not be read."
    assert len(good["pdq"]) == 64


def test_it_counts_hamming_distances_exactly() -> None:
    rng = random.Random(3)
    hashes = [random_hash(rng) for _ in range(500)]
    needle = flip(hashes[123], 9)
    index = HashIndex({"id": f"e{n}", "pdq": value} for n, value in enumerate(hashes))
    expected = sorted((bin(int(needle, 16) ^ int(value, 16)).count("1"), n) for n, value in enumerate(hashes))
    assert [(row["distance"], row["id"]) for row in index.match_pdq(needle, 256)] == [(d, f"e{n}") for d, n in expected]
    assert [row["id"] for row in index.match_pdq(needle, 31)] == ["e123"]
    assert index.match_pdq(needle, 8) == []


def test_it_answers_with_the_nearest_frame_of_an_entry() -> None:
    rng = random.Random(4)
    first, second = random_hash(rng), random_hash(rng)
    frames = [{"pdq": first, "quality": 90}, {"pdq": flip(first, 6), "quality": 90}, {"pdq": second, "quality": 10}]
    index = HashIndex([{"id": "v", "label": "violence", "vpdq": frames}])
    assert index.match_pdq(flip(first, 4)) == [{"id": "v", "label": "violence", "distance": 2}]
    assert index.match_pdq(second) == []  # its quality is too low to count


def test_it_finds_the_share_of_frames_that_two_videos_have_in_common() -> None:
    rng = random.Random(5)
    shared, own, other = ([random_hash(rng) for _ in range(n)] for n in (6, 2, 10))
    found = overlap(shared + own, shared + other)
    assert (found.query, found.bank, found.nearest) == (75.0, 37.5, 0)
    assert overlap([], other) == (0.0, 0.0, 256)
    assert distinct([*shared, *shared], [100] * 11 + [49]) == shared


def test_it_matches_exact_files_and_edited_videos_on_the_command_line(tmp_path: Path) -> None:
    shots = [(1.0, scene(1)), (1.0, scene(2))]
    original = make_video(tmp_path / "original.mp4", shots)
    smaller = make_video(tmp_path / "again.mp4", shots, options={"crf": "34", "g": "8"})
    half = make_video(tmp_path / "half.mp4", [shots[0], (1.0, scene(7))])
    other = make_video(tmp_path / "other.mp4", [(1.0, scene(8))])
    bank = tmp_path / "bank.jsonl"
    bank.write_text(json.dumps({"label": "violence", **next(hash_paths([original]))}) + "\n", "utf-8")
    rows = list(match_paths(bank, [original, smaller, half, other]))
    assert [row["known"] for row in rows] == [True, True, False, False]
    assert rows[0]["matches"][0] == {"id": "line 1", "label": "violence", "distance": 0, "exact": True}
    assert rows[1]["matches"][0]["query_percent"] >= 80
    assert 30 < rows[2]["matches"][0]["query_percent"] < 70
    assert rows[3]["matches"] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: not JSON"), ("[1]", "line 2: an entry is an object"), ('{"id": "x"}', "entry x has no hash"),
        ('{"pdq": "abc"}', "64 hex digits"), ('{"pdq": "' + "z" * 64 + '"}', "hex"), ('{"vpdq": [{"frame": 1}]}', 'needs a "pdq"'),
    ],
)  # fmt: skip
def test_it_refuses_a_bank_that_is_broken(tmp_path: Path, line: str, words: str) -> None:
    bank = tmp_path / "bank.jsonl"
    bank.write_text(json.dumps({"pdq": "0" * 64}) + "\n" + line + "\n", "utf-8")
    with pytest.raises(BankError, match=words):
        read_bank(bank)


def test_it_refuses_a_query_that_is_no_hash() -> None:
    with pytest.raises(BankError, match="not a PDQ hash"):
        HashIndex([{"pdq": "0" * 64}]).match_pdq("xyz")


def test_it_serves_an_empty_bank() -> None:
    assert HashIndex([]).match_pdq("0" * 64) == []
    assert HashIndex([]).match_sha256("0" * 64) == []
