"""Did the challenger get clearly worse for some: a language, a source, people who are written about?

In each group of each slice the paired difference of average precision (does it still put harm above harmless there?) and of the
Brier score (did its chances shift there?) is measured. A group is clearly worse when the difference lies beyond a tolerance with a
bound that holds for all groups and both measures at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.gates.gate import About, Gate, Row, Side, Table, Trial, Word, points, several
from scoring.training import metrics as measure
from scoring.training.compare import DRAWS, MIN_OF_EACH, risk_labels, risks_of
from scoring.training.metrics import Array
from scoring.training.paired import Counts, draw_counts, drawn, groups_of, index_by, percentiles, sure_range

MIN_ITEMS = 30
ALARM = 0.01  # chance that any group of an equally good challenger is called worse
TOLERANCE = {"ap": 0.02, "brier": 0.01}
MOST = 40  # groups of one slice; the largest

ABOUT = About(
    name="slices", title="No group got worse", failed="a group got worse",
    measures="Average precision and Brier score within each group of the test that is large enough, challenger less champion.",
    limit=f"No group of {MIN_ITEMS} items or more is clearly worse: average precision by more than {100 * TOLERANCE['ap']:.0f} points, "
    f"Brier by more than {100 * TOLERANCE['brier']:.0f}, for all groups at once.",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    slice: str
    name: str
    rows: NDArray[np.intp]
    positives: int

    @property
    def ranks(self) -> bool:
        return min(self.positives, len(self.rows) - self.positives) >= MIN_OF_EACH


def slices(trial: Trial) -> Gate:
    if not trial.exam.slices:
        return ABOUT.not_measured(f"No slices are declared for {trial.kind.words.many}.")
    y = risk_labels(trial.examples)
    groups = list(_groups(trial, y))
    large = [g for g in groups if len(g.rows) >= MIN_ITEMS]
    small = [g for g in groups if len(g.rows) < MIN_ITEMS]
    if not large:
        return ABOUT.not_measured(f"No group of the test has {MIN_ITEMS} items.")
    tables, worse = _tables(trial, y, large)
    left_out = f"Too small to tell: {_few(small)}." if small else ""
    if trial.champion is None:
        return ABOUT.gate("not_measured", f"No model serves yet, so no group can have got worse. {left_out}".strip(), tables=tables)
    if worse:
        return ABOUT.gate("refused", " ".join(worse), tables=tables)
    seen = f"None of {several(len(large), 'group')} is clearly worse."
    return ABOUT.gate("passed", f"{seen} {left_out}".strip(), tables=tables)


def _groups(trial: Trial, y: Array) -> Iterator[Group]:
    for cut in trial.exam.slices:
        found = index_by([cut.of(example) for example in trial.examples])
        largest = sorted(found.items(), key=lambda pair: -len(pair[1]))[:MOST]
        largest.sort(key=lambda pair: _place(pair[0]))
        if len(largest) > 1 or any(len(rows) < len(y) for _, rows in largest):  # one group of all items is the test itself
            yield from (Group(slice=cut.title, name=name, rows=rows, positives=int(y[rows].sum())) for name, rows in largest)


def _place(name: str) -> tuple[float, bool]:
    """Bands in the order of their numbers, all else after them as it was: by size."""
    number = re.search(r"\d[\d,.]*", name)
    return (float(number.group().strip(",.").replace(",", "")), not name.startswith(("Below", "Up to"))) if number else (math.inf, True)


def _few(small: list[Group]) -> str:
    told = ", ".join(f"{g.name} ({len(g.rows)})" for g in small[:6])
    return told + (f" and {len(small) - 6} more" if len(small) > 6 else "")


def _tables(trial: Trial, y: Array, groups: list[Group]) -> tuple[list[Table], list[str]]:
    """A table for each slice, and a sentence for each group that is clearly worse."""
    names = groups_of(trial.examples)
    new = risks_of(trial.challenger.scores)
    checks = sum(1 + g.ranks for g in groups)
    rows: dict[str, list[Row]] = {}
    worse: list[str] = []
    for number, group in enumerate(groups):
        counts = draw_counts([names[i] for i in group.rows], y[group.rows], trial.seed + number, DRAWS)
        row, sentence = _row(group, y[group.rows], _side(trial.champion, group), new[group.rows], counts, ALARM / checks)
        rows.setdefault(group.slice, []).append(row)
        worse += [sentence] if sentence else []
    columns = ("items", "harmful", "serves", "new")
    note = "Average precision, points of 100."
    return [Table(title=title, columns=columns, rows=found, note=note) for title, found in rows.items()], worse


def _side(side: Side | None, group: Group) -> Array | None:
    return None if side is None else risks_of([side.scores[i] for i in group.rows])


def _row(group: Group, y: Array, old: Array | None, new: Array, counts: Counts, alarm: float) -> tuple[Row, str]:
    after = measure.average_precision(y, new) if group.ranks else None
    before = measure.average_precision(y, old) if group.ranks and old is not None else None
    cells = (f"{len(y):,}", f"{group.positives:,}", points(before), points(after))
    if old is None:
        return Row(name=group.name, cells=cells, word="few"), ""
    first, second = drawn(y, old, counts), drawn(y, new, counts)
    shift = measure.brier(y, new) - measure.brier(y, old)
    low, _ = sure_range(second["brier"] - first["brier"], shift, alarm, len(y) - 1)
    sentence = ""
    if low > TOLERANCE["brier"]:
        sentence = f"Chances are clearly worse for {_named(group)}: Brier score {shift:+.3f} on {several(len(y), 'item')}."
    if before is None or after is None:
        return Row(name=group.name, cells=cells, word="worse" if sentence else "few"), sentence
    gaps = second["ap"] - first["ap"]
    _, high = sure_range(gaps, after - before, alarm, min(group.positives, len(y) - group.positives) - 1)
    around = percentiles(gaps)
    if high < -TOLERANCE["ap"]:
        sentence = (
            f"Clearly worse for {_named(group)}: average precision {before:.3f} to {after:.3f} "
            f"(range of the difference {around[0]:+.3f} to {around[1]:+.3f}, {several(len(y), 'item')})."
        )
    word: Word = "worse" if sentence else "better" if around[0] > 0 else "maybe" if around[1] < 0 else "same"
    return Row(name=group.name, cells=cells, gap=(100 * around[0], 100 * (after - before), 100 * around[1]), word=word), sentence


def _named(group: Group) -> str:
    return f"“{group.name}” ({group.slice.lower()})"
