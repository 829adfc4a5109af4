"""A closer look at suspicious threads only: pictures are read by OCR, and the analyser is asked where one is set up.

Options: `suspicious_from` (0.3), `analyser_url`, `analyser_model`, `analyser_key`, `analyser_examples`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any

from scoring.kinds.chat.payload import own_sender
from scoring.media.errors import MediaError
from scoring.media.frames import sample_frames
from scoring.media.store import locate
from scoring.signals.analyser import Analyser, AnalyserError, Answer
from scoring.signals.conversation import recent
from scoring.signals.ocr import OcrError, read_text
from scoring.types import Evidence, Item, RunContext, Score

SUSPICIOUS_FROM = 0.3
MOST_PICTURES = 4
AT_ONCE = 4
SIDE = 1024


def suspicious(score: Score, context: RunContext) -> bool:
    return score.risk is not None and score.risk >= float(context.options.get("suspicious_from", SUSPICIOUS_FROM))


def read_pictures(item: Item, context: RunContext) -> tuple[dict[int, str], dict[str, str]]:
    """({message index: text}, errors) of the newest pictures of a thread."""
    pictures = [(i, str(m["image"])) for i, m in recent(item.payload) if m.get("image")][-MOST_PICTURES:]
    texts: dict[int, str] = {}
    errors: dict[str, str] = {}
    for index, media in pictures:
        try:
            frames = sample_frames(locate({"media": media}, context.media_root), most=1, side=SIDE, hashes=False)
            if text := read_text(frames.pixels[0]):
                texts[index] = text[:5000]
        except (MediaError, OcrError) as error:
            errors["ocr"] = f"A picture in the thread could not be read: {error}"
    return texts, errors


def wordless_pictures(item: Item) -> set[int]:
    """Indexes of messages that are a picture and nothing else: what they say is known only when the picture is read."""
    return {i for i, m in enumerate(item.payload["messages"]) if m.get("image") and not (m.get("text") or "").strip()}


def with_picture_texts(item: Item, texts: Mapping[int, str]) -> Item:
    """The thread with what its pictures say after the words of their messages."""
    messages = [
        {**m, "text": "\n".join(filter(None, [m.get("text"), texts[i]]))} if i in texts else m
        for i, m in enumerate(item.payload["messages"])
    ]
    return replace(item, payload={**item.payload, "messages": messages})


def without_picture_quotes(score: Score, item: Item, texts: Mapping[int, str]) -> Score:
    """Quotes must stand in the payload: those from pictures become part of the signal `picture_text` only."""
    lengths = [len(m.get("text") or "") for m in item.payload["messages"]]
    kept = tuple(e for e in score.evidence if e.type != "quote" or (e.end or 0) <= lengths[e.index or 0])
    return replace(score, evidence=kept, signals={**score.signals, "picture_text": {str(i): t for i, t in texts.items()}})


@lru_cache(maxsize=4)
def _analyser(url: str, model: str, key: str, examples: str) -> Analyser:
    return Analyser(url, model, key, examples=json.loads(examples))


def analyser_of(context: RunContext) -> Analyser | None:
    """The analyser of the options; one per process, so that cache and breaker last. None when there is none."""
    options: Mapping[str, Any] = context.options
    if not options.get("analyser_url"):
        return None
    examples = json.dumps(options.get("analyser_examples") or [])
    url, model, key = (str(options.get(name) or "") for name in ("analyser_url", "analyser_model", "analyser_key"))
    return _analyser(url, model or "default", key, examples)


def ask(items: Sequence[Item], scores: Sequence[Score], context: RunContext) -> list[Score]:
    """Scores with the analyser's reading, for suspicious items; a failure is named and leaves the rest as it was."""
    analyser = analyser_of(context)
    chosen = [i for i, score in enumerate(scores) if analyser is not None and suspicious(score, context)]
    result = list(scores)
    if analyser is None or not chosen:
        return result
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for i, score in zip(chosen, pool.map(lambda i: _asked(analyser, items[i], scores[i]), chosen), strict=True):
            result[i] = score
    return result


def _asked(analyser: Analyser, item: Item, score: Score) -> Score:
    own = str(score.signals.get("own_sender") or own_sender(item.payload))
    pictures: Mapping[str, str] = score.signals.get("picture_text") or {}
    messages = [
        (i, m["sender"] == own, "\n".join(filter(None, [m.get("text"), pictures.get(str(i))]))) for i, m in recent(item.payload)
    ]
    try:
        answer = analyser.read(messages)
    except AnalyserError as error:
        return replace(score, errors={**score.errors, "analyser": str(error)})
    signals = {
        **score.signals, "analyser_scam_likelihood": answer.scam_likelihood, "analyser_harassment_likelihood": answer.harassment_likelihood,
    }  # fmt: skip
    return replace(score, signals=signals, evidence=(*score.evidence, *_quotes(answer, item, score)))


def _quotes(answer: Answer, item: Item, score: Score) -> list[Evidence]:
    """The analyser's quotes as evidence, where no quote of ours already stands; they weigh nothing."""
    taken = [(e.index, e.start or 0, e.end or 0) for e in score.evidence if e.type == "quote"]
    label = "scam" if answer.scam_likelihood >= answer.harassment_likelihood else "harassment"
    found = []
    for q in answer.quotes:
        text = str(item.payload["messages"][q.index].get("text") or "")
        free = not any(index == q.index and start < q.end and q.start < end for index, start, end in taken)
        if free and q.end <= len(text):
            quoted = text[q.start : q.end]
            found.append(Evidence(type="quote", field="messages", index=q.index, start=q.start, end=q.end, label=label, text=quoted))
            taken.append((q.index, q.start, q.end))
    return found
