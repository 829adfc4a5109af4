"""What a file is, by its first bytes alone. Names and claims decide nothing; what is not on the list is refused.

Text formats never get further than this: playlists (HLS, concat, DASH), SVG and HTML can name other files and hosts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from scoring.media.errors import MediaError

HEAD_BYTES = 4096


class Format(NamedTuple):
    """`reader` is the Pillow format or the FFmpeg demuxer that is forced, so that no other one is ever tried."""

    mime: str
    kind: Literal["image", "video"]
    reader: str


MP4 = Format("video/mp4", "video", "mov")
SUFFIXES = {
    ".png": "image/png", ".apng": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".bmp": "image/bmp", ".mp4": "video/mp4", ".m4v": "video/mp4", ".3gp": "video/mp4",
    ".mov": "video/mp4 video/quicktime", ".webm": "video/webm", ".mkv": "video/x-matroska video/webm",
    ".avi": "video/x-msvideo", ".ts": "video/mp2t", ".ogv": "video/ogg", ".svg": "", ".html": "", ".m3u8": "", ".pdf": "",
}  # fmt: skip
REFUSED = (
    (b"#extm3u", "It is a playlist (HLS), which names other files."),
    (b"ffconcat", "It is a playlist (concat), which names other files."),
    (b"<mpd", "It is a playlist (DASH), which names other files."),
    (b"<svg", "It is an SVG drawing, which can hold scripts."),
    (b"<html", "It is a web page, not a video or a picture."),
    (b"<!doctype", "It is a web page, not a video or a picture."),
    (b"%pdf", "It is a PDF document, not a video or a picture."),
    (b"pk\x03\x04", "It is an archive, not a video or a picture."),
    (b"\x1f\x8b", "It is an archive, not a video or a picture."),
)


def sniff(path: Path) -> Format:
    """Raises MediaError when the bytes are of no format on the list, or the name's ending claims another one."""
    with path.open("rb") as handle:
        head = handle.read(HEAD_BYTES)
    found = _format(head)
    if found is None:
        raise MediaError(_refusal(head))
    claimed = SUFFIXES.get(path.suffix.lower())
    if claimed is not None and found.mime not in claimed.split():
        raise MediaError(f"The name ends in {path.suffix.lower()}, but the file is {found.mime}.")
    return found


def _format(head: bytes) -> Format | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format("image/png", "image", "PNG")
    if head.startswith(b"\xff\xd8\xff"):
        return Format("image/jpeg", "image", "JPEG")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Format("image/gif", "image", "GIF")
    if head.startswith(b"BM") and len(head) > 26 and head[6:10] == b"\0\0\0\0":
        return Format("image/bmp", "image", "BMP")
    if head[4:8] == b"ftyp":
        return _iso(head)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return Format("video/quicktime", "video", "mov")
    return _container(head)


def _iso(head: bytes) -> Format | None:
    brand = head[8:12]
    if brand == b"qt  ":
        return Format("video/quicktime", "video", "mov")
    if brand in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"crx "):
        return None  # still pictures in boxes: not read here
    return MP4


def _container(head: bytes) -> Format | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format("image/webp", "image", "WEBP")
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return Format("video/x-msvideo", "video", "avi")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return Format("video/webm" if b"webm" in head[:64] else "video/x-matroska", "video", "matroska")
    if head.startswith(b"OggS"):
        return Format("video/ogg", "video", "ogg")
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return Format("video/mp2t", "video", "mpegts")
    return None


def _refusal(head: bytes) -> str:
    if not head:
        return "The file is empty."
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, sentence in REFUSED:
        if start.startswith(mark) or (mark.startswith(b"<") and mark in start[:1024]):
            return sentence
    return "It is not a video or a picture of a kind that is read here."
