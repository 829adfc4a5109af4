"""Plain measurements of a frame: light, colour, edges, change. They tell scenes apart; they recognise nothing.

With labels of one's own a head over them learns what those labels look like in one's own uploads. They are no
detector of nudity or violence, and nothing here says that they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
NAMES = (
    "light", "contrast", "saturation", "colourfulness", "red", "warm", "green", "blue", "dark_share", "bright_share", "edges",
    "middle_light", "middle_saturation", "change",
)  # fmt: skip


def describe(pixels: Pixels) -> Matrix:
    """(n, h, w, 3) uint8 RGB to (n, 14) values, most of them in [0, 1]; `change` compares with the frame before."""
    small = pixels[:, :: max(1, pixels.shape[1] // 96), :: max(1, pixels.shape[2] // 96)].astype(np.float64) / 255.0
    rows = np.stack([_one(frame) for frame in small]) if len(small) else np.zeros((0, len(NAMES) - 1))
    steps = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3)) if len(small) > 1 else np.zeros(0)
    change = np.concatenate([steps[:1], steps]) if len(steps) else np.zeros(len(small))
    return np.column_stack([rows, change])


def _one(frame: Matrix) -> Matrix:
    red, green, blue = frame[..., 0], frame[..., 1], frame[..., 2]
    light = frame @ np.array([0.299, 0.587, 0.114])
    top, low = frame.max(axis=2), frame.min(axis=2)
    saturation = (top - low) / np.maximum(top, 1e-6)
    h, w = light.shape
    middle = (slice(h // 4, h - h // 4), slice(w // 4, w - w // 4))
    edges = np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean() if min(h, w) > 1 else 0.0
    strong = saturation > 0.35
    return np.array([
        light.mean(), light.std(), saturation.mean(), float(np.hypot((red - green).std(), ((red + green) / 2 - blue).std())),
        (strong & (red > green) & (green <= blue * 1.2)).mean(), ((red > green) & (green > blue) & (saturation > 0.15)).mean(),
        (strong & (green >= red) & (green > blue)).mean(), (strong & (blue > red) & (blue >= green)).mean(),
        (light < 0.1).mean(), (light > 0.9).mean(), edges, light[middle].mean(), saturation[middle].mean(),
    ])  # fmt: skip
