"""What is accepted as media and what is refused, with files made here (attack cases S7 to S13)."""

from __future__ import annotations

import contextlib
import os
import random
import struct
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from scoring.media.errors import MediaError
from scoring.media.limits import PROBING
from scoring.media.probe import Probe, probe
from tests.scoring.made_media import box, flat, make_picture, make_video, png_that_claims, scene


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", [(2, scene(1))])


@pytest.fixture
def private_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own, so that what is left behind can be seen."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def refusal(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    return str(caught.value)


def test_it_describes_a_video(clip: Path) -> None:
    found = probe(clip)
    assert (found.mime, found.kind, found.width, found.height) == ("video/mp4", "video", 192, 108)
    assert found.duration_s == pytest.approx(2.0, abs=0.1)
    assert found.frames == 30
    assert found.codec == "h264"


@pytest.mark.parametrize(("suffix", "name"), [(".png", "png"), (".jpg", "jpeg"), (".gif", "gif"), (".webp", "webp")])
def test_it_describes_a_picture(tmp_path: Path, suffix: str, name: str) -> None:
    found = probe(make_picture(tmp_path / f"picture{suffix}"))
    assert found == Probe(mime=f"image/{name}", kind="image", width=192, height=108, frames=1, codec=name)


@pytest.mark.parametrize(
    ("name", "codec", "mime"),
    [("a.webm", "libvpx", "video/webm"), ("a.mkv", "libx264", "video/x-matroska"), ("a.avi", "mpeg4", "video/x-msvideo")],
)  # fmt: skip
def test_it_describes_other_containers(tmp_path: Path, name: str, codec: str, mime: str) -> None:
    found = probe(make_video(tmp_path / name, [(1, scene(2))], codec=codec))
    assert (found.mime, found.width, found.height) == (mime, 192, 108)


def test_it_reads_a_file_without_an_ending(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "0193a1b2"
    path.write_bytes(clip.read_bytes())
    assert probe(path).mime == "video/mp4"


def test_it_refuses_a_pixel_flood_from_its_header(tmp_path: Path) -> None:  # S7
    path = tmp_path / "flood.png"
    path.write_bytes(png_that_claims(30_000, 30_000))
    assert refusal(path) == "It is 30000 x 30000 pixels; at most 40 million are read."


def test_it_refuses_an_animation_of_too_many_frames(tmp_path: Path) -> None:  # S8
    frames = [Image.new("L", (2, 2), shade) for shade in range(40)]
    path = tmp_path / "many.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(MediaError, match="40 frames; an animation may have 20"):
        probe(path, limits=replace(PROBING, animation_frames=20))
    assert probe(path).frames == 40


@pytest.mark.parametrize("head", [b"PK\x03\x04" + bytes(60), b"\x1f\x8b\x08" + bytes(60)])
def test_it_refuses_archives(tmp_path: Path, head: bytes) -> None:  # S9
    path = tmp_path / "archive.mp4"
    path.write_bytes(head)
    assert refusal(path) == "It is an archive, not a video or a picture."


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "HLS"), ("#EXTM3U\n#EXTINF:1,\nhttp://169.254.169.254/latest\n", "HLS"),
        ("ffconcat version 1.0\nfile /etc/passwd\n", "concat"), ("<?xml version='1.0'?><MPD></MPD>", "DASH"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "SVG"), ("\ufeff \n<!DOCTYPE html><html></html>", "web page"),
        ("concat:/etc/passwd|/etc/hosts", "not a video"), ("%PDF-1.7", "PDF"), ("", "empty"),
    ],
)  # fmt: skip
def test_it_refuses_playlists_and_documents_in_disguise(tmp_path: Path, text: str, word: str) -> None:  # S2, S10
    path = tmp_path / "clip.mp4"
    path.write_text(text, "utf-8")
    assert word in refusal(path)


