"""Quotes: the words of the account under review that moved the score, as places in its messages; and what is known of it.

A cue weighs what its feature adds to the head of its label; words weigh what their n-grams add. Quotes never overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from scoring.kinds.chat.model import RISK, Array, ChatModel, View, shared_threads
from scoring.signals.conversation import ACCOUNT, CONVERSATION_FEATURES, recent
from scoring.signals.cues import find_cues
from scoring.types import Evidence

CUE_LABELS = {
    "off_platform_payment": "off_platform", "off_platform_contact": "off_platform", "payment_word": "scam", "urgency": "scam",
    "private_data": "scam", "advance_fee": "scam", "impersonation": "impersonation", "harassment": "harassment", "promotion": "spam",
    "link": "spam", "phone": "off_platform", "handle": "off_platform", "email": "off_platform",
}  # fmt: skip
MOST_QUOTES, MOST_WORDS = 12, 5
LEAST_WORDS = 0.15  # log-odds that a run of words must add to be quoted
TOKEN = re.compile(r"\+?(?:\d+(?:[-.,/]\d+)+(?!\w)|\w+)")  # a word, or a number with its signs
FROM_PROBABILITY = 0.2  # labels less likely than this are not argued for


def quotes(model: ChatModel, view: View, probabilities: Mapping[str, float], dense: Array) -> list[Evidence]:
    """Quotes for the labels that are likely, heaviest first. `dense`: the view's row of Space.dense(), (features,)."""
    likely = {label: p for label, p in probabilities.items() if p >= FROM_PROBABILITY}
    if not likely:
        return []
    top = max((label for label in likely if label != RISK), key=lambda label: likely[label], default=RISK)
    found = [*_cue_quotes(model, view, likely, top, dense)]
    found += _word_quotes(model, view, top)
    kept: list[Evidence] = []
    for quote in sorted(found, key=lambda e: -e.weight):
        if not any(e.index == quote.index and _overlap(e, quote) for e in kept):
            kept.append(quote)
    return kept[:MOST_QUOTES]


def _overlap(a: Evidence, b: Evidence) -> bool:
    return (a.start or 0) < (b.end or 0) and (b.start or 0) < (a.end or 0)


def quote(view: View, index: int, start: int, end: int, label: str | None, weight: float) -> Evidence:
    text = str(view.item.payload["messages"][index].get("text") or "")
    start, end = _whole_words(text, start, end)
    return Evidence(type="quote", field="messages", index=index, start=start, end=end, label=label, weight=weight, text=text[start:end])


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A quote that begins or ends inside a word or a number goes on to its end: half a number tells a reviewer nothing."""
    first, last = start, end
    for token in TOKEN.finditer(text):
        if token.start() < start < token.end():
            first = token.start()
        if token.start() < end < token.end():
            last = token.end()
    return first, last


def own_messages(view: View) -> Iterator[tuple[int, str]]:
    for index, message in recent(view.item.payload):
        if message["sender"] == view.own:
            yield index, str(message.get("text") or "")


def _cue_quotes(model: ChatModel, view: View, likely: Mapping[str, float], top: str, dense: Array) -> Iterator[Evidence]:
    found = [(index, cue) for index, text in own_messages(view) for cue in find_cues(text)]
    for index, cue in found:
        label = CUE_LABELS[cue.name] if CUE_LABELS[cue.name] in likely else top
        place = CONVERSATION_FEATURES.index(f"own_{cue.name}")
        share = float(model.feature_weights(label)[place] * dense[place]) / sum(c.name == cue.name for _, c in found)
        if share > 0:
            yield quote(view, index, cue.start, cue.end, label if label != RISK else None, share)


def _word_quotes(model: ChatModel, view: View, label: str) -> list[Evidence]:
    """Runs of words whose n-grams speak for the label."""
    messages = list(own_messages(view))
    block, weights = model.space.blocks[0], model.word_weights(label)
    row = block.transform([view.own_text])
    values = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    grams = block.locate(view.own_text)
    counts = np.bincount([place for place, _, _ in grams], minlength=len(block.keys) or 1)
    moved = np.zeros(len(view.own_text) + 1)
    for place, start, end in grams:
        if place in values:
            moved[start:end] += float(weights[place]) * values[place] / counts[place] / max(1, end - start)
    runs, offset = [], 0
    for index, text in messages:
        runs += [(index, *run) for run in _runs(text, moved[offset : offset + len(text)])]
        offset += len(text) + 1
    best = sorted((run for run in runs if run[3] >= LEAST_WORDS), key=lambda run: -run[3])[:MOST_WORDS]
    return [quote(view, index, start, end, label if label != RISK else None, weight) for index, start, end, weight in best]


def _runs(text: str, moved: Array) -> Iterator[tuple[int, int, float]]:
    """(start, end, weight) of neighbouring words that each speak for the label."""
    start, end, weight = 0, 0, 0.0
    for word in re.finditer(r"\w\S*", text):
        share = float(moved[word.start() : word.end()].sum())
        if share <= 0.02:
            if weight > 0:
                yield start, end, weight
            weight = 0.0
            continue
        start = start if weight > 0 else word.start()
        end, weight = word.end(), weight + share
    if weight > 0:
        yield start, end, weight


def account_reasons(model: ChatModel, view: View, dense: Array, most: int | None = 3) -> list[Evidence]:
    """What is known of the account, as contributions to the chance of any harm. `most` None gives all features."""
    weights = model.feature_weights(RISK)
    names: Sequence[str] = CONVERSATION_FEATURES if most is None else (*ACCOUNT, "shared_threads")
    values = dict(zip(CONVERSATION_FEATURES, view.features(), strict=True))
    account = view.item.payload.get("account") or {}
    found = []
    for name in names:
        place = CONVERSATION_FEATURES.index(name)
        share = float(weights[place] * dense[place])
        known = name not in ACCOUNT or account.get(name) is not None
        if known and abs(share) >= 0.02:
            value = shared_threads(view.item) if name == "shared_threads" else account.get(name, round(values[name], 4))
            found.append(Evidence(type="contribution", field=name, value=value, weight=share))
    found.sort(key=lambda e: -abs(e.weight))
    return found[:most]


