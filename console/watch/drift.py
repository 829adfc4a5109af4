"""Keep what a model saw first, compare later windows with it, and raise or clear the alert of each sort of drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from console.alerts.models import Alert
from console.alerts.services import alert_clear, alert_raise
from console.watch.models import DriftReading, DriftReference
from scoring.drift import HIGH, PATIENCE, Shift, Value, alarmed, compare_numbers, compare_shares, holm, level_of
from scoring.registry import KINDS

Figures = Sequence[Value] | Mapping[str, int]  # numbers of the items of a window, or counts by name
CODES = {  # by what is watched, before the colon
    "risk": "score_drift", "label": "score_drift", "signal": "feature_drift", "source": "feature_drift", "language": "language_mix",
    "analyser": "analyser_answers", "verdicts": "label_shift",
}  # fmt: skip
SENTENCES = {
    "score_drift": "The scores of {many} have moved since {model} began to serve",
    "feature_drift": "What {many} are like has moved since {model} began to serve",
    "language_mix": "The languages of {many} have moved since {model} began to serve",
    "analyser_answers": "What the analyser answers about {many} has moved since {model} began to serve",
    "label_shift": "People find another share of {many} in breach than when {model} began to serve",
}
ALONE = ("language_mix", "label_shift")  # one thing is watched under it, so its sentence need not name it
CALM = "Two calm windows in a row."
ANOTHER = "Another model serves: what it sees first is what later windows are compared with."
FAR = 2 * HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was seen of one model between two moments, by what is watched."""

    kind: str
    model: str
    since: datetime
    until: datetime
    figures: Mapping[str, Figures]


def code_of(what: str) -> str:
    return CODES[what.partition(":")[0]]


def size_of(figures: Figures) -> int:
    return sum(figures.values()) if isinstance(figures, Mapping) else len(figures)


@transaction.atomic
def references_keep(window: Window) -> int:
    """What a window shows for the first time becomes the reference; returns how many there were."""
    rows = [
        DriftReference(
            kind=window.kind, model=window.model, what=what, n=size_of(figures), since=window.since, until=window.until,
            data=dict(figures) if isinstance(figures, Mapping) else [None if v is None else float(f"{v:.6g}") for v in figures],
        )
        for what, figures in window.figures.items()
    ]  # fmt: skip
    DriftReference.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def readings_take(window: Window) -> list[DriftReading]:
    """Compare what has a reference and keep the readings. What is seen for the first time becomes a reference."""
    known = {row.what: row for row in DriftReference.objects.filter(model=window.model, what__in=list(window.figures))}
    references_keep(Window(**{**_fields(window), "figures": {w: f for w, f in window.figures.items() if w not in known}}))
    shifts = [(row, _compare(row.data, window.figures[what])) for what, row in known.items()]
    sure = holm([shift.p for _, shift in shifts])
    readings = [_reading(window, row, shift, p) for (row, shift), p in zip(shifts, sure, strict=True)]
    DriftReading.objects.bulk_create(readings)
    return readings


def _fields(window: Window) -> dict[str, Any]:
    return {name: getattr(window, name) for name in ("kind", "model", "since", "until", "figures")}


def _compare(reference: Any, now: Figures) -> Shift:
    if isinstance(now, Mapping):
        return compare_shares(reference, now)
    return compare_numbers(reference, now)


def _reading(window: Window, reference: DriftReference, shift: Shift, p: float) -> DriftReading:
    level = level_of(shift.size, p)
    before = list(reference.readings.order_by("-until")[: PATIENCE - 1])
    stands = alarmed(bool(before) and before[0].alarmed, [*(row.level for row in reversed(before)), level])  # type: ignore[list-item]
    return DriftReading(
        kind=window.kind, reference=reference, since=window.since, until=window.until, n=shift.n, psi=shift.psi, chance=shift.chance,
        ks=shift.ks, p=p, level=level, alarmed=stands, bars=[[name, round(a, 5), round(b, 5)] for name, a, b in shift.bars],
    )  # fmt: skip


@transaction.atomic
def alerts_follow(kind: str, model: str) -> None:
    """One alert for each sort of drift of a kind: open while anything of that sort has moved for the model that serves."""
    moved: dict[str, list[DriftReading]] = {}
    for row in newest_readings(kind, model):
        if row.alarmed:
            moved.setdefault(code_of(row.reference.what), []).append(row)
    other = not DriftReading.objects.filter(kind=kind, reference__model=model).exists()
    for code in dict.fromkeys(CODES.values()):
        if code in moved:
            _raise(code, kind, model, moved[code])
        else:
            alert_clear(code=code, kind=kind, why=ANOTHER if other else CALM)


def _raise(code: str, kind: str, model: str, rows: Sequence[DriftReading]) -> None:
    far = max(rows, key=lambda row: row.psi - row.chance)
    names = [what_words(row.reference.what) for row in sorted(rows, key=lambda row: row.chance - row.psi)]
    listed = "" if code in ALONE else ": " + ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    alert_raise(
        code=code, kind=kind, level=Alert.Level.CRITICAL if far.psi - far.chance >= FAR else Alert.Level.WARNING,
        sentence=f"{SENTENCES[code].format(many=KINDS[kind].words.many, model=model.partition('@')[2])}{listed}.",
        data={
            "model": model, "until": far.until.isoformat(),
            "moved": [{"what": r.reference.what, "psi": round(r.psi, 4), "ks": r.ks and round(r.ks, 4), "p": r.p, "n": r.n} for r in rows],
        },
    )  # fmt: skip


def newest_readings(kind: str, model: str) -> list[DriftReading]:
    """The last reading of each thing that is watched of a model; those that did not fit into its newest window are there too."""
    rows = DriftReading.objects.filter(kind=kind, reference__model=model).select_related("reference")
    return list(rows.order_by("reference_id", "-until").distinct("reference_id"))


def what_words(what: str) -> str:
    """ "label:hate_speech" reads "hate speech"."""
    sort, _, name = what.partition(":")
    words = {"risk": "the risk", "language": "languages", "source": "sources", "verdicts": "verdicts given blind"}
    return (name or words[sort]).replace("_", " ")