def test_it_follows_no_reference_out_of_a_movie(tmp_path: Path) -> None:  # S10
    secret = tmp_path / "secret.mp4"
    make_video(secret, [(1, scene(3))])
    address = f"file://{secret}".encode() + b"\0"
    reference = box(b"rmra", box(b"rmda", box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(address)), address)))
    path = tmp_path / "reference.mov"
    path.write_bytes(box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", reference))
    assert refusal(path) in ("The video is broken or cut short.", "It has no video that can be decoded here.")


def test_it_reads_only_with_the_demuxer_of_the_first_bytes(tmp_path: Path) -> None:  # S10
    path = tmp_path / "mixed.mp4"
    path.write_bytes(box(b"ftyp", b"isom", bytes(4), b"isom") + b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    assert refusal(path) in ("The video is broken or cut short.", "It has no video that can be decoded here.")


def test_it_refuses_a_video_that_claims_a_billion_seconds(tmp_path: Path, clip: Path) -> None:  # S11
    data = bytearray(clip.read_bytes())
    for name in (b"mvhd", b"mdhd"):  # a second to the unit, a billion units
        struct.pack_into(">II", data, data.index(name) + 4 + 12, 1, 1_000_000_000)
    struct.pack_into(">I", data, data.index(b"elst") + 4 + 8, 1_000_000_000)
    struct.pack_into(">I", data, data.index(b"stts") + 4 + 12, 33_333_333)
    path = tmp_path / "long.mp4"
    path.write_bytes(data)
    assert "It claims to last" in refusal(path)


def test_it_refuses_a_video_with_too_many_streams(clip: Path) -> None:  # S11
    with pytest.raises(MediaError, match="1 streams; at most 0"):
        probe(clip, limits=replace(PROBING, streams=0))


def test_it_refuses_a_million_streams_in_bounded_time(tmp_path: Path, clip: Path) -> None:  # S11
    data = clip.read_bytes()
    at = data.index(b"moov") - 4
    moov = data[at : at + struct.unpack(">I", data[at : at + 4])[0]]
    track_at = moov.index(b"trak") - 4
    track = moov[track_at : track_at + struct.unpack(">I", moov[track_at : track_at + 4])[0]]
    path = tmp_path / "streams.mp4"
    path.write_bytes(data[:at] + box(b"moov", moov[8:track_at], track * 5000))
    assert refusal(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_it_refuses_or_reads_a_file_that_is_cut_short(tmp_path: Path, clip: Path, share: float) -> None:  # S11
    data = clip.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: int(len(data) * share)])
    assert refusal(path) in ("The video is broken or cut short.", "It has no video that can be decoded here.")


def test_it_survives_damaged_files_and_leaves_nothing(clip: Path, private_tmp: Path, tmp_path: Path) -> None:  # S12
    data, rng = clip.read_bytes(), random.Random(7)
    before = len(os.listdir("/proc/self/fd"))
    path = tmp_path / "damaged.mp4"
    for _ in range(12):
        broken = bytearray(data)
        for _ in range(rng.randrange(4, 200)):
            broken[rng.randrange(12, len(broken))] = rng.randrange(256)
        path.write_bytes(broken)
        with contextlib.suppress(MediaError):  # anything else would be a crash of ours
            probe(path)
    assert list(private_tmp.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_refuses_a_name_that_claims_another_format(tmp_path: Path, clip: Path) -> None:  # S13
    path = tmp_path / "picture.png"
    path.write_bytes(clip.read_bytes())
    assert refusal(path) == "The name ends in .png, but the file is video/mp4."


def test_it_refuses_bytes_of_no_known_format(tmp_path: Path) -> None:  # S13
    path = tmp_path / "clip.mp4"
    path.write_bytes(random.Random(1).randbytes(5000))
    assert refusal(path) == "It is not a video or a picture of a kind that is read here."


def test_it_refuses_what_is_no_plain_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "It is not a plain file."
    assert refusal(tmp_path / "nothing") == "There is no such file, or it may not be read."
    os.mkfifo(tmp_path / "pipe.mp4")
    assert refusal(tmp_path / "pipe.mp4") == "It is not a plain file."


def test_it_refuses_a_file_that_is_too_large(clip: Path) -> None:
    with pytest.raises(MediaError, match="larger than 0 MB"):
        probe(clip, limits=replace(PROBING, file_bytes=10))


def test_it_stops_a_reader_that_takes_too_long(clip: Path, private_tmp: Path) -> None:
    with pytest.raises(MediaError, match="longer than"):
        probe(clip, limits=replace(PROBING, wall_s=0.01))
    assert list(private_tmp.iterdir()) == []


def test_it_stops_a_reader_that_takes_too_much_memory(tmp_path: Path) -> None:
    path = make_video(tmp_path / "large.mp4", [(0.2, flat((9, 90, 200), size=(1920, 1080)))])
    with pytest.raises(MediaError, match=r"memory|broken|failed"):
        probe(path, limits=replace(PROBING, memory=1024))


def test_it_gives_the_reader_none_of_the_parents_secrets_and_no_network(clip: Path) -> None:
    code = (
        "import os, socket\n"
        "from scoring.media.jail import enter_early, enter_late\n"
        "enter_early(10, 1024)\n"
        "names = [n for _, n in socket.if_nameindex()]\n"
        "enter_late(64 * 1024 * 1024)\n"
        "try:\n  bytearray(1024 ** 3); print('memory')\n"
        "except MemoryError: pass\n"
        "try:\n  fd = os.open('big', os.O_WRONLY | os.O_CREAT); print('file', [os.write(fd, bytes(1000)) for _ in range(4)])\n"
        "except OSError: pass\n"
        "print(names)"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + code],
        capture_output=True, text=True, cwd=clip.parent, check=False, env={"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert done.stdout.strip() == "['lo']", done.stderr


def test_it_keeps_decoders_out_of_the_asking_process() -> None:
    code = (
        "import sys, scoring.media.probe, scoring.media.store\n"
        "print([m for m in ('numpy', 'av', 'cv2', 'PIL', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
