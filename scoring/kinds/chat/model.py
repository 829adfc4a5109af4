"""The conversation model: one calibrated linear head a label over conversation features, n-grams and encoder vectors.

Everything is a weight times a value, so what moved a score can be told from its parts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from scoring.artifacts import ArtifactError, Bundle
from scoring.calibration import Calibrator
from scoring.kinds.chat.payload import own_sender
from scoring.signals.conversation import CONVERSATION_FEATURES, measure, own_reading, own_text, thread_text
from scoring.signals.embedding_cache import Encoder
from scoring.signals.text_encoder import encode_once
from scoring.signals.tfidf import HashedTfidf
from scoring.types import Item, RunContext

Array = NDArray[np.float64]
Matrix = Any  # scipy.sparse.csr_matrix
RISK = "risk"
EMBEDDING_WEIGHT = 2.0  # unit vectors of 384 parts are small beside standardised features
DENSE_WEIGHT = 0.5
CLIP = 4.0  # standard deviations: one odd fact must not decide alone


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A conversation seen from one side."""

    item: Item
    own: str

    @property
    def own_text(self) -> str:
        return own_text(self.item.payload, self.own)

    @property
    def readings(self) -> tuple[str, str]:
        """What the encoder reads: the side's own words, and the thread."""
        return own_reading(self.item.payload, self.own), self.thread_text

    @property
    def thread_text(self) -> str:
        return thread_text(self.item.payload, self.own)

    def features(self) -> list[float]:
        return list(measure(self.item.payload, self.own, shared_threads(self.item)).values())


def shared_threads(item: Item) -> int:
    """Earlier threads of other accounts that share a phone, handle, e-mail or device: what repeat offenders leave behind."""
    account = str(item.actor.get("id") or own_sender(item.payload))
    return len({e.facts.get("conversation") or e.id for e in item.past if e.facts.get("account") != account})


def views(item: Item) -> list[View]:
    """One view where it is known who is under review, else one for each of the two who write most."""
    payload = item.payload
    senders = [m["sender"] for m in payload["messages"]]
    known = payload.get("flagged_index") is not None or (payload.get("account") or {}).get("sender") in senders
    if known:
        return [View(item=item, own=own_sender(payload))]
    most = sorted(dict.fromkeys(senders), key=lambda s: -senders.count(s))[:2]
    return [View(item=item, own=sender) for sender in most]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """How views become rows: dense features (standardised), n-gram blocks, then encoder vectors of own text and thread."""

    mean: Array
    scale: Array
    blocks: Sequence[HashedTfidf]
    encoder: bool

    @classmethod
    def fit(cls, seen: Sequence[View], *, encoder: bool, max_features: int) -> Space:
        dense = np.asarray([v.features() for v in seen], dtype=np.float64)
        spread = dense.std(axis=0)
        texts = [v.own_text for v in seen]
        shapes: list[tuple[Any, int, int]] = [("word", 1, 2), ("char", 2, 4)]
        blocks = [HashedTfidf.fit(texts, unit, low, high, min_df=3, max_features=max_features) for unit, low, high in shapes]
        return cls(mean=dense.mean(axis=0), scale=np.where(spread > 1e-9, spread, 1.0), blocks=blocks, encoder=encoder)

    def dense(self, seen: Sequence[View]) -> Array:
        raw = np.asarray([v.features() for v in seen], dtype=np.float64).reshape(-1, len(CONVERSATION_FEATURES))
        out: Array = np.clip((raw - self.mean) / self.scale, -CLIP, CLIP) * DENSE_WEIGHT
        return out

    def rows(self, seen: Sequence[View], vectors: Mapping[str, NDArray[np.float32]]) -> Matrix:
        """csr (views, columns). `vectors` maps each reading to its encoding when `encoder` is on."""
        parts = [sparse.csr_matrix(self.dense(seen)), *(block.transform([v.own_text for v in seen]) for block in self.blocks)]
        if self.encoder:
            pairs = [np.concatenate([vectors[text] for text in v.readings]) for v in seen]
            parts.append(sparse.csr_matrix(np.asarray(pairs, dtype=np.float64) * EMBEDDING_WEIGHT))
        return sparse.hstack(parts, format="csr")


def encode(seen: Sequence[View], encoder: Encoder, context: RunContext) -> dict[str, NDArray[np.float32]]:
    texts = list(dict.fromkeys(t for v in seen for t in v.readings))
    return dict(zip(texts, encode_once(encoder, texts, context.encoded), strict=True)) if texts else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatModel:
    """`weights`: (labels, columns) float32; `intercepts`: (labels,). The label "risk" is any harm."""

    space: Space
    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    intercepts: Array
    calibrators: tuple[Calibrator, ...]
    encoder_id: str = ""

    def margins(self, rows: Matrix) -> Array:
        """(rows, labels)."""
        out: Array = np.asarray(rows @ self.weights.T.astype(np.float64)) + self.intercepts
        return out

    def probabilities(self, rows: Matrix) -> Array:
        margins = self.margins(rows)
        out: Array = np.column_stack([c.apply(margins[:, i]) for i, c in enumerate(self.calibrators)])
        return out

    def word_weights(self, label: str) -> NDArray[np.float32]:
        """Weights of one head for the word block."""
        start = len(CONVERSATION_FEATURES)
        out: NDArray[np.float32] = self.weights[self.labels.index(label), start : start + len(self.space.blocks[0].keys)]
        return out

    def feature_weights(self, label: str) -> Array:
        """Weights of one head for the conversation features."""
        out: Array = self.weights[self.labels.index(label), : len(CONVERSATION_FEATURES)].astype(np.float64)
        return out

    def write(self, folder: Path) -> None:
        arrays: dict[str, Any] = {"weights": self.weights.astype(np.float16), "mean": self.space.mean, "scale": self.space.scale}
        for i, block in enumerate(self.space.blocks):
            arrays |= {f"keys{i}": block.keys, f"idf{i}": block.idf.astype(np.float16)}
        np.savez_compressed(folder / "arrays.npz", **arrays)
        data = {
            "features": list(CONVERSATION_FEATURES), "labels": list(self.labels), "intercepts": [float(v) for v in self.intercepts],
            "blocks": [[b.unit, b.low, b.high] for b in self.space.blocks], "encoder": self.encoder_id,
            "calibrators": [c.to_json() for c in self.calibrators],
        }  # fmt: skip
        (folder / "model.json").write_text(json.dumps(data, indent=1), "utf-8")

    @classmethod
    def read(cls, bundle: Bundle) -> ChatModel:
        """Raises ArtifactError when the bundle does not fit this version."""
        data, arrays = bundle.read_json("model.json"), bundle.read_arrays("arrays.npz")
        try:
            if tuple(data["features"]) != CONVERSATION_FEATURES:
                raise ArtifactError(f"{bundle.model} was trained on other features than this version computes")
            blocks = [
                HashedTfidf(unit, low, high, arrays[f"keys{i}"], arrays[f"idf{i}"].astype(np.float32))
                for i, (unit, low, high) in enumerate(data["blocks"])
            ]
            space = Space(mean=arrays["mean"], scale=arrays["scale"], blocks=blocks, encoder=bool(data["encoder"]))
            return cls(
                space=space, labels=tuple(data["labels"]), weights=arrays["weights"].astype(np.float32),
                intercepts=np.asarray(data["intercepts"], dtype=np.float64), encoder_id=data["encoder"],
                calibrators=tuple(Calibrator.from_json(c) for c in data["calibrators"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"{bundle.model}: model.json cannot be used: {error}") from error
