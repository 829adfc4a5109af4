"""How a review is laid out: title and text with what moved the score, the stars, and who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scoring.blocks import Block, Fact, FactsBlock, Frame, FramesBlock, Link, LinksBlock, NoticeBlock, Span, TextBlock
from scoring.text.hidden import hidden_spans, undone_spans, unmapped_scripts
from scoring.text.normalise import normalise
from scoring.types import Evidence, Item, Json, Score

LABEL_WORDS = {
    "hate": "Hate", "harassment": "Personal attack", "threat": "Threat", "sexual": "Lewd", "profanity": "Strong language",
    "spam": "Advertising", "privacy": "Private data", "hatespeech": "Hate", "offensive": "Offensive", "toxic": "Toxic",
}  # fmt: skip
ACTOR_FACTS = {
    "account_age_days": "Account age in days", "age_days": "Account age in days", "reviews": "Reviews, ever",
    "reviews_total": "Reviews, ever",
    "removed": "Removed before", "reports": "Reports, ever", "verified": "Verified purchase",
    "country": "Country", "name": "Name",
}  # fmt: skip


def in_words(label: str | None) -> str:
    name = label or ""
    return LABEL_WORDS.get(name, name.replace("_", " ").capitalize())


def author_keys(item: Item) -> dict[str, str]:
    """What later reviews may share: author, subject, device and address."""
    named = {
        "author": item.actor.get("id"), "subject": item.payload.get("subject"),
        "device": item.actor.get("device_id"), "ip": item.actor.get("ip"),
    }  # fmt: skip
    return {name: str(value)[:500] for name, value in named.items() if value is not None and str(value).strip()}


def review_facts(item: Item) -> dict[str, Json]:
    """What is kept of a review for later ones: its stars and length, no text."""
    return {"rating": item.payload.get("rating"), "length": len(str(item.payload.get("text") or ""))}


def draw_card(item: Item, score: Score | None) -> Sequence[Block]:
    """Blocks in reading order. `score` None is the blind form: no evidence, no notices about the scoring."""
    blocks: list[Block] = []
    text = str(item.payload.get("text") or "")
    if score is not None:
        notices = [*dict.fromkeys(score.errors.values())]
        if scripts := unmapped_scripts(text):
            notices.append(f"Written partly in {' and '.join(scripts)} letters, which the machine cannot read.")
        blocks += [NoticeBlock(text=sentence, tone="caution") for sentence in notices]
    title = item.payload.get("title")
    if isinstance(title, str) and title.strip():
        blocks.append(_text_block("title", "Title", title, score))
    written = _text_block("text", "", text, score)
    blocks.append(
        replace(written, meta=_meta(item.payload), rating=_rating(item.payload), translation=_translation(item.payload))
    )  # fmt: skip
    images = item.payload.get("images") or []
    if images:
        title = f"{len(images)} picture{'s' if len(images) > 1 else ''}"
        blocks.append(FramesBlock(title=title, frames=[Frame(t=0.0, image=str(image)) for image in images]))
    blocks.append(FactsBlock(title="Author", facts=_author(item)))
    links = _links(item)
    if links:
        blocks.append(LinksBlock(area="context", links=links))
    return blocks


def _text_block(field: str, title: str, text: str, score: Score | None) -> TextBlock:
    plain = normalise(text)
    return TextBlock(
        field=field, title=title, text=text, hidden=hidden_spans(text),
        spans=_spans(score.evidence if score else (), field, len(text)), normalised=plain.text if plain.changed else None,
        undone=undone_spans(plain) if plain.changed else (),
    )  # fmt: skip


def _spans(evidence: Sequence[Evidence], field: str, length: int) -> tuple[Span, ...]:
    spans = [
        Span(start=e.start, end=e.end, label=in_words(e.label), weight=e.weight)
        for e in evidence
        if e.type == "span" and e.field == field and e.start is not None and e.end is not None and 0 <= e.start < e.end <= length
    ]
    return tuple(sorted(spans, key=lambda s: (s.start, s.end)))


def _translation(payload: Mapping[str, Json]) -> str | None:
    value = payload.get("translation")
    return value if isinstance(value, str) and value.strip() else None


def _rating(payload: Mapping[str, Json]) -> float | None:
    value = payload.get("rating")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _meta(payload: Mapping[str, Json]) -> str:
    rating = _rating(payload)
    parts = [f"{rating:g} of 5 stars" if rating is not None else "", str(payload.get("subject") or ""), str(payload.get("language") or "")]
    return " · ".join(part for part in parts if part)


def _author(item: Item) -> list[Fact]:
    facts = [Fact(name="Author", value=str(item.actor.get("id") or "Not known"), mark="" if item.actor.get("id") else "missing")]
    for name, words in ACTOR_FACTS.items():
        value = item.actor.get(name)
        if name == "name" and value == item.actor.get("id"):
            continue  # it would say the same twice
        if value is not None and all(fact.name != words for fact in facts):
            facts.append(Fact(name=words, value=_in_words(value)))
    if item.reports:
        facts.append(Fact(name="Reports of this review", value=str(item.reports)))
    return facts


def _in_words(value: Json) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:g}" if isinstance(value, int | float) else str(value)[:200]


def _links(item: Item) -> list[Link]:
    names = {"author": "Author", "subject": "Subject", "device": "Device", "ip": "Address"}
    links = []
    for name, value in author_keys(item).items():
        others = sum(event.keys.get(name) == value for event in item.past)
        if others:
            links.append(Link(attribute=names[name], value=value if len(value) <= 24 else value[:23] + "…", others=others))
    return links
