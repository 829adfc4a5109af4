"""Scores conversations: cues and features of both sides, words and encoder vectors, seen from the account under review.

Where nobody said who is under review, both sides are tried and the worse counts. What fails is named in `errors` and the
thread goes on with what is known; then it is a person's case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from scoring.artifacts import ArtifactError, Bundle
from scoring.kinds.chat.closer import ask, read_pictures, suspicious, with_picture_texts, without_picture_quotes, wordless_pictures
from scoring.kinds.chat.evidence import account_reasons, own_messages, quote, quotes
from scoring.kinds.chat.model import RISK, Array, ChatModel, View, encode, shared_threads, views
from scoring.signals.conversation import cue_counts
from scoring.signals.embedding_cache import Encoder
from scoring.signals.encoder_source import EncoderError
from scoring.signals.text_encoder import DIMENSIONS, encoder_for
from scoring.types import Evidence, Item, Json, RunContext, Score
from scoring.uncertainty import uncertainty

OCCLUDED = 12  # own messages that explain() takes out one by one
UNREAD = "A picture without words was not read, so a person looks."
LEAST_MESSAGE = 0.1  # log-odds that a message must carry to be quoted as a whole


class ChatScorer:
    """`encoder` may be given (tests, notebooks); else the process's own is loaded when first needed."""

    def __init__(self, bundle: Bundle, encoder: Encoder | None = None) -> None:
        self.name = bundle.model
        self._bundle = bundle
        self.model = ChatModel.read(bundle)
        self._encoder = encoder

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return self._closer(items, self._all(items, context, full=False), context, full=False)

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        """As score(), with every contribution and the messages that carry the score, found by leaving each out."""
        return self._closer(items, self._all(items, context, full=True), context, full=True)

    def _closer(self, items: Sequence[Item], scores: list[Score], context: RunContext, *, full: bool) -> list[Score]:
        """Suspicious threads again with what their pictures say, then the analyser's reading of them."""
        for i, score in enumerate(scores):
            if suspicious(score, context) and any(m.get("image") for m in items[i].payload["messages"]):
                texts, errors = read_pictures(items[i], context)
                if texts:
                    again = self._all([with_picture_texts(items[i], texts)], context, full=full)[0]
                    score = without_picture_quotes(again, items[i], texts)
                scores[i] = replace(score, errors={**score.errors, **errors})
                unread = wordless_pictures(items[i]) - set(texts)
            else:
                unread = wordless_pictures(items[i]) if score.risk is not None else set()
            if unread:
                scores[i] = replace(scores[i], errors={**scores[i].errors, "pictures": UNREAD})
        return ask(items, scores, context)

    def _all(self, items: Sequence[Item], context: RunContext, *, full: bool) -> list[Score]:
        scores: list[Score | None] = [None] * len(items)
        seen: list[tuple[int, View]] = []
        for i, item in enumerate(items):
            try:
                found = views(item)
                for view in found:  # everything that may trip over a bad payload happens here, item by item
                    view.features()
                    f"{view.own_text}{view.thread_text}".encode()
                seen += [(i, view) for view in found]
            except Exception as error:
                scores[i] = self._failed(f"The conversation could not be read: {type(error).__name__}.")
        chances, rows, errors = self._chances([view for _, view in seen], context)
        for i in dict.fromkeys(i for i, _ in seen):
            own = [place for place, (j, _) in enumerate(seen) if j == i]
            worst = max(own, key=lambda place: chances[place, 0])
            try:
                scores[i] = self._one(seen[worst][1], chances[worst], rows[worst], errors, context, full)
            except Exception as error:
                scores[i] = self._failed(f"The conversation could not be explained: {type(error).__name__}.")
        return [score if score is not None else self._failed("The conversation could not be read.") for score in scores]

    def _failed(self, sentence: str) -> Score:
        return Score(risk=None, model=self.name, errors={"conversation": sentence})

    def _vectors(self, seen: Sequence[View], context: RunContext) -> tuple[Mapping[str, Any], dict[str, str]]:
        if not self.model.space.encoder or not seen:
            return {}, {}
        try:
            encoder = self._encoder or encoder_for(self._bundle)
            if encoder.id != self.model.encoder_id:
                raise ArtifactError(f"{self.name} was trained with another encoder")
            return encode(seen, encoder, context), {}
        except (EncoderError, OSError):  # another encoder than it was trained with is an ArtifactError: nothing it says would hold
            nothing = np.zeros(DIMENSIONS, np.float32)
            texts = {t: nothing for v in seen for t in v.readings}
            return texts, {"encoder": "The text encoder could not be used, so the score rests on words and facts alone."}

    def _chances(self, seen: Sequence[View], context: RunContext) -> tuple[Array, Any, dict[str, str]]:
        """(probabilities (views, labels), rows, errors); label 0 is "risk"."""
        if not seen:
            return np.zeros((0, len(self.model.labels))), sparse.csr_matrix((0, 0)), {}
        vectors, errors = self._vectors(seen, context)
        rows = self.model.space.rows(seen, vectors)
        return self.model.probabilities(rows), rows, errors

    def _one(self, view: View, chances: Array, row: Any, errors: dict[str, str], context: RunContext, full: bool) -> Score:
        probabilities = {label: float(p) for label, p in zip(self.model.labels, chances, strict=True)}
        labels = {label: p for label, p in probabilities.items() if label != RISK}
        dense = self.model.space.dense([view])[0]
        evidence = [*quotes(self.model, view, probabilities, dense), *account_reasons(self.model, view, dense, None if full else 3)]
        if full:
            evidence += self._carrying(view, row, evidence, context)
        risk = probabilities[RISK]
        return Score(
            risk=risk, labels=labels, uncertainty=uncertainty(risk, labels), evidence=tuple(evidence),
            signals=_signals(view, probabilities), errors=dict(errors), model=self.name,
        )  # fmt: skip

    def _carrying(self, view: View, row: Any, told: Sequence[Evidence], context: RunContext) -> list[Evidence]:
        """Messages without a finer quote that lower the score of any harm when they are left out."""
        quoted = {e.index for e in told if e.type == "quote"}
        indexes = [i for i, text in own_messages(view) if i not in quoted and text.strip()][-OCCLUDED:]
        without = [_without(view, i) for i in indexes]
        if not without:
            return []
        _, rows, _ = self._chances(without, context)
        drops = self.model.margins(row)[0, 0] - self.model.margins(rows)[:, 0]
        texts = dict(own_messages(view))
        return [
            quote(view, i, 0, len(texts[i]), None, float(drop)) for i, drop in zip(indexes, drops, strict=True) if drop >= LEAST_MESSAGE
        ]


def _without(view: View, index: int) -> View:
    """The same conversation with one message emptied, so that places and turns stay."""
    messages = [{**m, "text": ""} if i == index else m for i, m in enumerate(view.item.payload["messages"])]
    return replace(view, item=replace(view.item, payload={**view.item.payload, "messages": messages}))


def _signals(view: View, probabilities: Mapping[str, float]) -> dict[str, Json]:
    """Cues of the account under review, and the two likelihoods that the analyser answers with too."""
    cues = cue_counts([text for _, text in own_messages(view)])
    scam = [probabilities[label] for label in ("scam", "impersonation", "off_platform") if label in probabilities]
    return {
        **{f"cue_{name}": count for name, count in cues.items()},
        "own_sender": view.own, "messages": len(view.item.payload["messages"]), "shared_threads": shared_threads(view.item),
        "scam_likelihood": max(scam, default=probabilities[RISK]),
        "harassment_likelihood": probabilities.get("harassment", probabilities[RISK]),
    }  # fmt: skip
