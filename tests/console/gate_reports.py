"""Reports of gates as a run stores them, for tests of pages: small, and of the real types."""

from __future__ import annotations

from typing import Any

from scoring.gates.gate import Gate, Row, Table
from scoring.gates.report import Report
from scoring.types import as_json

SLICES = Table(
    title="Language", columns=("items", "harmful", "serves", "new"), note="Average precision, points of 100.",
    rows=[
        Row(name="English", cells=("4,102", "812", "83.0", "85.4"), gap=(1.1, 2.4, 3.7), word="better"),
        Row(name="Polish", cells=("618", "96", "80.2", "66.0"), gap=(-21.0, -14.2, -7.9), word="worse"),
        Row(name="Turkish", cells=("31", "2", "–", "–"), word="few"),
    ],
)  # fmt: skip
BINS = [
    {"n": 900, "said": 0.03, "true": 0.02, "low": 0.01, "high": 0.03},
    {"n": 60, "said": 0.52, "true": 0.5, "low": 0.38, "high": 0.62},
    {"n": 240, "said": 0.96, "true": 0.97, "low": 0.94, "high": 0.99},
]


def gate(name: str, title: str, result: str, sentence: str, **more: Any) -> Gate:
    return Gate(
        name=name, title=title, failed=f"{name} failed", measures="What is measured.", limit="The limit.", result=result,  # type: ignore[arg-type]
        sentence=sentence, **more,
    )  # fmt: skip


def report(*, passed: bool = False) -> dict[str, Any]:
    """Under "report" in ModelVersion.comparison."""
    gates = [
        gate("enough", "The test can tell", "passed", "6,214 items."),
        gate(
            "slices", "No group got worse", "passed" if passed else "refused",
            "None of 2 groups is clearly worse." if passed else "Clearly worse for “Polish” (language).", tables=[SLICES],
        ),
        gate("calibration", "Chances stay honest", "reported", "Chances are off by 2.4 points.", tables=[
            Table(title="Said and true", columns=("items", "said", "true", "range"),
                  rows=[Row(name="0 to 1 in 10", cells=("900", "3.0", "2.0", "1.0 to 3.0"))]),
        ], data={"bins": BINS}),
        gate("evasion", "Hidden spelling held", "not_measured", "The test holds 3 harmful items; 20 are needed."),
    ]  # fmt: skip
    words = "Better at finding harm: 4 more in 100."
    headline = f"{words} Worse nowhere that we can measure." if passed else f"{words} But a group got worse."
    made: dict[str, Any] = as_json(Report(passed=passed, headline=headline, gates=gates, seconds=41.2))
    return {**made, "n": 6214}
