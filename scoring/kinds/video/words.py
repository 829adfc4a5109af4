"""Harm in words around and inside a video, by the text model of reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scoring.artifacts import ArtifactError
from scoring.kind import Scorer
from scoring.registry import get_kind
from scoring.starters import starter_bundle
from scoring.types import Evidence, Item, RunContext, Score

LABEL = "text_harm"


class WordsError(Exception):
    """The text model cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFinding:
    """`source` names the payload field, or "frame" with the second `t` at which the text was read."""

    source: str
    text: str
    risk: float
    uncertainty: float = 1.0
    t: float | None = None
    spans: tuple[Evidence, ...] = ()


@lru_cache(maxsize=1)
def _scorer() -> Scorer:
    return get_kind("review").load_scorer(starter_bundle("review"))


def score_texts(texts: Sequence[tuple[str, str, float | None]], context: RunContext, *, explain: bool = False) -> list[TextFinding]:
    """Findings for (source, text, t). Raises WordsError when the model is missing or says nothing of any text."""
    if not texts:
        return []
    items = [Item(id=str(i), kind="review", payload={"text": text}) for i, (_, text, _) in enumerate(texts)]
    try:
        scorer = _scorer()
        scores = (scorer.explain if explain else scorer.score)(items, RunContext(seed=context.seed))
    except (ArtifactError, ImportError, AttributeError, OSError, ValueError) as error:
        raise WordsError(f"The text model cannot be used: {str(error)[:200]}") from error
    found = [_finding(row, score) for row, score in zip(texts, scores, strict=True)]
    if all(f is None for f in found):
        raise WordsError("The text model gave no score for the words of this video.")
    return [f for f in found if f is not None]


def _finding(row: tuple[str, str, float | None], score: Score) -> TextFinding | None:
    if score.risk is None:
        return None
    source, text, t = row
    spans = tuple(
        Evidence(type="span", field=source, label=LABEL, start=e.start, end=e.end, weight=e.weight)
        for e in score.evidence if e.type == "span" and e.field == "text"
    )  # fmt: skip
    return TextFinding(source=source, text=text, risk=score.risk, uncertainty=score.uncertainty, t=t, spans=spans)


def payload_texts(payload: Mapping[str, object]) -> list[tuple[str, str, float | None]]:
    """Title and description, where they hold a word."""
    rows = [(name, payload.get(name)) for name in ("title", "description")]
    return [(name, text, None) for name, text in rows if isinstance(text, str) and text.strip()]
