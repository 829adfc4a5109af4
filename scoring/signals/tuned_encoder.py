"""A fine-tuned encoder that lies in a bundle: int8 ONNX with its own heads; served like the frozen one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.artifacts import Bundle
from scoring.signals.encoder_source import TOKENIZER
from scoring.signals.text_encoder import TextEncoder

TUNED = "tuned.onnx"
Floats = NDArray[np.float64]


def has_tuned_encoder(bundle: Bundle) -> bool:
    return TUNED in bundle.files and TOKENIZER in bundle.files


def tuned_logits(encoder: TextEncoder, texts: Sequence[str]) -> Floats:
    """(n, L) from the graph's `logits`."""
    rows: dict[int, Any] = {}
    for numbers, values, _ in encoder.run(texts, ("logits",)):
        rows.update(zip(numbers.tolist(), values[0], strict=True))
    return np.array([rows[i] for i in range(len(texts))], np.float64)


def tuned_view(bundle: Bundle) -> Callable[[Sequence[str]], Floats]:
    """Raises EncoderError when the graph cannot be loaded."""
    encoder = TextEncoder(bundle.path, graph=bundle.file(TUNED))
    return lambda texts: tuned_logits(encoder, texts)
