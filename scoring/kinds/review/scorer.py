"""Scores reviews with a text model: quick and fine-tuned bundles alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.artifacts import Bundle
from scoring.explain.spans import MAX_WORDS, strongest, word_weights
from scoring.kinds.review.features import fields_of, parts_of, place_of
from scoring.kinds.review.signals import review_signals
from scoring.signals.embedding_cache import Encoder
from scoring.signals.encoder_source import EncoderError
from scoring.signals.text_encoder import encode_once, encoder_for
from scoring.signals.tuned_encoder import has_tuned_encoder, tuned_view
from scoring.text.classifier import SecondView, TextModel, Verdicts, second_view
from scoring.types import Evidence, Item, Json, RunContext, Score
from scoring.uncertainty import uncertainty

Floats = NDArray[np.float64]
EVIDENCE_FROM = 0.1  # labels below it get no evidence: nothing was found
SCORE_WORDS = 0  # score() adds up shares; explain() also leaves out words, MAX_WORDS of them, at one encoding each
CHUNK = 64
PICTURES = "No model looks at the pictures, so a person does."


class ReviewScorer:
    """One Score per item, in order; what cannot be read or fails is in Score.errors and goes to a person."""

    def __init__(self, bundle: Bundle) -> None:
        self._name = bundle.model
        self._model = TextModel.load(bundle)
        self._broken: str | None = None
        self._tuned: SecondView | None = None
        self._encoder: Encoder | None = None
        try:
            if has_tuned_encoder(bundle):
                self._tuned = tuned_view(bundle)
            elif self._model.head is not None:
                self._encoder = encoder_for(bundle)
        except (EncoderError, OSError) as error:
            self._broken = f"The sentence encoder could not be loaded: {error}"

    def forget(self, seed: int) -> None:
        """Shuffle the weights: it knows the vocabulary and nothing of what it means. To test what explanations rest on."""
        rng, model = np.random.default_rng(seed), self._model
        ngrams = replace(model.ngrams, weights=rng.permutation(model.ngrams.weights))
        head = None if model.head is None else replace(model.head, weights=rng.permutation(model.head.weights))
        if self._tuned is not None:
            self._tuned = lambda texts: np.zeros((len(texts), len(model.labels)))  # a tuned encoder has no weights to shuffle here
        self._model = replace(model, ngrams=ngrams, head=head)

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        return self._run(items, SCORE_WORDS, context)

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        """As score(), with every label's evidence and more words left out in turn."""
        return self._run(items, MAX_WORDS, context)

    def _run(self, items: Sequence[Item], words: int, context: RunContext) -> list[Score]:
        scores: list[Score] = []
        second = self._second(context)
        for start in range(0, len(items), CHUNK):
            scores.extend(self._chunk(items[start : start + CHUNK], words, second))
        return scores

    def _second(self, context: RunContext) -> SecondView | None:
        if self._tuned is not None or self._encoder is None:
            return self._tuned
        encoder = self._encoder
        return second_view(self._model, lambda texts: encode_once(encoder, texts, context.encoded))

    def _chunk(self, items: Sequence[Item], words: int, second: SecondView | None) -> list[Score]:
        texts: dict[int, Sequence[str]] = {}
        failed: dict[int, Score] = {}
        for index, item in enumerate(items):
            try:
                texts[index] = parts_of(item.payload)
            except (ValueError, AttributeError) as error:
                failed[index] = Score(risk=None, errors={"payload": f"The review cannot be read: {error}."}, model=self._name)
        if not texts:
            return [failed[i] for i in range(len(items))]
        try:
            verdicts = self._model.judge(list(texts.values()), second)
        except Exception as error:  # a person decides; the batch goes on
            reason = f"The text model failed: {error}"
            return [failed.get(i) or Score(risk=None, errors={"model": reason}, model=self._name) for i in range(len(items))]
        rows = {index: row for row, index in enumerate(texts)}
        return [failed[i] if i in failed else self._one(item, verdicts, rows[i], words, second) for i, item in enumerate(items)]

    def _one(self, item: Item, verdicts: Verdicts, row: int, words: int, second: SecondView | None) -> Score:
        labels = {name: round(float(p), 6) for name, p in zip(self._model.labels, verdicts.labels[row], strict=True)}
        risk = round(float(verdicts.risk[row]), 6)
        errors = {"encoder": reason} if (reason := self._broken or verdicts.error) else {}
        if item.payload.get("images"):
            errors["pictures"] = PICTURES
        signals: Mapping[str, Json] = {}
        evidence: Sequence[Evidence] = ()
        try:
            signals = review_signals(item.payload, self._model.languages)
        except Exception as error:
            errors["signals"] = f"The signals could not be measured: {error}"
        try:
            evidence = self._evidence(item, verdicts, row, words, second)
        except Exception as error:
            errors["evidence"] = f"The evidence could not be found: {error}"
        unsure = 1.0 if signals.get("out_of_scope") else uncertainty(risk, self._doubtful(labels))
        return Score(
            risk=risk, labels=labels, uncertainty=round(unsure, 6), evidence=evidence, signals=signals, errors=errors, model=self._name
        )

    def _doubtful(self, labels: Mapping[str, float]) -> Mapping[str, float]:
        return {name: labels[name] for name, bad in zip(self._model.labels, self._model.blend.harmful, strict=True) if bad}

    def _shown(self, verdicts: Verdicts, row: int, all_labels: bool) -> list[int]:
        """Labels that get evidence: harmful ones that are likely; when the item is likely to break something, at least the likeliest."""
        harmful = np.flatnonzero(self._model.blend.harmful)
        if not len(harmful):
            return []
        order = harmful[np.argsort(-verdicts.labels[row][harmful], kind="stable")]
        likely = [int(i) for i in order if verdicts.labels[row][i] >= EVIDENCE_FROM]
        if not likely and (all_labels or verdicts.risk[row] >= EVIDENCE_FROM):
            likely = [int(order[0])]
        return likely if all_labels else likely[:2]

    def _evidence(self, item: Item, verdicts: Verdicts, row: int, words: int, second: SecondView | None) -> Sequence[Evidence]:
        fields = dict(fields_of(item.payload))
        found: list[Evidence] = []
        against, shares = self._against(), dict[str, Floats]()  # labels are mostly shown by one and the same reading
        for label in self._shown(verdicts, row, words >= MAX_WORDS):
            reading = verdicts.readings[int(verdicts.top[row, label])]
            text = reading.form.text
            logit = partial(self._logit, label=label, against=against, second=second) if words else None
            if text not in shares:
                shares[text] = self._model.ngrams.contributions(text)
            weights = word_weights(shares[text], text, label, against=against, limit=words, logit=logit)
            for word in strongest(weights, text):
                start, end = reading.form.to_source(word.start, word.end)
                place = place_of(item.payload, reading.start + start, reading.start + end)
                found.append(
                    Evidence(
                        type="span", label=self._model.labels[label], weight=round(word.weight, 4), field=place.field, start=place.start,
                        end=place.end, text=fields[place.field][place.start : place.end],
                    )
                )  # fmt: skip
        return tuple(found)

    def _against(self) -> NDArray[np.int64] | None:
        """Where labels exclude each other, a word speaks for a label by comparison with the harmless ones."""
        blend = self._model.blend
        return np.flatnonzero(~blend.harmful) if blend.exclusive and not blend.harmful.all() else None

    def _logit(self, texts: Sequence[str], label: int, against: Any, second: SecondView | None) -> Floats:
        logits, _ = self._model.logits(texts, texts, second)
        if against is None or not len(against):
            return logits[:, label]
        out: Floats = logits[:, label] - logits[:, against].mean(axis=1)
        return out
