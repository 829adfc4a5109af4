"""What a kind declares about how its models are examined: slices, sets of texts with a known answer, and how it explains itself.

An exam is loaded where models are trained (Kind.load_exam), never by the web process, so it may import what is heavy.
Everything here is data and pure functions; scoring.gates asks the questions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scoring.artifacts import Bundle
from scoring.types import Example, Item, RunContext, Score

Word = tuple[int, int]  # code points [start, end) of one word


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One way to cut a test: `of` names the groups of an example, in words for people; none where it cannot be told."""

    title: str  # "Language"
    of: Callable[[Example], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """An item whose right answer is known from how it was made. `form` is the template: fillings of one are one voice."""

    function: str  # "Said to condemn it"
    form: str
    item: Item
    wrong: bool  # whether it breaks policy
    needs: str = ""  # a label that a model must have learnt to be asked this
    judged: str = ""  # by the chance of this label; by the risk where empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The same item twice: from `before` to `after` the risk may not move against `goes`."""

    function: str  # "Two-factor check passed"
    before: Item
    after: Item
    goes: Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """Explanations that point at words: what was shown, and the item without some words."""

    text: Callable[[Item], str]  # what is explained
    without: Callable[[Item, Sequence[Word]], Item]  # the item with these parts of text() taken out
    shown: Callable[[Item, Score], Sequence[tuple[int, int, float]]]  # (start, end, weight) in text(), of an explained score
    respelt: Callable[[Item, Callable[[str], str]], Item]  # the item with text() changed
    scrambled: Callable[[Bundle, int], object]  # a scorer of the same bundle with its weights shuffled by a seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Additive:
    """Explanations that add up: `gap` is the largest |sum of shares - log-odds|; `told` what a reason promised and what scoring says."""

    gap: Callable[[Bundle, Sequence[Item]], float]
    told: Callable[[Bundle, Sequence[Item], RunContext], Sequence[tuple[float, float, float]]]  # (risk, promised risk, risk when scored)
    promises: str = ""  # what told() checks, in words; empty when the kind promises nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """`rewrites`: ways to hide what a text says, name to function. `orders`: what texts say to a model that reads them."""

    slices: Sequence[Slice] = ()
    probes: Callable[[int], Sequence[Probe]] | None = None  # by seed
    pairs: Callable[[Sequence[Example], int], Sequence[Pair]] | None = None  # made from items of the test
    rewrite: Callable[[Item, Callable[[str], str]], Item | None] | None = (
        None  # the item with its own words changed; None where it has none
    )
    append: Callable[[Item, str], Item | None] | None = None  # the item with a sentence added by its author
    erasing: Erasing | None = None
    additive: Additive | None = None
    masking: bool = False  # evidence of type frame says in `value` by how much the score falls when it is painted over
    unmeasured: Mapping[str, str] = field(default_factory=dict)  # gate -> why it says nothing of this kind


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One way to hide words: `change` maps a text to one that people read alike."""

    title: str
    change: Callable[[str, random.Random], str]
