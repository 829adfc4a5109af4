"""A text model: two views, their blend, calibrated per label and as one risk; raw and normalised text both read, the worse counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.artifacts import ArtifactError, Bundle
from scoring.calibration import Calibrator
from scoring.text.blend import Blend
from scoring.text.linear import NgramView, VectorView
from scoring.text.normalise import Normalised, normalise
from scoring.text.windows import windows

Floats = NDArray[np.float64]
SecondView = Callable[[Sequence[str]], Floats]  # logits (n, L): the frozen encoder with its head, or a fine-tuned one
NGRAMS, HEAD, MODEL = "ngrams.npz", "head.npz", "model.json"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read one window of one text: as written or normalised. `start` is the window's place in the whole."""

    owner: int
    start: int
    form: Normalised


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the model says of n texts. labels (n, L) and risk (n,) are calibrated; top[i] is each label's worst reading."""

    labels: Floats
    risk: Floats
    readings: Sequence[Reading]
    top: NDArray[np.int64]  # (n, L): row of `readings`
    error: str | None = None  # why the second view was left out


@dataclass(frozen=True, slots=True)
class TextModel:
    labels: tuple[str, ...]
    ngrams: NgramView
    blend: Blend
    calibrators: tuple[Calibrator, ...]  # one a label; unused where labels exclude each other
    risk: Calibrator
    languages: tuple[str, ...] = ("en",)
    head: VectorView | None = None

    def logits(self, texts: Sequence[str], written: Sequence[str], second: SecondView | None) -> tuple[Floats, str | None]:
        """Blended logits (n, L); on a failure of the second view the first alone, with the reason."""
        first = self.ngrams.logits(texts, written)
        if second is None:
            return first, None
        try:
            return self.blend.mix(first, second(texts)), None
        except Exception as error:
            return first, f"The sentence encoder failed: {error}"

    def judge(self, texts: Sequence[Sequence[str]], second: SecondView | None) -> Verdicts:
        """`texts[i]` holds the parts of item i (title, text): offsets of readings count from the start of a part's own list entry."""
        found = readings(texts)
        logits, error = self.logits([r.form.text for r in found], [r.form.source for r in found], second)
        return self.settle(found, logits, len(texts), error)

    def settle(self, found: Sequence[Reading], logits: Floats, count: int, error: str | None = None) -> Verdicts:
        """Worst over the readings of each item: per label, or as a whole row where labels exclude each other."""
        owners = np.array([r.owner for r in found], np.int64)
        margins = self.blend.margin(logits)
        top = np.zeros((count, len(self.labels)), np.int64)
        starts = np.searchsorted(owners, np.arange(count + 1))  # readings come in the order of their items
        for item in range(count):
            rows = np.arange(starts[item], starts[item + 1])
            top[item] = rows[np.argmax(margins[rows])]
            if not self.blend.exclusive:
                worst = rows[np.argmax(logits[rows], axis=0)]
                top[item] = np.where(self.blend.harmful, worst, top[item])
        picked = np.take_along_axis(logits, top, axis=0)
        risk = self.risk.apply(self.blend.margin(picked)) if count else np.zeros(0)
        if self.blend.is_either_or:
            labels = np.where(self.blend.harmful, risk[:, None], 1 - risk[:, None])
        elif self.blend.exclusive:
            labels = self.blend.choice(picked)
        else:
            labels = np.column_stack([c.apply(picked[:, i]) for i, c in enumerate(self.calibrators)]) if count else picked
        return Verdicts(labels, risk, found, top, error)

    def save(self, folder: Path) -> None:
        arrays: dict[str, Any] = self.ngrams.arrays()
        np.savez_compressed(folder / NGRAMS, **arrays)
        if self.head is not None:
            np.savez_compressed(folder / HEAD, weights=self.head.weights, offsets=self.head.offsets)
        data = {
            "blend": self.blend.to_json(), "calibrators": [c.to_json() for c in self.calibrators], "risk": self.risk.to_json(),
            "languages": list(self.languages),
        }  # fmt: skip
        (folder / MODEL).write_text(json.dumps(data, indent=1), "utf-8")

    @classmethod
    def load(cls, bundle: Bundle) -> TextModel:
        """Raises ArtifactError when a file is missing or does not fit."""
        try:
            data = bundle.read_json(MODEL)
            ngrams = NgramView.from_arrays(bundle.read_arrays(NGRAMS))
            head = None
            if HEAD in bundle.files:
                arrays = bundle.read_arrays(HEAD)
                head = VectorView(arrays["weights"].astype(np.float32), arrays["offsets"].astype(np.float32))
            if ngrams.weights.shape[1] != len(bundle.labels):
                raise ValueError("as many columns of weights as labels are needed")
            calibrators = tuple(Calibrator.from_json(c) for c in data["calibrators"])
            blend = Blend.from_json(bundle.labels, data["blend"])
            return cls(bundle.labels, ngrams, blend, calibrators, Calibrator.from_json(data["risk"]), tuple(data["languages"]), head)
        except (KeyError, ValueError, TypeError, OSError) as error:
            raise ArtifactError(f"{bundle.model} is not a text model: {error}") from error


def readings(texts: Sequence[Sequence[str]]) -> list[Reading]:
    """All windows of all parts, as written and, where that differs, normalised. `start` counts from the parts laid end to end."""
    found: list[Reading] = []
    for owner, parts in enumerate(texts):
        offset = 0
        for part in parts:
            for window in windows(part):
                start, text = offset + window.start, window.text
                found.append(Reading(owner, start, Normalised(text, text, tuple(range(len(text))))))
                plain = normalise(text)
                if plain.changed and plain.text.strip():
                    found.append(Reading(owner, start, plain))
            offset += len(part)
    return found


def second_view(model: TextModel, encode: Any) -> SecondView | None:
    """`encode`: texts to vectors (n, d). None where the model has no head."""
    head = model.head
    return None if head is None else lambda texts: head.logits(encode(texts))
