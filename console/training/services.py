"""Writes of the training app: one door to its small rooms."""

from __future__ import annotations

from console.training.starters import model_ensure_starters

__all__ = ["model_ensure_starters"]
