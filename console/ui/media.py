"""Pictures and films for signed-in people: a small grey blurred copy first, the file itself only when it is asked for."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from console.intake.models import Media
from console.ui.access import page_for
from scoring.media.errors import MediaError
from scoring.media.store import derivative_folder, locate

LONGEST_SIDE = 320
BLUR = 12
MOST_PIXELS = 60_000_000
CHUNK = 256 * 1024
SHOWN_TYPES = ("image/", "video/")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})$")


def strip_names(media: str) -> list[str]:
    """Addresses of the blurred frames that the worker kept, in their order."""
    try:
        folder, _ = derivative_folder(media, Path(settings.MEDIA_ROOT), "strip")
    except MediaError:
        return []
    if not folder.is_dir():
        return []
    numbers = sorted(int(p.stem) for p in folder.glob("*.jpg") if p.stem.isdecimal())
    return [f"/media/{media}/strip/{number}.jpg" for number in numbers]


def _original(media: Media) -> Path:
    try:
        return locate({"media": str(media.pk)}, Path(settings.MEDIA_ROOT))
    except MediaError as error:
        raise Http404("The file is not there.") from error


@require_safe
@cache_control(private=True, max_age=3600)
@page_for()
def blurred(request: HttpRequest, media_id: UUID) -> HttpResponseBase:
    """A small, grey and blurred JPEG of a picture; for a film the first kept frame."""
    media = get_object_or_404(Media, pk=media_id)
    root = Path(settings.MEDIA_ROOT)
    if not media.mime.startswith("image/"):
        folder, _ = derivative_folder(str(media.pk), root, "strip")
        frames = sorted(folder.glob("*.jpg"), key=lambda p: p.name) if folder.is_dir() else []
        if not frames:
            raise Http404("No frame was kept yet.")
        return FileResponse(frames[0].open("rb"), content_type="image/jpeg")
    folder, _ = derivative_folder(str(media.pk), root, "blurred")
    kept = folder / "small.jpg"
    if not kept.is_file():
        _blur(_original(media), kept)
    return FileResponse(kept.open("rb"), content_type="image/jpeg")


def _blur(source: Path, target: Path) -> None:
    """Written beside and renamed, so that a half file is never served. 404 when the picture cannot be read."""
    try:
        with Image.open(source) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Http404("The picture is too large to be shown.")
            picture.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            small = ImageOps.exif_transpose(picture).convert("L")
            small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            small = small.filter(ImageFilter.GaussianBlur(BLUR))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Http404("The picture cannot be read.") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    with os.fdopen(handle, "wb") as out:
        small.save(out, "JPEG", quality=60)
    Path(name).replace(target)


@require_safe
@cache_control(private=True, max_age=3600)
@page_for()
def strip_frame(request: HttpRequest, media_id: UUID, number: int) -> HttpResponseBase:
    """One frame of the strip, already small, grey and blurred."""
    media = get_object_or_404(Media, pk=media_id)
    folder, _ = derivative_folder(str(media.pk), Path(settings.MEDIA_ROOT), "strip")
    frame = folder / f"{number}.jpg"
    if not frame.is_file():
        raise Http404("There is no such frame.")
    return FileResponse(frame.open("rb"), content_type="image/jpeg")


@require_safe
@cache_control(private=True, no_store=True)
@page_for()
def clear(request: HttpRequest, media_id: UUID) -> HttpResponseBase:
    """The file itself, in whole or one range of it. Never run as a page: fixed type, no sniffing, sandboxed."""
    media = get_object_or_404(Media, pk=media_id)
    if not media.mime.startswith(SHOWN_TYPES) or "svg" in media.mime:
        raise Http404("This sort of file is not shown.")
    path = _original(media)
    response = _ranged(path, request.headers.get("Range", ""), media.mime)
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'"
    return response


def _ranged(path: Path, wanted: str, mime: str) -> HttpResponseBase:
    size = path.stat().st_size
    match = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None or not any(match.groups()):
        return FileResponse(path.open("rb"), content_type=mime)
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size - 1, int(last) if first and last else size - 1)
    if start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = StreamingHttpResponse(_read(path, start, end - start + 1), status=206, content_type=mime)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Length"] = str(end - start + 1)
    return response


def _read(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
