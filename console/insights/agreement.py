"""How good the decisions of people are, as figures for pages: agreement, known answers, where two differ, leaning on the machine.

The team only. What concerns one person goes to that person; a lead learns where help seems needed, without a rank or a share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from django.db.models import QuerySet

from console.accounts.models import User
from console.policies.selectors import active_policy
from console.quality.gold import clause_of
from console.quality.models import Check, Gold, Measure, QaReview, Reliability
from scoring.binomial import Z95, clopper_pearson
from scoring.policy import PolicyDocument

ENOUGH_FOR_CLAUSE = 3  # known answers of a clause, below which a person soon has met them all
TARGET_MORE, LIMIT_MORE = 0.02, 0.05  # leaning on the machine: the aim, and what its range may reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Krippendorff's alpha of a policy (clause "") or a clause, with its range; None where nothing can be said."""

    clause: str
    title: str
    alpha: float | None
    low: float | None
    high: float | None
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, with the exact 95 % range."""

    right: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        return self.right / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """Of items where the machine was wrong and shown to the first: wrong then, minus wrong blind."""

    items: int
    more: float | None
    low: float
    high: float

    @property
    def state(self) -> str:
        if self.more is None:
            return "unknown"
        return "fine" if self.more <= TARGET_MORE and self.high <= LIMIT_MORE else "open" if self.low <= TARGET_MORE else "much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    count: int
    per_hundred: int  # of its row
    heat: int  # 0 to 3; nothing on the diagonal


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    titles: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]  # first verdict down, second across

    @property
    def of(self) -> int:
        return sum(cell.count for _, cells in self.rows for cell in cells)

    @property
    def apart(self) -> int:
        """Where the two said something else."""
        return self.of - sum(cells[place].count for place, (_, cells) in enumerate(self.rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    kind: str
    computed_at: datetime | None
    pairs: int
    agreement: Sequence[Alike]
    matrix: Matrix
    leaning: Leaning
    gold: Share


def quality_of(kind: str) -> Quality:
    """Everything of one kind: what was last measured, and known answers as they are now."""
    document = active_policy(kind)[1]
    row = Measure.objects.filter(kind=kind).first()
    data = row.data if row else {}
    return Quality(
        kind=kind, computed_at=row.computed_at if row else None, pairs=data.get("pairs", 0),
        agreement=[
            Alike(
                clause=found["clause"], title=title_of(document, found["clause"]) if found["clause"] else "Whole policy",
                alpha=found["alpha"], low=found["low"], high=found["high"], units=found["units"],
            )
            for found in data.get("agreement", [])
        ],
        matrix=_matrix(document, data.get("matrix", [])), leaning=_leaning(data.get("leaning", {})), gold=gold_share(kind),
    )  # fmt: skip


def title_of(document: PolicyDocument, word: str) -> str:
    """A clause id, or "allow", in words."""
    if word == "allow":
        return "Allow"
    return next((clause.title for clause in document.clauses if clause.id == word), word)


def _matrix(document: PolicyDocument, counted: Sequence[tuple[str, str, int]]) -> Matrix:
    words = sorted({word for one, other, _ in counted for word in (one, other)}, key=lambda word: (word != "allow", word))
    counts = {(one, other): count for one, other, count in counted}
    rows = []
    for one in words:
        total = sum(counts.get((one, other), 0) for other in words)
        cells = []
        for other in words:
            share = counts.get((one, other), 0) / total if total else 0.0
            heat = 0 if one == other else sum(share > limit for limit in (0.02, 0.05, 0.10))
            cells.append(Cell(count=counts.get((one, other), 0), per_hundred=round(100 * share), heat=heat))
        rows.append((title_of(document, one), cells))
    return Matrix(titles=[title_of(document, word) for word in words], rows=rows)


def _leaning(data: dict[str, int]) -> Leaning:
    """A difference of paired shares, by Agresti and Min (2005): half an answer is added to each of the four cells."""
    items = data.get("items", 0)
    if not items:
        return Leaning(items=0, more=None, low=-1.0, high=1.0)
    only_shown, only_blind, of = data["only_shown"] + 0.5, data["only_blind"] + 0.5, items + 2
    middle = (only_shown - only_blind) / of
    half = Z95 * sqrt(max(0.0, only_shown + only_blind - (only_shown - only_blind) ** 2 / of)) / of
    more = (data["shown_wrong"] - data["blind_wrong"]) / items
    return Leaning(items=items, more=more, low=max(-1.0, middle - half), high=min(1.0, middle + half))


def gold_share(kind: str = "", user: User | None = None) -> Share:
    """Known answers met, of the team or of one person."""
    rows = Check.objects.filter(purpose=Check.Purpose.GOLD, state=Check.State.CLOSED, answer__isnull=False)
    rows = rows.filter(item__kind=kind) if kind else rows
    rows = rows.filter(answer__reviewer=user) if user else rows
    counted = Counter(rows.values_list("result", flat=True))
    right, of = counted[Check.Result.SAME], counted[Check.Result.SAME] + counted[Check.Result.OTHER]
    low, high = clopper_pearson(right, of)
    return Share(right=right, of=of, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    title: str
    known: int
    asked: int
    thin: bool


def gold_coverage(kind: str) -> list[Coverage]:
    """Known answers by clause; thin where too few for anybody to be measured by."""
    document = active_policy(kind)[1]
    rows = Gold.objects.filter(item__kind=kind, is_active=True).values_list("outcome", "clauses")
    known = Counter(clause_of(outcome, clauses) for outcome, clauses in rows)
    met = Check.objects.filter(gold__item__kind=kind, answer__isnull=False).values_list("gold__outcome", "gold__clauses")
    asked = Counter(clause_of(outcome, clauses) for outcome, clauses in met)
    words = ["allow", *(clause.id for clause in document.clauses)]
    return [
        Coverage(title=title_of(document, word), known=known[word], asked=asked[word], thin=known[word] < ENOUGH_FOR_CLAUSE)
        for word in words
    ]


def disagreements() -> QuerySet[Check]:
    """What leads are to decide, or to have the last word on; oldest first."""
    rows = Check.objects.filter(purpose=Check.Purpose.ADJUDICATE).exclude(state=Check.State.CLOSED)
    people = ("about__reviewer", "parent__answer__reviewer", "answer__reviewer")
    return rows.select_related("item__source", "case__queue", *people).order_by("pk")


def help_signs() -> list[Reliability]:
    """Where somebody seems to need help, by name and by nothing that could be a rank."""
    rows = Reliability.objects.exclude(signs=[]).select_related("reviewer")
    return list(rows.order_by("reviewer__username", "kind"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What a person, and nobody else, reads of the checks of their verdicts. Looks that somebody asked for tell nothing of the others."""

    looks: Share  # second looks at their verdicts that came out the same
    gold: Share
    reviews: Sequence[QaReview]


def mine(user: User, *, limit: int = 50) -> Mine:
    looks = Check.objects.filter(purpose=Check.Purpose.SECOND, state=Check.State.CLOSED, about__reviewer=user, probability__isnull=False)
    counted = Counter(looks.values_list("result", flat=True))
    right, of = counted[Check.Result.SAME], counted[Check.Result.SAME] + counted[Check.Result.OTHER]
    low, high = clopper_pearson(right, of)
    reviews = QaReview.objects.filter(verdict__reviewer=user).select_related("verdict__item", "reviewed_by", "contest_check")
    newest = list(reviews.order_by("-created_at")[:limit])
    return Mine(looks=Share(right=right, of=of, low=low, high=high), gold=gold_share(user=user), reviews=newest)
