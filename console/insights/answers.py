"""What an admin asks of a kind's machine, gathered from what the other apps keep. Each answer copes with having nothing yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.alerts.models import Alert
from console.alerts.selectors import alerts_open
from console.automation.estimates import Week, weeks_back
from console.automation.models import Certificate
from console.insights.best import Best, who_decides_best
from console.insights.selectors import Overview, overview
from console.policies.selectors import active_policies
from console.training.models import ModelVersion, Snapshot
from console.training.promotion import rollback_target
from console.training.selectors import champion, model_versions
from console.watch.models import SliceReading
from console.watch.selectors import Drift, drift_of
from console.watch.slices import newest_slices
from scoring.kind import Kind

DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    kind: Kind
    serving: ModelVersion | None
    learned: Snapshot | None  # what the serving model was trained from; none for one that shipped with the product
    newer: ModelVersion | None  # the last one that was compared with it
    back_to: ModelVersion | None
    days: Overview
    certificates: Sequence[Certificate]  # that are valid now
    audited: Week | None  # the last seven days, where anything was decided in them
    groups: Sequence[SliceReading]
    drift: Drift
    best: Best
    alerts: Sequence[Alert]

    def errors(self, measure: str) -> SliceReading | None:
        """Of everything together."""
        return next((row for row in self.groups if not row.cut and row.measure == measure), None)


def _audited(kind: str) -> Week | None:
    document = active_policies().get(kind)
    return next(iter(weeks_back(kind=kind, document=document, count=1)), None) if document is not None else None


def answers_of(kind: Kind) -> Answers:
    serving = champion(kind.name)
    versions = model_versions(kind.name).defer("card")
    newer = versions.filter(pk__gt=serving.pk).first() if serving is not None else versions.first()
    model = str(serving) if serving is not None else ""
    return Answers(
        kind=kind, serving=serving, learned=serving.snapshot if serving is not None else None,
        newer=newer if newer is not None and newer.comparison.get("metrics") else None,
        back_to=rollback_target(kind.name), days=overview(days=DAYS, kind=kind.name),
        certificates=list(Certificate.objects.filter(kind=kind.name, state=Certificate.State.VALID).order_by("side", "label")),
        audited=_audited(kind.name), groups=newest_slices(kind.name, model),
        drift=drift_of(kind.name, model), best=who_decides_best([kind])[0], alerts=list(alerts_open(kind=kind.name)),
    )  # fmt: skip


def sources_of(snapshot: Snapshot | None) -> Mapping[str, int]:
    """Items of a frozen data set by where their labels came from, most first; an item may have several."""
    counts = (snapshot.counts.get("sources") or {}) if snapshot is not None else {}
    known = {name: int(count) for name, count in counts.items() if isinstance(count, int)}
    return dict(sorted(known.items(), key=lambda pair: -pair[1]))
