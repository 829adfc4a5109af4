"""Frame classifier: any Hugging Face image-classification model, from a folder or from the hub at a pinned revision.

Weights are read from safetensors only and no code of the model's author is run. torch and transformers are imported
when a model is first used, so only the heavy worker pays for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.training.labels import is_benign
from scoring.types import Json

Scores = npt.NDArray[np.float64]
BATCH = 8
NOT_CONFIGURED = "No frame classifier is configured, so a person looks."
PINNED = re.compile(r"^[0-9a-f]{40}$")
# Names that public models use, in the words of the product's own policy. What is not here keeps its name.
KNOWN_NAMES = {
    "porn": "sexual_activity", "hentai": "sexual_activity", "sexual": "sexual_activity", "sex": "sexual_activity", "sexy": "nudity",
    "nude": "nudity", "nsfw": "nudity", "unsafe": "nudity", "gore": "violence", "violent": "violence", "weapon": "violence",
    "terrorism": "extremist", "extremism": "extremist",
}  # fmt: skip
HARMLESS_NAMES = frozenset({"sfw", "neutral", "drawings", "drawing", "nonviolence", "nonviolent", "other", "background"})


class FrameModelError(Exception):
    """The model cannot be used; the message says why and what to do."""


def policy_label(name: str, renamed: Mapping[str, str] | None = None) -> str | None:
    """The policy label for a model's own label; None when it says that nothing is wrong."""
    if renamed and name in renamed:
        return renamed[name] or None
    plain = re.sub(r"[\W_]+", "_", name.casefold()).strip("_")
    if is_benign(name) or plain.replace("_", "") in HARMLESS_NAMES:
        return None
    return KNOWN_NAMES.get(plain, plain)


class FrameClassifier:
    """`labels` are policy labels in order; several of the model's labels may answer for one of them."""

    def __init__(self, source: str, revision: str | None, renamed: Mapping[str, str] | None = None) -> None:
        import torch
        from transformers import AutoImageProcessor, AutoModelForImageClassification

        local = Path(source).is_dir()
        if not local and not (revision and PINNED.match(revision)):
            raise FrameModelError(f"{source}: a model from the hub needs a revision of 40 hex digits, so that it cannot change")
        pin: dict[str, Any] = {"local_files_only": True} if local else {"revision": revision}
        try:
            self.model = AutoModelForImageClassification.from_pretrained(source, use_safetensors=True, trust_remote_code=False, **pin)
            load_processor: Any = AutoImageProcessor.from_pretrained
            self.processor = load_processor(source, backend="pil", trust_remote_code=False, **pin)
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            raise FrameModelError(f"{source} cannot be loaded: {str(error).splitlines()[0][:200]}") from error
        self.model.eval()
        self.torch = torch
        names = [str(self.model.config.id2label[i]) for i in range(self.model.config.num_labels)]
        self.columns = [policy_label(name, renamed) for name in names]
        self.labels = tuple(sorted({label for label in self.columns if label}))
        if not self.labels:
            raise FrameModelError(f"{source}: none of its labels ({', '.join(names)[:200]}) says that something is wrong")
        self.several = self.model.config.problem_type == "multi_label_classification"
        self.name = source if local else f"{source}@{revision}"

    def scores(self, pixels: npt.NDArray[np.uint8]) -> dict[str, Scores]:
        """(n, h, w, 3) uint8 RGB to probabilities (n,) for each policy label: the sum (the largest, if several may hold)."""
        rows = np.concatenate([self._batch(pixels[i : i + BATCH]) for i in range(0, len(pixels), BATCH)])
        result = {}
        for label in self.labels:
            own = rows[:, [i for i, name in enumerate(self.columns) if name == label]]
            result[label] = own.max(axis=1) if self.several else np.minimum(1.0, own.sum(axis=1))
        return result

    def _batch(self, pixels: npt.NDArray[np.uint8]) -> Scores:
        inputs = self.processor(images=list(pixels), return_tensors="pt", input_data_format="channels_last")
        with self.torch.inference_mode():
            logits = self.model(**inputs).logits.float()
            rows = logits.sigmoid() if self.several else logits.softmax(dim=-1)
        return np.asarray(rows.numpy(), np.float64)


@lru_cache(maxsize=2)
def _loaded(source: str, revision: str | None, renamed: tuple[tuple[str, str], ...]) -> FrameClassifier:
    return FrameClassifier(source, revision, dict(renamed))


def frame_classifier(options: Mapping[str, Json]) -> FrameClassifier | None:
    """The configured model, loaded once; None when none is configured. Raises FrameModelError.

    options: `frame_model` (folder or hub name), `frame_model_revision`, `frame_labels` ({"LABEL_1": "violence", "LABEL_0": ""}).
    """
    source = options.get("frame_model")
    if not source:
        return None
    renamed = options.get("frame_labels") or {}
    if not isinstance(source, str) or not isinstance(renamed, Mapping):
        raise FrameModelError("frame_model must be a folder or a hub name, and frame_labels a mapping of names")
    revision = options.get("frame_model_revision") or None
    return _loaded(source, revision, tuple(sorted((str(k), str(v)) for k, v in renamed.items())))
