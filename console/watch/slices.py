"""How each group of a kind fares beside all the others; an alert where one fares worse for longer than a day.

Every day the last weeks are read anew, so two readings share most of what they rest on: that a gap is no luck is for the correction
to hold, and that it lasts is for the second reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist

from django.db import transaction

from console.alerts.services import alert_clear, alert_raise
from console.watch.models import SliceReading
from scoring.drift import PATIENCE, alarmed
from scoring.registry import KINDS
from scoring.weighed import Weighed

LEAST = 30  # items of a group, and of the rest, that it must be worth before anything is compared
DOUBT = 0.05  # over all that is compared of a kind: the chance to call some group worse off where none is
GAP = 0.05  # so many more in 100 matter
ERRORS = (SliceReading.Measure.FALSE_ALLOW, SliceReading.Measure.FALSE_ENFORCE, SliceReading.Measure.OVERTURN)

Cell = tuple[str, str, str]  # cut, name and measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Of one model between two moments. The name "" is all that a cut can place, the cut "" everything."""

    kind: str
    model: str
    since: datetime
    until: datetime
    counts: Mapping[Cell, Weighed]


@transaction.atomic
def slices_take(counted: Counted) -> list[SliceReading]:
    """Keep a reading of each group, and let the alert follow."""
    cells = {cell: (count, _rest(counted, cell, count)) for cell, count in counted.counts.items() if cell[1] or not cell[0]}
    compared = [cell for cell, (count, rest) in cells.items() if cell[2] in ERRORS and min(count.worth, rest.worth) >= LEAST]
    z = NormalDist().inv_cdf(1 - DOUBT / (2 * max(1, len(compared))))
    before = _before(counted.kind, counted.model)
    rows = []
    for cell, (count, rest) in cells.items():
        apart = cell in compared and _worse(count, rest, z)
        rows.append(_reading(counted, cell, count, rest, apart, before.get(cell, [])))
    SliceReading.objects.bulk_create(rows)
    _alert(counted.kind, [row for row in rows if row.alarmed])
    return rows


def _rest(counted: Counted, cell: Cell, count: Weighed) -> Weighed:
    """All others that the cut can place; nothing for everything together."""
    return counted.counts.get((cell[0], "", cell[2]), count) - count if cell[0] else Weighed()


def _worse(count: Weighed, rest: Weighed, z: float) -> bool:
    """Its whole range lies above the whole range of the rest, and the gap matters."""
    return count.range(z)[0] > rest.range(z)[1] and count.share - rest.share >= GAP


def _reading(counted: Counted, cell: Cell, count: Weighed, rest: Weighed, apart: bool, before: Sequence[SliceReading]) -> SliceReading:
    levels = ["high" if row.apart else "low" for row in reversed(before[: PATIENCE - 1])]
    stands = alarmed(bool(before) and before[0].alarmed, [*levels, "high" if apart else "low"])  # type: ignore[list-item]
    return SliceReading(
        kind=counted.kind, model=counted.model, cut=cell[0], name=cell[1], measure=cell[2], hits=count.hits, of=count.of,
        rest_hits=rest.hits, rest_of=rest.of, share=count.share, worth=count.worth, rest_share=rest.share, rest_worth=rest.worth,
        apart=apart, alarmed=stands, since=counted.since, until=counted.until,
    )  # fmt: skip


def _before(kind: str, model: str) -> dict[Cell, list[SliceReading]]:
    """Earlier readings of each group, newest first; as many as an alarm asks for."""
    found: dict[Cell, list[SliceReading]] = {}
    moments = SliceReading.objects.filter(kind=kind, model=model).order_by("-until").values_list("until", flat=True).distinct()
    for row in SliceReading.objects.filter(kind=kind, model=model, until__in=list(moments[: PATIENCE - 1])).order_by("-until"):
        found.setdefault((row.cut, row.name, row.measure), []).append(row)
    return found


def _alert(kind: str, rows: Sequence[SliceReading]) -> None:
    if not rows:
        alert_clear(code="fairness_gap", kind=kind, why="No group is clearly worse off any more.")
        return
    worst = max(rows, key=lambda row: row.share - row.rest_share)
    more = f" {len(rows) - 1} more like this." if len(rows) > 1 else ""
    groups = [
        {"cut": row.cut, "name": row.name, "measure": row.measure, "hits": row.hits, "of": row.of, "share": round(row.share, 4)}
        for row in rows
    ]
    alert_raise(code="fairness_gap", kind=kind, sentence=f"{sentence_of(worst)}{more}", data={"groups": groups})


def sentence_of(row: SliceReading) -> str:
    """What a gap is, in words that accuse nobody."""
    words = KINDS[row.kind].words
    what = {
        "false_allow": f"more {words.many} that break a rule would be let through",
        "false_enforce": f"more {words.many} that are in order would be acted on",
        "overturn": f"more decisions on {words.many} were changed later",
    }[row.measure]
    here, there = (f"{100 * share:.0f}" for share in (row.share, row.rest_share))
    return f"{row.cut} {row.name}: {what} than elsewhere ({here} in 100, {there} in 100 of the others)."


def newest_slices(kind: str, model: str) -> list[SliceReading]:
    rows = SliceReading.objects.filter(kind=kind, model=model)
    newest = rows.order_by("-until").values_list("until", flat=True).first()
    return list(rows.filter(until=newest).order_by("cut", "-of", "name")) if newest else []
