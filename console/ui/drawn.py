"""Blocks as templates draw them: addresses of pictures, widths of bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from console.intake.models import Media
from console.ui.media import strip_names
from scoring.blocks import Frame, FramesBlock, Reason, ReasonsBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFrame:
    address: str
    clear: str = ""  # the file itself, where the frame is a stored picture of its own
    t: float | None = None
    label: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    name: str
    value: str
    width: str  # of 100


def _media_id(media: str | None) -> UUID | None:
    """Ids that this installation gave out are UUIDs; anything else (a file name from a shell) is not served."""
    try:
        return UUID(media) if media else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stored file: `small` is its blurred copy ("" while there is none), `clear` the file itself."""

    clear: str
    small: str
    seconds: float | None = None  # how long a film is


def stage_of(media: str | None) -> Stage | None:
    """None for what is not stored here."""
    found = _media_id(media)
    row = Media.objects.filter(pk=found).only("mime", "duration_s").first() if found else None
    if row is None:
        return None
    has_small = row.mime.startswith("image/") or bool(strip_names(str(row.pk)))
    small = _blurred_address(row.pk) if has_small else ""
    return Stage(clear=reverse("ui:media_clear", args=[row.pk]), small=small, seconds=row.duration_s)


def _blurred_address(media: UUID) -> str:
    return reverse("ui:media_blurred", args=[media])


def derivative_address(name: str | None) -> str:
    """A frame's "<media id>/strip/<n>.jpg" as an address; a plain media id gives its blurred copy."""
    parts = (name or "").split("/")
    found = _media_id(parts[0])
    if found is None:
        return ""
    number = parts[-1].removesuffix(".jpg")
    return reverse("ui:media_strip", args=[found, int(number)]) if len(parts) == 3 and number.isdecimal() else _blurred_address(found)


def frames_of(block: FramesBlock) -> list[DrawnFrame]:
    """The card's frames; while the card may not say anything of the score, the kept strip without marks."""
    if block.frames:
        return [_drawn(f, film=block.media is not None) for f in block.frames]
    found = _media_id(block.media)
    return [DrawnFrame(address=name) for name in strip_names(str(found))] if found else []


def _drawn(frame: Frame, *, film: bool) -> DrawnFrame:
    """A frame of a film by its derivative; in a block without a film, a picture that was uploaded by itself."""
    if film:
        return DrawnFrame(address=derivative_address(frame.image), t=frame.t, label=frame.label, text=frame.text)
    stage = stage_of(frame.image)
    return DrawnFrame(address=stage.small if stage else "", clear=stage.clear if stage else "", label=frame.label, text=frame.text)


def _weights(reasons: Sequence[Reason], most: float) -> list[Weight]:
    return [Weight(name=r.name, value=r.value, width=f"{max(2.0, 100 * abs(r.weight) / most):.0f}") for r in reasons]


def weights_of(block: ReasonsBlock) -> dict[str, list[Weight]]:
    """Bars on one scale for both sides."""
    most = max((abs(r.weight) for r in (*block.speaks_for, *block.speaks_against)), default=0.0) or 1.0
    return {"for": _weights(block.speaks_for, most), "against": _weights(block.speaks_against, most)}
