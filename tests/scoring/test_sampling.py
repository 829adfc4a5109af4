"""Which frames of a video are looked at: keyframes, hidden shots, times asked for, and what the words are read from."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from scoring.media.errors import MediaError
from scoring.media.frames import sample_frames
from scoring.media.limits import SAMPLING
from scoring.media.pdq import distance
from scoring.media.sampling_plan import distinct_times, finer_times
from scoring.media.store import derivative_folder, locate, names_upload
from scoring.media.strip import strip_choice, write_strip
from scoring.registry import KINDS
from tests.scoring.made_media import flat, make_picture, make_video, scene

NO_SCENE_CUT = {"sc_threshold": "0", "g": "500"}


def planted(path: Path, at: float, options: dict[str, str], codec: str = "libx264") -> Path:
    """Twelve seconds of one scene with two seconds of another from `at` on."""
    calm, other = scene(11, size=(96, 64), speed=0.5), scene(12, size=(96, 64))
    return make_video(path, [(at, calm), (2, other), (10 - at, calm)], rate=10, codec=codec, options=options)


@pytest.mark.parametrize("at", [0.4, 4.3, 9.9])
@pytest.mark.parametrize(("name", "codec", "options"), [
    ("a.mp4", "libx264", NO_SCENE_CUT), ("a.mp4", "libx264", {**NO_SCENE_CUT, "bf": "0"}), ("a.mp4", "libx264", {}),
    ("a.mp4", "mpeg4", {"g": "500"}), ("a.webm", "libvpx", {"g": "500"}),
])  # fmt: skip
def test_it_misses_no_shot_of_two_seconds(tmp_path: Path, at: float, name: str, codec: str, options: dict[str, str]) -> None:
    found = sample_frames(planted(tmp_path / name, at, options, codec), hashes=False)
    assert any(at - 0.01 <= t < at + 2 for t in found.times), found.times


def test_it_sees_a_flat_shot_that_no_packet_announces(tmp_path: Path) -> None:
    calm = scene(13, size=(96, 64), speed=3)
    path = make_video(tmp_path / "a.mp4", [(5, calm), (2, flat((230, 20, 200), size=(96, 64))), (5, calm)], options=NO_SCENE_CUT)
    assert any(5 <= t < 7 for t in sample_frames(path, hashes=False).times)


def test_it_keeps_as_many_frames_as_asked_and_the_ones_that_differ(tmp_path: Path) -> None:
    shots = [(1.0, scene(n, size=(96, 64))) for n in range(12)]
    found = sample_frames(make_video(tmp_path / "a.mp4", shots, options={"g": "5"}), most=12)
    assert len(found) == 12
    hashes = [value for value in found.pdq if value is not None]
    assert all(distance(a, b) > 31 for a, b in pairwise(hashes))


def test_it_returns_frames_in_time_order_and_small(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", [(2, scene(3, size=(800, 450))), (2, scene(4, size=(800, 450)))])
    found = sample_frames(path)
    assert found.pixels.shape[1:] == (288, 512, 3)
    assert list(found.times) == sorted(found.times)
    assert found.duration_s == pytest.approx(4, abs=0.2)
    assert len(found) == len(found.pixels) == len(found.pdq)


def test_it_finds_the_frames_at_given_times(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", [(2, flat((250, 10, 10))), (2, flat((10, 10, 250)))], options={"g": "100"})
    found = sample_frames(path, times=[3.0, 0.5, 0.5, 99.0])
    assert found.times == pytest.approx((0.533, 3.0, 3.933), abs=0.07)
    assert [int(frame[..., 0].mean() > 128) for frame in found.pixels] == [1, 0, 0]


def test_it_reads_a_picture_upright(tmp_path: Path) -> None:
    from PIL import Image

    picture = Image.fromarray(scene(2, size=(120, 60))(0))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert sample_frames(tmp_path / "turned.jpg").pixels.shape == (1, 120, 60, 3)


def test_it_says_when_it_could_not_look_at_everything(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", [(4, scene(3))], options={"g": "5"})
    found = sample_frames(path, limits=replace(SAMPLING, soft_s=0.0001))
    assert found.partial
    assert not sample_frames(path).partial


def test_it_refuses_a_video_without_a_frame(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.ts", [(1, scene(3))], codec="mpeg2video").read_bytes()
    (tmp_path / "b.ts").write_bytes(whole[:188] * 20)
    with pytest.raises(MediaError):
        sample_frames(tmp_path / "b.ts")


def test_it_looks_closer_around_high_scores_only() -> None:
    assert finer_times([0.0, 4.0, 8.0], np.array([0.1, 0.9, 0.2])) == [3.5, 4.25, 4.5, 5.0]
    assert finer_times([0.0, 4.0], np.array([0.1, 0.2])) == []


def test_it_reads_text_from_frames_that_differ() -> None:
    pixels = np.stack([scene(1)(0)] * 6 + [scene(2)(0)] * 6)
    times = [float(n) for n in range(12)]
    assert distinct_times(times, pixels, 4) == [0.0, 6.0]


def test_it_writes_a_grey_blurred_strip(tmp_path: Path) -> None:
    from PIL import Image

    path = make_video(tmp_path / "a.mp4", [(2, scene(1, size=(480, 270)))])
    rows = write_strip(path, tmp_path / "out" / "strip", [0.0, 1.0])
    assert [name for _, name in rows] == ["0.jpg", "1.jpg"]
    with Image.open(tmp_path / "out" / "strip" / "1.jpg") as picture:
        assert (picture.mode, picture.size) == ("L", (240, 135))
        grey = np.asarray(picture, float)
    clear = sample_frames(path, times=[1.0], side=240).pixels[0].mean(axis=2)
    assert np.abs(np.diff(grey, axis=1)).max() < 0.5 * np.abs(np.diff(clear, axis=1)).max()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["strip"]


def test_it_puts_the_marked_moments_on_the_strip() -> None:
    times = [float(n) for n in range(60)]
    chosen = strip_choice(times, [31.0, 32.0])
    assert len(chosen) == 24
    assert {31, 32} <= set(chosen)


def test_it_finds_stored_files_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "media"
    (root / "folder").mkdir(parents=True)
    make_picture(root / "flat.png")
    (root / "folder" / "original.mp4").write_bytes(b"x")
    (tmp_path / "secret").write_text("no", "utf-8")
    (root / "link").symlink_to(tmp_path / "secret")
    assert locate({"media": "flat.png"}, root) == root / "flat.png"
    assert locate({"media": "folder"}, root) == root / "folder" / "original.mp4"
    assert derivative_folder("folder", root, "strip") == (root / "folder" / "strip", "folder/strip")
    for media in ("../secret", "/etc/passwd", "link", "gone", "", "folder/../../secret", "a\0b", "./flat.png", "https://x/../../flat.png"):
        with pytest.raises(MediaError):
            locate({"media": media}, root)


def test_it_knows_names_that_may_lead_to_an_upload(tmp_path: Path) -> None:
    media = "01a1fdd2-9d0f-77ca-b046-273daef00911"
    for name in (media, media.upper(), media.replace("-", ""), f"{{{media}}}", f"{media}/original", f"{media}/ä", "incoming/tmp1"):
        assert names_upload(name), name
    for name in (f"https://x.example/{media}/1.jpg", f"https://x.example/../../{media}", f"./{media}", "photo-1.jpg", "", "/"):
        assert not names_upload(name), name
    (tmp_path / media).mkdir()
    (tmp_path / media / "original").write_bytes(b"x")
    for name in (f"https://x.example/../../{media}", f"./{media}", f"photo-1.jpg/../{media}"):
        with pytest.raises(MediaError, match="not the id"):
            locate({"media": name}, tmp_path)


def test_kinds_name_the_uploads_of_a_payload() -> None:
    media, url = "01a1fdd2-9d0f-77ca-b046-273daef00911", "https://x.example/1.jpg"
    assert KINDS["video"].media({"media": media}) == [media]
    assert KINDS["video"].media({"path": "/tmp/a.mp4"}) == []
    assert KINDS["review"].media({"text": "Look.", "images": [url, media]}) == [media]
    assert KINDS["chat"].media({"messages": [{"sender": "a"}, {"sender": "a", "image": media}, {"sender": "b", "image": url}]}) == [media]
    assert KINDS["order"].media({}) == ()


def test_it_reads_no_path_where_there_is_a_media_folder(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="command line only"):
        locate({"path": "/etc/passwd"}, tmp_path)
    assert locate({"path": "/etc/passwd"}, None) == Path("/etc/passwd")
