"""How the groups of a kind fare: what the machine did or would have done beside what people found blind, and how often people were
asked and decisions were changed. Groups are cut by language and source, and by whatever the kind's exam cuts its tests by.

Blind verdicts are weighed by the chance with which they were asked for (scoring.weighed: Horvitz and Thompson, Hajek, Korn and Graubard):
an audit of what the machine decided alone stands for 1 / its chance, a case that people get anyway for itself. What somebody picked by
hand, or for its looks, stands for nothing known and is left out. Not corrected for: people err too, and of the cases that they get
anyway only those count whose reviewer did not ask for the machine's opinion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings

from console.common.clock import db_now
from console.flow.judged import Judged, judged_blind
from console.flow.sampled import Sampled, scored_sample
from console.intake.models import Item
from console.training.selectors import champion
from console.watch.models import SliceReading
from console.watch.slices import Cell, Counted, slices_take
from scoring.registry import KINDS
from scoring.text.language_names import LANGUAGES
from scoring.types import Example
from scoring.types import Item as ScoringItem
from scoring.weighed import Weighed, weighed

DAYS = 28
SAMPLE = 4000
GROUPS = 8  # of one cut: the largest
Row = Sampled | Judged
Cuts = Mapping[str, Callable[[Row], Sequence[str]]]

HIT: Mapping[str, Callable[[Row], bool | None]] = {  # None: it says nothing of the measure
    "false_allow": lambda row: row.machine == "allow" if isinstance(row, Judged) and row.outcome == "enforce" else None,
    "false_enforce": lambda row: row.machine == "enforce" if isinstance(row, Judged) and row.outcome == "allow" else None,
    "overturn": lambda row: row.overturned if isinstance(row, Sampled) and row.ended else None,
    "review": lambda row: row.asked if isinstance(row, Sampled) else None,
}


def slices_watch(kind: str) -> int:
    """Read the groups of a kind once a day, for the model that serves; returns how many readings were kept."""
    serving, now = champion(kind), db_now()
    if serving is None or not _due(kind, str(serving), now):
        return 0
    since = max(serving.promoted_at or serving.created_at, now - timedelta(days=DAYS))
    rows: list[Row] = [*scored_sample(str(serving), since, now, most=SAMPLE)]
    rows += judged_blind(kind=kind, model=str(serving), since=since, until=now)
    if not rows:
        return 0
    counts = counts_of(rows, _cuts(kind, rows))
    return len(slices_take(Counted(kind=kind, model=str(serving), since=since, until=now, counts=counts)))


def _due(kind: str, model: str, now: datetime) -> bool:
    last = SliceReading.objects.filter(kind=kind, model=model).order_by("-until").values_list("until", flat=True).first()
    return last is None or now - last >= timedelta(hours=settings.WATCH_HOURS)


def counts_of(rows: Sequence[Row], cuts: Cuts) -> dict[Cell, Weighed]:
    """Hits and of how many: of everything together, of all that a cut can place (name ""), and of the largest groups of each cut."""
    found: dict[Cell, list[tuple[bool, float]]] = {}
    sizes: Counter[tuple[str, str]] = Counter()
    for row in rows:
        stands_for = row.stands_for if isinstance(row, Judged) else 1.0
        if not stands_for:
            continue
        groups = [("", "")]
        for cut, of in cuts.items():
            if names := of(row):
                groups += [(cut, ""), *((cut, name) for name in names)]
        sizes.update(group for group in groups if group[1])
        for measure, hit in HIT.items():
            if (said := hit(row)) is not None:
                for cut, name in groups:
                    found.setdefault((cut, name, measure), []).append((said, stands_for))
    largest = {group for cut in cuts for group, _ in Counter({g: n for g, n in sizes.items() if g[0] == cut}).most_common(GROUPS)}
    return {cell: weighed(answers) for cell, answers in found.items() if not cell[1] or cell[:2] in largest}


def _cuts(kind: str, rows: Sequence[Row]) -> Cuts:
    cuts: dict[str, Callable[[Row], Sequence[str]]] = {
        "Language": lambda row: [LANGUAGES.get(row.language, row.language)] if row.language else [], "Source": lambda row: [row.source],
    }  # fmt: skip
    own = [one for one in KINDS[kind].load_exam().slices if one.title not in cuts]
    examples = _examples(kind, {row.item_id for row in rows}) if own else {}
    return cuts | {one.title: partial(_named, {key: one.of(example) for key, example in examples.items()}) for one in own}


def _named(names: Mapping[UUID, Sequence[str]], row: Row) -> Sequence[str]:
    return names.get(row.item_id, ())


def _examples(kind: str, ids: set[UUID]) -> dict[UUID, Example]:
    """As the exam wants to see them: without history, which no cut reads."""
    rows = Item.objects.filter(pk__in=ids).only("payload", "actor", "created_at", "reports")
    found = {
        row.pk: ScoringItem(id=str(row.pk), kind=kind, payload=row.payload, actor=row.actor, created_at=row.created_at, reports=row.reports)
        for row in rows
    }
    return {key: Example(item=item, labels={}) for key, item in found.items()}
