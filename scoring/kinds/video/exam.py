"""How video models are examined: groups of a test, and whether a cited moment carries the score."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.exam import Exam, Slice
from scoring.gates.slicing import band, by_identity, by_language, by_presence, by_source
from scoring.kinds.video.payload import searchable_text
from scoring.types import Example


def by_duration() -> Slice:
    def of(example: Example) -> Sequence[str]:
        seconds = example.item.payload.get("duration_s")
        if not isinstance(seconds, int | float):
            return ["Length not known"]
        return [band(seconds, (15, 60, 300), "{} to {} seconds", "Below {} seconds", "{} seconds and more", whole=False)]

    return Slice(title="Length", of=of)


EXAM = Exam(
    slices=(
        by_language(searchable_text), by_source(), by_duration(), by_identity(searchable_text),
        by_presence("Words around it", {"description": "With a description", "title": "With a title"}),
    ),
    masking=True,
    unmeasured={
        "functions": "Videos cannot be made up here; a frame model is examined by the labels of the test.",
        "directions": "A video has no single thing that can only make it riskier.",
        "evasion": "Words around a video seldom carry its score; reading every file again for each way would take hours.",
        "injection": "No model follows text here: words on frames are searched, not obeyed.",
    },
)  # fmt: skip
