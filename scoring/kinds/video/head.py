"""The trained head: one logistic regression for each label over the features of a video, and its calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.artifacts import ArtifactError, Bundle
from scoring.calibration import Calibrator
from scoring.kinds.video.features import feature_names

Matrix = npt.NDArray[np.float64]
RISK = "risk"
FILE = "head.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    weights: Matrix
    bias: float
    calibrator: Calibrator

    def margin(self, rows: Matrix) -> Matrix:
        return np.asarray(rows @ self.weights + self.bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`frame_labels` are those of the frame classifier that it was trained with. No `parts`: nothing was learnt yet."""

    frame_labels: tuple[str, ...] = ()
    mean: Matrix = field(default_factory=lambda: np.zeros(0))
    scale: Matrix = field(default_factory=lambda: np.ones(0))
    parts: Mapping[str, Linear] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(name for name in self.parts if name != RISK)

    def scaled(self, rows: Matrix) -> Matrix:
        """(n, f) raw to standard units; values far outside what was trained on are cut at 4."""
        return np.asarray(np.clip((np.atleast_2d(rows) - self.mean) / self.scale, -4, 4))

    def apply(self, rows: Matrix) -> dict[str, Matrix]:
        """(n, f) raw feature rows to calibrated probabilities (n,) for each label and for "risk"."""
        scaled = self.scaled(rows)
        return {name: part.calibrator.apply(part.margin(scaled)) for name, part in self.parts.items()}

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": 1, "frame_labels": list(self.frame_labels), "features": feature_names(self.frame_labels) if self.parts else [],
            "mean": self.mean.tolist(), "scale": self.scale.tolist(),
            "parts": {
                name: {"weights": part.weights.tolist(), "bias": part.bias, "calibrator": part.calibrator.to_json()}
                for name, part in self.parts.items()
            },
        }  # fmt: skip


def read_head(bundle: Bundle) -> Head:
    """Raises ArtifactError when the file is not a head or was made for other features than this version computes."""
    try:
        data = bundle.read_json(FILE)
        parts = {
            name: Linear(weights=np.array(p["weights"], float), bias=float(p["bias"]), calibrator=Calibrator.from_json(p["calibrator"]))
            for name, p in data["parts"].items()
        }  # fmt: skip
        head = Head(
            frame_labels=tuple(data["frame_labels"]), mean=np.array(data["mean"], float), scale=np.array(data["scale"], float), parts=parts
        )
        names = data["features"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{bundle.model}: {FILE} is not a video head: {error}") from error
    if parts and names != feature_names(head.frame_labels):
        raise ArtifactError(f"{bundle.model} was trained for other features than this version computes; train it again")
    if any(len(p.weights) != len(head.mean) for p in parts.values()) or (parts and RISK not in parts):
        raise ArtifactError(f"{bundle.model}: {FILE} does not fit together")
    return head
