"""The marks that a person gives with a verdict: words of a text, or a part of a film. Checked against the item they point into."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from console.intake.models import Item, Media
from scoring.registry import KINDS

MOST = 200
MOST_FIELD = 100
DAY_S = 86_400.0
PLAY = "media"  # the field of a part of a film


def text_at(payload: Mapping[str, Any], field: str) -> str | None:
    """The text under a path: "text", "title", "messages.3.text". None where there is no text."""
    found: Any = payload
    for part in field.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and len(part) < 6 and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found if isinstance(found, str) else None


def spans_check(
    spans: Sequence[Mapping[str, Any]], item: Item, labels: Collection[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """(spans as they are stored, a sentence for each that is wrong).

    Words: `{field, start, end, label}`, code points [start, end) of the payload's text at `field` ("text" when it is not
    given). A part of a film: `{field: "media", t0, t1, label}` in seconds. `label` is "" (all that the verdict says) or one of
    `labels`.
    """
    if len(spans) > MOST:
        return [], [f"At most {MOST} marks can be given."]
    seconds = play_time(item) if any("t0" in span for span in spans) else None
    kept: list[dict[str, Any]] = []
    wrong: list[str] = []
    for place, span in enumerate(spans, 1):
        label = span.get("label") or ""
        if not isinstance(label, str) or (label and label not in labels):
            wrong.append(f"Mark {place}: the policy has no label {str(label)[:64]!r}.")
            continue
        found = _part(span, seconds) if "t0" in span else _words(span, item.payload)
        if isinstance(found, str):
            wrong.append(f"Mark {place}: {found}")
        elif {**found, "label": label} not in kept:
            kept.append({**found, "label": label})
    return kept, wrong


def _words(span: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any] | str:
    field, start, end = span.get("field", "text"), span.get("start"), span.get("end")
    text = text_at(payload, field) if isinstance(field, str) and len(field) <= MOST_FIELD else None
    if text is None:
        return f"there is no text at {str(field)[:MOST_FIELD]!r}."
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        return f"start and end must lie inside the text, 0 to {len(text)}."
    return {"field": field, "start": start, "end": end}


def _part(span: Mapping[str, Any], seconds: float | None) -> dict[str, Any] | str:
    t0, t1 = _seconds(span.get("t0")), _seconds(span.get("t1"))
    if seconds is None:
        return "there is no film to mark."
    if t0 is None or t1 is None or not 0 <= t0 < t1 <= seconds:
        return f"t0 and t1 must lie inside the film, 0 to {seconds:g} seconds."
    return {"field": PLAY, "t0": round(t0, 2), "t1": round(t1, 2)}


def _seconds(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None


def play_time(item: Item) -> float | None:
    """Seconds of the item's film as the probe found them; a day where nobody knows; None for an item without a film."""
    names = KINDS[item.kind].media(item.payload) if item.kind in KINDS else ()
    if not names or "media" not in item.payload:
        return None
    known = Media.objects.filter(pk=names[0], source_id=item.source_id).values_list("duration_s", flat=True).first()
    return math.ceil(known * 100) / 100 if known else DAY_S
