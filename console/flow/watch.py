"""Watch: close a window of what a model sees once a day has passed and enough has come, and compare it with what it saw first.

A window is a whole day, because mornings differ from nights; where little comes it grows until there is enough to say something.
Windows follow each other without overlap, so two bad ones in a row are two witnesses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from console.common.clock import db_now
from console.flow.judged import Judged, judged_blind
from console.flow.sampled import Sampled, scored_count, scored_sample
from console.flow.slices import slices_watch
from console.training.models import ModelVersion
from console.training.selectors import champion
from console.watch.drift import Figures, Window, alerts_follow, readings_take, references_keep
from console.watch.models import DriftReading, DriftReference
from scoring.registry import KINDS

SAMPLE = 2000  # items of a window that are looked at
LEAST = 200  # under it a window stays open
LEAST_FIRST = 500  # the reference is compared with many times, so its own luck must be small
LEAST_VERDICTS = 100
FIGURES = 40  # signals that are watched; a kind that has more shows those that most items have
ANALYSER = "analyser_"
TENTHS = ("under 1 in 10", "1 to 3 in 10", "3 to 5 in 10", "5 to 8 in 10", "8 in 10 or more")


def watch_next() -> int:
    """Do what is due of one kind, if anything is: each tick takes the next. Returns how many windows and groups were read."""
    return next((done for kind in KINDS for work in (drift_watch, slices_watch) if (done := work(kind))), 0)


def drift_watch(kind: str) -> int:
    """Close the windows of one kind that are due: that of what came, and that of what people said of it."""
    serving = champion(kind)
    if serving is None:
        return 0
    closed = _traffic(kind, serving) + _verdicts(kind, serving)
    alerts_follow(kind, str(serving))
    return closed


def _traffic(kind: str, serving: ModelVersion) -> int:
    since, until, first = _span(serving, "risk")
    enough = LEAST_FIRST if first else LEAST
    if since is None or scored_count(str(serving), since, until, most=enough) < enough:
        return 0
    rows = scored_sample(str(serving), since, until, most=SAMPLE)
    return _close(Window(kind=kind, model=str(serving), since=since, until=until, figures=figures_of(rows, _known(str(serving)))), first)


def _verdicts(kind: str, serving: ModelVersion) -> int:
    since, until, first = _span(serving, "verdicts")
    if since is None:
        return 0
    counts = outcomes_of(judged_blind(kind=kind, model=str(serving), since=since, until=until))
    if sum(counts.values()) < LEAST_VERDICTS:
        return 0
    figures: Mapping[str, Figures] = {"verdicts": counts}
    return _close(Window(kind=kind, model=str(serving), since=since, until=until, figures=figures), first)


def outcomes_of(rows: Sequence[Judged]) -> dict[str, int]:
    """Verdicts as they would be of all that came, counted as the number of equal ones that says as much (L. Kish, 1965): what the
    machine decides alone is seen through its audits only, and a band that opens or closes is no shift of the world."""
    known = [(row.outcome, row.stands_for) for row in rows if row.stands_for]
    total = sum(weight for _, weight in known)
    if not total:
        return {"allow": 0, "enforce": 0}
    size = total * total / sum(weight * weight for _, weight in known)
    harmful = round(size * sum(weight for outcome, weight in known if outcome == "enforce") / total)
    return {"allow": round(size) - harmful, "enforce": harmful}


def _close(window: Window, first: bool) -> int:
    if first:
        references_keep(window)
    else:
        readings_take(window)
    return 1


def _span(serving: ModelVersion, what: str) -> tuple[datetime | None, datetime, bool]:
    """(from, to, whether it is the model's first); from is None while the day is not over."""
    now = db_now()
    reference = DriftReference.objects.filter(model=str(serving), what=what).first()
    last = DriftReading.objects.filter(reference=reference).order_by("-until").first() if reference else None
    promoted = serving.promoted_at or serving.created_at
    since = max(promoted, last.until if last else reference.until) if reference else promoted
    due = now - since >= timedelta(hours=settings.WATCH_HOURS)
    return (since if due else None), now, reference is None


def _known(model: str) -> list[str]:
    """Signals that have a reference, analyser's answers among them: they are looked for even where no item has them any more."""
    names = DriftReference.objects.filter(model=model).order_by("pk").values_list("what", flat=True)
    return [name.replace("analyser:", ANALYSER).removeprefix("signal:") for name in names if name.startswith(("signal:", "analyser:"))]


def figures_of(rows: Sequence[Sampled], known: Sequence[str] = ()) -> dict[str, Figures]:
    """What is watched of a sample: whatever numbers its scores hold, yes and no as 1 and 0. A kind declares nothing for it."""
    found: dict[str, Figures] = {"risk": [row.risk for row in rows]}
    for name in sorted({name for row in rows for name in row.labels}):
        found[f"label:{name}"] = [row.labels.get(name) for row in rows]
    present = Counter(name for row in rows for name in row.signals)
    names = [*known, *(name for name, _ in present.most_common() if name not in known)]
    for name in names[: max(len(known), FIGURES)]:
        values = [None if (value := row.signals.get(name)) is None else float(value) for row in rows]
        if name.startswith(ANALYSER):
            found[f"analyser:{name.removeprefix(ANALYSER)}"] = Counter(_tenths(value) for value in values if value is not None)
        else:
            found[f"signal:{name}"] = values
    found["source"] = Counter(row.source for row in rows)
    if any(row.language for row in rows):
        found["language"] = Counter(row.language or "not known" for row in rows)
    return found


def _tenths(chance: float) -> str:
    return TENTHS[sum(chance >= mark for mark in (0.1, 0.3, 0.5, 0.8))]
