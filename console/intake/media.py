"""Uploads: streamed to disk, hashed, and looked at by a limited process before anything trusts them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from console.accounts.models import Source
from console.audit.services import audit_append
from console.common.errors import DomainError, Invalid
from console.intake.models import Media
from scoring.media.errors import MediaError
from scoring.media.probe import Probe, probe
from scoring.media.store import ORIGINAL


class Upload(Protocol):
    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]: ...


class TooLarge(DomainError):
    code = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file that was looked at and lies in the incoming folder; `media_create` keeps it or `discard` drops it."""

    path: Path
    sha256: str
    size: int
    probe: Probe

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


def media_path(media_id: UUID) -> Path:
    """Where a file lies (scoring.media.store.locate finds it there): by id, never by a name that somebody sent."""
    return Path(settings.MEDIA_ROOT) / str(media_id) / ORIGINAL


def media_unknown(*, source: Source, names: Sequence[object]) -> set[object]:
    """Which of these media ids are not uploads of this source: an item may only show what its own platform sent."""
    ids: dict[UUID, object] = {}
    unknown = set()
    for name in names:
        try:
            ids[UUID(str(name))] = name
        except ValueError:
            unknown.add(name)
    known = set(Media.objects.filter(source=source, pk__in=ids).values_list("pk", flat=True))
    return unknown | {name for media_id, name in ids.items() if media_id not in known or str(media_id) != name}


def upload_receive(upload: Upload) -> Received:
    """Stream to disk, hash, probe; outside any transaction. Raises TooLarge, or Invalid for what no reader accepts."""
    folder = Path(settings.MEDIA_ROOT) / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            digest, size = _copy(upload, file.write)
        if not size:
            raise Invalid({"file": ["The file is empty."]})
        return Received(path=path, sha256=digest, size=size, probe=probe(path))
    except MediaError as error:
        path.unlink(missing_ok=True)
        raise Invalid({"file": [str(error)]}, "This file cannot be used.") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _copy(upload: Upload, write: Callable[[bytes], object]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in upload.chunks(1024 * 1024):
        size += len(chunk)
        if size > settings.MEDIA_MAX_BYTES:
            raise TooLarge(f"A file may have {settings.MEDIA_MAX_BYTES // 1024**2} MB at most.")
        digest.update(chunk)
        write(chunk)
    return digest.hexdigest(), size


def media_create(*, source: Source, received: Received, actor: str) -> Media:
    """Keep the file and its facts. The file is in place before the row can be seen; a rolled-back row leaves no file in use."""
    found = received.probe
    media = Media(
        id=uuid4(), source=source, sha256=received.sha256, mime=found.mime, size=received.size, width=found.width, height=found.height,
        duration_s=found.duration_s,
    )  # fmt: skip
    target = media_path(media.pk)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(received.path, target)
    try:
        with transaction.atomic():
            media.save(force_insert=True)
            audit_append(actor=actor, verb="media.received", subject=f"media:{media.pk}", data={"mime": media.mime, "size": media.size})
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return media
