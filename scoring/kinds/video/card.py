"""How a video is laid out for a person: the strip, the words, the uploader, and what could not be checked.

Nothing is decoded here: the strip of small, blurred and grey pictures was written by the worker that scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.blocks import Block, Fact, FactsBlock, Frame, FramesBlock, Line, NoticeBlock, Span, TextBlock
from scoring.types import Evidence, Item, Json, Score

LABEL_WORDS = {
    "nudity": "nudity", "sexual_activity": "sexual activity", "violence": "violence", "extremist": "extremist",
    "text_harm": "harmful text", "known_content": "known content",
}  # fmt: skip
UPLOADER_FACTS = {
    "age_days": "Account age in days", "uploads": "Videos uploaded", "removed": "Removed before", "trusted": "Trusted",
    "country": "Country",
}  # fmt: skip
MAX_HEADLINE = 120


def in_words(label: str | None) -> str:
    return LABEL_WORDS.get(label or "", (label or "").replace("_", " "))


def clock(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def headline(payload: Mapping[str, Json]) -> str:
    """Title and length on one line, at most 120 characters."""
    title = " ".join(str(payload.get("title") or "Untitled video").split())
    seconds = payload.get("duration_s")
    tail = f" ({clock(float(seconds))})" if seconds else ""
    room = MAX_HEADLINE - len(tail)
    return (title if len(title) <= room else title[: room - 1] + "…") + tail


def uploader_keys(item: Item) -> dict[str, str]:
    """The account and device that later uploads may share."""
    pairs = (("uploader", item.actor.get("id")), ("device", item.actor.get("device_id")))
    return {name: str(value) for name, value in pairs if value}


def uploader_facts(item: Item) -> dict[str, Json]:
    return {"title": str(item.payload.get("title", ""))[:200]}


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    """Blocks in reading order. `score` None is the blind form: what was observed, without marks, matches or heat."""
    blocks: list[Block] = [_frames(item, score)]
    blocks += [NoticeBlock(text=text, tone="caution") for text in _unchecked(score)]
    blocks += _texts(item, score)
    blocks.append(FactsBlock(title="Uploader", facts=_uploader(item)))
    return blocks


def _unchecked(score: Score | None) -> list[str]:
    """One sentence for each thing that no machine could look at; a blind case does not say, as that is a score's word."""
    return list(dict.fromkeys(score.errors.values())) if score else []


def _frames(item: Item, score: Score | None) -> FramesBlock:
    payload = item.payload
    signals: Mapping[str, Json] = {**item.around.measured, **(score.signals if score else {})}
    found = [e for e in (score.evidence if score else ()) if e.type == "frame" and e.t is not None]
    read = {float(line["t"]): str(line["text"]) for line in signals.get("transcript") or ()}
    strip = {float(entry["t"]): str(entry["image"]) for entry in signals.get("strip") or ()}
    frames = [_frame(t, strip.get(t), found, read) for t in sorted({*strip, *(e.t for e in found if e.t is not None)})]
    duration = signals.get("duration_s") or payload.get("duration_s")
    flashes: Mapping[str, Json] = signals.get("flashes") or {}
    return FramesBlock(
        title="Video" if payload.get("title") else "Untitled video", media=payload.get("media"),
        duration_s=None if duration is None else float(duration), frames=frames, matches=_matches(score), known=_known(score),
        lines=[_line(t, text, found) for t, text in sorted(read.items())], heat=_heat(score, found),
        flashes=[(float(start), float(end)) for start, end in flashes.get("parts") or ()], flashes_upto=flashes.get("upto"),
        flashes_known=bool(flashes), rate=flashes.get("rate"),
    )  # fmt: skip


def _line(t: float, text: str, found: Sequence[Evidence]) -> Line:
    return Line(t=t, text=text, label=next((in_words(e.label) for e in found if e.t == t and e.text), ""))


def _heat(score: Score | None, found: Sequence[Evidence]) -> list[tuple[float, float]]:
    """The frame classifier's score of every sampled frame; without one, what the cited frames weigh."""
    if score is None:
        return []
    rows = score.signals.get("heat") or [(e.t, e.weight) for e in found]
    return sorted((float(t), max(0.0, min(1.0, float(s)))) for t, s in rows)


def _known(score: Score | None) -> str:
    if score is None or _matches(score):
        return ""
    return "No match among the known content" if score.signals.get("bank_checked") else "Known content was not looked up"


def _frame(t: float, image: str | None, found: Sequence[Evidence], read: Mapping[float, str]) -> Frame:
    here = max((e for e in found if e.t == t), key=lambda e: e.weight, default=None)
    return Frame(
        t=t, image=image, score=here.weight if here else None, label=in_words(here.label) if here else "",
        text=read.get(t, ""),
    )  # fmt: skip


def _matches(score: Score | None) -> list[str]:
    rows = [e for e in (score.evidence if score else ()) if e.type == "match"]
    return [e.text or f"Equals bank entry {e.value}" for e in rows]


def _texts(item: Item, score: Score | None) -> list[Block]:
    blocks: list[Block] = []
    for field, title in (("title", "Title"), ("description", "Description")):
        text = str(item.payload.get(field) or "")
        if text:
            blocks.append(TextBlock(field=field, title=title, text=text, spans=_spans(score, field, len(text))))
    return blocks


def _spans(score: Score | None, field: str, length: int) -> list[Span]:
    spans = []
    for e in score.evidence if score else ():
        if e.type == "span" and e.field == field and e.start is not None and e.end is not None and 0 <= e.start < e.end <= length:
            spans.append(Span(start=e.start, end=e.end, label=in_words(e.label), weight=e.weight))
    return spans


def _uploader(item: Item) -> list[Fact]:
    facts = [Fact(name="Account", value=str(item.actor.get("id") or "unknown"), mark="" if item.actor.get("id") else "missing")]
    for key, name in UPLOADER_FACTS.items():
        value = item.actor.get(key)
        if value is not None:
            shown = ("yes" if value else "no") if isinstance(value, bool) else str(value)
            facts.append(Fact(name=name, value=shown))
    return facts
