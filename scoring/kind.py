"""What a kind declares. A kind is one package under scoring/kinds and one line in registry.KINDS.

Importing a kind must stay light (no numpy, torch, sklearn, cv2): the web process draws cards from it. What is
heavy is named by a dotted path ("package.module:name") and loaded where it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from scoring.artifacts import Bundle
from scoring.blocks import Block
from scoring.exam import Exam
from scoring.types import Example, Item, Json, RunContext, Score

Lane = Literal["light", "heavy"]


class Payload(BaseModel):
    """Base of every payload: unknown fields are kept and ignored; no number is infinite or NaN."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=False, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How the console speaks of a kind and of its outcomes: short verbs, sentence case."""

    one: str  # "review"
    many: str  # "reviews"
    allow: str = "Allow"
    allowed: str = "Kept"
    enforce: str = "Remove"
    enforced: str = "Removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """`progress` receives (share 0-1, one sentence); it may raise to cancel. Same seed and data, same model.

    `context` is what the scorer will be given: where media lies, which frame classifier is configured.
    """

    seed: int = 0
    version: str = ""
    cache_dir: Path | None = None
    progress: Callable[[float, str], None] = lambda share, sentence: None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    context: RunContext = field(default_factory=RunContext)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Parts that share no group and no near-duplicate. `tune` picks blends and calibrates; `test` is for evaluate."""

    train: Sequence[Example]
    tune: Sequence[Example]
    test: Sequence[Example] = ()


class Scorer(Protocol):
    """Loaded once in a worker, called with batches. One Score per item, in order; never raises for one bad item."""

    def score(self, items: Sequence[Item], context: RunContext) -> list[Score]: ...

    def explain(self, items: Sequence[Item], context: RunContext) -> list[Score]:
        """As score(), with fuller evidence; slower."""
        ...


class Trainer(Protocol):
    """Writes a bundle into the folder `out` (through artifacts.write_bundle) and returns it."""

    def __call__(self, split: Split, out: Path, options: TrainOptions) -> Bundle: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    name: str
    words: Words
    lane: Lane
    payload: type[Payload]
    scorer: str  # "scoring.kinds.review.scorer:ReviewScorer", called as ReviewScorer(bundle)
    trainers: Mapping[str, str]  # {"quick": "scoring.kinds.review.training:train_quick"}; the first is the default
    spaces: Mapping[str, Mapping[str, Sequence[Json]]] = field(default_factory=dict)  # by trainer: settings worth trying, by parameter
    light: Mapping[str, Json] = field(default_factory=dict)  # parameters that make its first trainer quick: to check labels
    card: Callable[[Item, Score | None], Sequence[Block]]  # score None = blind: no evidence anywhere
    headline: Callable[[Mapping[str, Json]], str]  # one line for lists, at most 120 characters
    text: Callable[[Mapping[str, Json]], str]  # everything that search should find
    policy: Path  # the starter policy document (scoring/policy.py reads it)
    keys: Callable[[Item], Mapping[str, str]] = lambda item: {}  # shared attributes: history and links
    facts: Callable[[Item], Mapping[str, Json]] = lambda item: {}  # kept beside the keys for later items
    observed: Sequence[str] = ()  # signals that say what is in the item and not what to think of it: shown in blind cases too
    media: Callable[[Mapping[str, Json]], Sequence[str]] = lambda payload: ()  # uploads that a payload names: its sender must own them
    at: Callable[[Item], datetime | None] = lambda item: item.created_at  # when it happened
    history: timedelta | None = None  # how far back `past` reaches; None = no history is fetched
    text_is_content: bool = True  # equal text means the same content, so near-duplicates must not straddle a split; False for ids
    alike: Literal["", "text", "media"] = "text"  # what near-duplicates have in common; "" = each item stands for itself
    linked_by: Sequence[str] = ()  # keys by which the card is told of other items (Item.around.related)
    link_steps: Literal[1, 2] = 1  # 2 = also those that share a key with one of them
    stakes: Callable[[Mapping[str, Any]], float | None] = lambda payload: None  # what hangs on it, in the item's own unit: an amount
    verdict_first_above: float | None = None  # stakes from which a new queue asks for a verdict before it shows the evidence
    figures: Mapping[str, float] = field(default_factory=dict)  # numbers that the card reckons with, unless the policy sets others
    prose: bool = False  # its text is written by people for people: it has a language, and an encoder can say what it is about
    layout: Literal["", "wide", "order"] = ""  # grid of the case page
    beside_risk: frozenset[str] = frozenset()  # labels worth knowing that do not make the item break policy
    record_fields: Sequence[str] = ()  # fields that a verdict may mark right, wrong or unknown
    weighs: bool = True  # looking at it may be hard on a person: it counts towards their day, and the caps of the day hold for it
    exam: str = ""  # how its models are examined: "scoring.kinds.review.exam:EXAM"; without one, by the labels of the test alone
    icon: str = "M4 4h12v12H4z"  # SVG path in a 20 x 20 box

    def parse(self, payload: Any) -> dict[str, Json]:
        """Validate a raw payload; returns its JSON form. Raises pydantic.ValidationError with field paths."""
        return self.payload.model_validate(payload).model_dump(mode="json", exclude_none=True)

    def load_scorer(self, bundle: Bundle) -> Scorer:
        scorer: Scorer = load(self.scorer)(bundle)
        return scorer

    def load_exam(self) -> Exam:
        exam: Exam = load(self.exam) if self.exam else Exam()
        return exam

    def load_trainer(self, name: str | None = None) -> Trainer:
        """Raises KeyError with the names there are."""
        name = name or next(iter(self.trainers))
        if name not in self.trainers:
            raise KeyError(f"{self.name} has no trainer {name!r}; it has {', '.join(self.trainers)}")
        trainer: Trainer = load(self.trainers[name])
        return trainer


def load(path: str) -> Any:
    """Import "package.module:name"."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
