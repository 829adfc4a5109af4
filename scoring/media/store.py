"""Where an item's file lies: `media` ids below the media folder, `path` only where no media folder is set (the shell)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from scoring.media.errors import MediaError
from scoring.types import Json

ORIGINAL = "original"
# Ids are handed out by the media store: plain names (folders allowed), so that joining one to the media folder cannot leave it.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$"
_NAME = re.compile(NAME.removeprefix("^").removesuffix("$"))


def names_upload(name: str) -> bool:
    """Whether it may lead to what somebody uploaded: an id (they are UUIDs) in any spelling, or a path below a folder.

    A URL, or a name of the sender's own, leads nowhere here: `locate` does not open the one and finds no file for the other.
    """
    return any(map(_is_uuid, (name, name.partition("/")[0]))) or ("/" in name and _NAME.fullmatch(name) is not None)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def locate(payload: Mapping[str, Json], media_root: Path | None) -> Path:
    """The file to read. Raises MediaError when there is none, or the id points out of the media folder.

    A media id names a file below `media_root`, or a folder there that holds the file `original` (with any ending).
    A product that serves strangers sets `media_root`, so that nobody can have its own files read by sending a path.
    """
    if payload.get("media") is not None:
        if media_root is None:
            raise MediaError("There is no media folder here, so a media id cannot be found.")
        return _stored(str(payload["media"]), media_root)
    if media_root is not None:
        raise MediaError("A path is read on the command line only; upload the file and give its media id.")
    return Path(str(payload.get("path", "")))


def _stored(media: str, media_root: Path) -> Path:
    if not _NAME.fullmatch(media):
        raise MediaError("This is not the id of an uploaded file.")
    root = media_root.resolve()
    place = safe_join(root, media)
    if place.is_dir():
        originals = sorted(p for p in place.iterdir() if p.name.split(".")[0] == ORIGINAL)
        place = safe_join(root, f"{media}/{originals[0].name}") if originals else place
    if not place.is_file():
        raise MediaError("The uploaded file is not in the media folder.")
    return place


def safe_join(root: Path, name: str) -> Path:
    """`root / name`, links resolved. Raises MediaError when that is not below root."""
    place = (root / name.replace("\0", "")).resolve()
    if "\0" in name or not place.is_relative_to(root.resolve()) or place == root.resolve():
        raise MediaError("The media id points outside the media folder.")
    return place


def derivative_folder(media: str, media_root: Path, name: str) -> tuple[Path, str]:
    """Folder for what is derived from a media file, and its name relative to the media folder.

    `<media>/<name>`; beside the file (`<media>.<name>`) where the id is itself a file.
    """
    relative = f"{media}.{name}" if safe_join(media_root, media).is_file() else f"{media}/{name}"
    return safe_join(media_root, relative), relative
