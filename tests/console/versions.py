"""Model versions of reviews without a real model: whole bundles whose scorer says what the test wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from console.training.models import ModelVersion
from console.training.starters import bundle_path
from scoring.artifacts import Bundle, write_bundle
from scoring.types import Item, RunContext, Score

LABELS = ("hate", "sexual", "threat", "harassment", "spam", "privacy", "profanity")
Says = Callable[[Item], float | None]


class FakeScorer:
    """Scores by a function of the item; None is a failed detector; an exception is an exception."""

    def __init__(self, model: str, says: Says) -> None:
        self.model, self.says = model, says
        self.asked: list[str] = []

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        self.asked += [item.id for item in items]
        return [self._one(self.says(item)) for item in items]

    def _one(self, risk: float | None) -> Score:
        if risk is None:
            return Score(risk=None, errors={"text": "The encoder stopped."}, model=self.model)
        return Score(risk=risk, uncertainty=0.1, labels={**dict.fromkeys(LABELS, 0.001), "hate": risk}, model=self.model)


class Versions:
    """`versions.add("2", says=...)`: a registered, sealed version of reviews."""

    def __init__(self) -> None:
        self.scorers: dict[str, FakeScorer] = {}

    def add(self, version: str, state: str = "candidate", parent: str = "", says: Says = lambda item: 0.5) -> ModelVersion:
        path = bundle_path("review", version)
        bundle = write_bundle(
            Path(settings.HOME) / path, kind="review", version=version, trainer="quick", labels=("hate",),
            fill=lambda folder: (folder / "head.json").write_text("{}") and None,
        )  # fmt: skip
        self.scorers[bundle.model] = FakeScorer(bundle.model, says)
        return ModelVersion.objects.create(
            kind="review", version=version, state=state, path=path, checksum=bundle.checksum, trainer="quick", parent=parent,
            promoted_at=Now() if state in ("champion", "retired") else None,
        )  # fmt: skip

    def scorer_for(self, bundle: Bundle) -> Any:
        return self.scorers[bundle.model]

    def damage(self, version: ModelVersion) -> None:
        (Path(settings.HOME) / version.path / "head.json").write_text('{"evil": true}')

    def repair(self, version: ModelVersion) -> None:
        (Path(settings.HOME) / version.path / "head.json").write_text("{}")
