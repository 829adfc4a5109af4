"""What a gate is asked with, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from scoring.artifacts import Bundle
from scoring.exam import Exam
from scoring.kind import Kind, Scorer, Split
from scoring.training.compare import Comparison, compare
from scoring.types import Example, Item, Json, RunContext, Score

Result = Literal["passed", "refused", "reported", "not_measured"]
# "maybe": its own range says worse, all comparisons together do not; "few": too few to tell; "met" and "missed" are of a mark
Word = Literal["", "better", "same", "maybe", "worse", "few", "met", "missed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table. `gap` is (low, middle, high) of the difference in points of 100; above 0 the challenger is better."""

    name: str
    cells: Sequence[str]
    gap: tuple[float, float, float] | None = None
    word: Word = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str
    columns: Sequence[str]  # of the cells
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`reported`: the mark was missed, but this gate only tells; it does not decide. `not_measured` always says why."""

    name: str
    title: str  # what holds when it is passed: "No group got worse"
    failed: str
    measures: str
    limit: str
    result: Result
    sentence: str
    tables: Sequence[Table] = ()
    data: Mapping[str, Json] = field(default_factory=dict)  # what a plot is drawn from
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two models: its scores of the test, and itself where it can be asked again."""

    scores: Sequence[Score]
    bundle: Bundle | None = None
    scorer: Scorer | None = None


@dataclass(kw_only=True)
class Trial:
    """One examination. `champion` is None when nothing serves; `parts` is None when nobody knows what was trained on."""

    kind: Kind
    examples: Sequence[Example]
    challenger: Side
    champion: Side | None = None
    parts: Split | None = None
    context: RunContext = field(default_factory=RunContext)
    seed: int = 0

    @cached_property
    def exam(self) -> Exam:
        return self.kind.load_exam()

    @cached_property
    def comparison(self) -> Comparison | None:
        if self.champion is None:
            return None
        return compare(self.champion.scores, self.challenger.scores, self.examples, seed=self.seed)

    @cached_property
    def shared(self) -> RunContext:
        """As the context; what both models make of a text alike is made once."""
        return self.context if self.context.encoded is not None else replace(self.context, encoded={})

    def ask(self, side: Side, items: Sequence[Item], batch: int = 64, *, alone: bool = False) -> list[Score]:
        """Score items again, in batches; `alone` shares nothing with what was asked before.

        Raises ValueError when the model cannot be asked.
        """
        if side.scorer is None:
            raise ValueError("the model is not at hand")
        context = replace(self.context, encoded=None) if alone else self.shared
        scores: list[Score] = []
        for start in range(0, len(items), batch):
            scores += side.scorer.score(items[start : start + batch], context)
        return scores


Examiner = Callable[[Trial], Gate]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is always said of a gate, whatever comes of it."""

    name: str
    title: str
    failed: str  # what to say in half a sentence when it is not: "a group got worse"
    measures: str
    limit: str

    def gate(self, result: Result, sentence: str, *, tables: Sequence[Table] = (), data: Mapping[str, Json] | None = None) -> Gate:
        return Gate(
            name=self.name, title=self.title, failed=self.failed, measures=self.measures, limit=self.limit, result=result,
            sentence=sentence, tables=tables, data=data or {},
        )  # fmt: skip

    def not_measured(self, why: str) -> Gate:
        return self.gate("not_measured", why)


def points(value: float | None) -> str:
    """Points of 100: "71.2"."""
    return "–" if value is None or value != value else f"{100 * value:.1f}"


def several(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
