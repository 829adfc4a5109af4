"""The search for labels that look wrong: before each training on what is newest, and whole when somebody asks. Workers only.

A finding says "look again" of a label, and "more than chance explains" of a slice: the person, the platform or the language where
many are doubted. It may be a clause that is read in two ways, or the blind spot of the model; it is no rank of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from console.banks.selectors import bank_index
from console.common.clock import db_now
from console.scores.serving import run_context
from console.training.judge import Judgement
from console.training.label_work import WorkLog
from console.training.models import Doubt, LabelWork, Snapshot
from console.training.parts import line_example
from console.training.snapshot import snapshot_freeze
from console.verdicts.models import Label
from scoring.gates.gate import Gate
from scoring.kind import Kind, TrainOptions
from scoring.registry import KINDS
from scoring.training.confident import ALARM, Doubted, Noise, Slice, doubts, out_of_fold, slices
from scoring.training.dataset import DatasetError
from scoring.types import Example, Json, as_json

NEWEST = 6000  # labelled items that a training run looks at: what is new is what was not looked at before
MOST = 50_000  # that are looked at when somebody asks
KEPT = 1000  # doubts of one search, the least likely
SETTLED = frozenset({"gold", "adjudicated", "appeal", "second"})  # somebody looked again already
Line = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    looked: int
    doubted: list[tuple[str, Doubted]]  # by id of the item
    noise: list[Noise]
    slices: list[Slice]

    def told(self) -> dict[str, Json]:
        return {
            "looked": self.looked, "doubted": len(self.doubted), "slices": [_slice_told(one) for one in self.slices],
            "labels": [
                {"name": n.name, "of": n.of, "wrong": round(n.wrong, 4), "joint": [[round(x, 1) for x in row] for row in n.joint]}
                for n in self.noise
            ],
        }  # fmt: skip


def doubts_find(kind: Kind, lines: Sequence[Line], options: TrainOptions, *, most: int) -> Found:
    """Raises DatasetError when there is too little to hold against each other."""
    newest = sorted(lines, key=lambda line: (str(line["labelled_at"]), str(line["id"])))[-most:]
    examples = [line_example(kind, dict(line)) for line in newest]
    doubted, noise = doubts(examples, out_of_fold(kind, examples, options))
    givers = _givers([UUID(str(line["id"])) for line in newest])
    keys = _keys_by(newest, examples, givers)
    open_ones = [one for one in doubted if not SETTLED & set(newest[one.index]["sources"])]
    return Found(
        looked=len(newest), doubted=[(str(newest[one.index]["id"]), one) for one in open_ones], noise=noise,
        slices=slices(examples, open_ones, keys),
    )  # fmt: skip


def _givers(ids: Sequence[UUID]) -> dict[tuple[str, str], int]:
    """Who gave the newest label of each item and name; nobody for what came from a file or from the world."""
    rows = Label.objects.filter(item_id__in=ids, withdrawn=False, reviewer__isnull=False).order_by("id")
    return {(str(item), name): reviewer for item, name, reviewer in rows.values_list("item_id", "name", "reviewer_id").iterator()}


def _keys_by(
    lines: Sequence[Line], examples: Sequence[Example], givers: Mapping[tuple[str, str], int]
) -> Callable[[int, str], Iterator[tuple[Hashable, ...]]]:
    def keys(index: int, name: str) -> Iterator[tuple[Hashable, ...]]:
        line = lines[index]
        if (person := givers.get((str(line["id"]), name))) is not None:
            yield "person", person
        yield "platform", str(line["platform"])
        if language := line["payload"].get("language"):
            yield "language", str(language)

    return keys


def _slice_told(one: Slice) -> dict[str, Json]:
    what, which = one.key
    return {
        "what": what, "which": which, "label": one.name, "value": one.value, "doubted": one.doubted, "of": one.of,
        "elsewhere": round(one.elsewhere, 4),
    }  # fmt: skip


def doubts_run(log: WorkLog) -> None:
    """The whole search, asked for by a person."""
    kind = KINDS[log.work.kind]
    log.say(0.0, "Collecting the labels")
    snapshot, lines = snapshot_freeze(kind)
    found = doubts_find(kind, lines, _options(lambda share, sentence: log.say(0.05 + 0.9 * share, sentence)), most=MOST)
    with transaction.atomic():
        _keep(log.work, snapshot, found)
        log.done(f"{len(found.doubted):,} of {found.looked:,} items have a label to look at again", **found.told())


def doubts_examine(kind: Kind, snapshot: Snapshot, lines: Sequence[Line], tell: Callable[[str], None], *, seed: int = 0) -> None:
    """As a part of a training run: what is newest, with its findings on the data set's card and in the list of labels to look at.

    Too few labels are no reason to stop: they cannot be held against each other, and that is what the card says.
    """
    if "doubts" in snapshot.card:
        tell("These labels were held against each other before.")
        return
    try:
        found = doubts_find(kind, lines, replace(_options(lambda share, sentence: None), seed=seed), most=NEWEST)
    except (DatasetError, ValueError) as error:
        tell(f"Labels were not held against each other: {error}.")
        return
    with transaction.atomic():
        sentence = f"{len(found.doubted):,} of the newest {found.looked:,} items have a label to look at again"
        work = LabelWork.objects.create(
            purpose=LabelWork.Purpose.DOUBTS, kind=kind.name, state=LabelWork.State.DONE, progress=1.0, sentence=sentence,
            result=found.told(), finished_at=db_now(),
        )  # fmt: skip
        _keep(work, snapshot, found)
    tell(f"{sentence}.")


def _options(progress: Callable[[float, str], None]) -> TrainOptions:
    return TrainOptions(cache_dir=Path(settings.HOME) / "cache", progress=progress, context=run_context(bank_index()))


def _keep(work: LabelWork, snapshot: Snapshot, found: Found) -> None:
    Doubt.objects.filter(work=work).delete()
    Doubt.objects.bulk_create(
        Doubt(work=work, item_id=pk, name=one.name, value=one.value, chance=one.chance) for pk, one in found.doubted[:KEPT]
    )
    snapshot.card = {**snapshot.card, "doubts": {"work": str(work.pk), **found.told()}}
    Snapshot.objects.filter(pk=snapshot.pk).update(card=snapshot.card)


def judged_with_doubts(judgement: Judgement, snapshot: Snapshot) -> Judgement:
    """One gate more: a model that may have learnt wrong labels from one corner does not serve before somebody looked at them."""
    found = snapshot.card.get("doubts")
    if found is None:
        return judgement
    sentences = [slice_sentence(one) for one in found["slices"]]
    gate = Gate(
        name="labels", title="No corner of the labels looks wrong", failed="labels look wrong in one corner",
        measures=f"Labels of the newest {found['looked']:,} items, held against models that did not see them",
        limit=f"More than chance explains, {ALARM:g} of all corners together", result="refused" if sentences else "passed",
        sentence=" ".join(sentences) or f"{found['doubted']:,} labels are worth a second look, in no corner more than chance explains.",
    )  # fmt: skip
    report = judgement.comparison.get("report", {})
    comparison = {**judgement.comparison, "report": {**report, "gates": [*report.get("gates", []), as_json(gate)]}}
    if not sentences:
        return replace(judgement, comparison=comparison)
    comparison["report"]["passed"] = False
    reasons = sentences if judgement.passed else [*judgement.reasons, *sentences]
    return replace(
        judgement, passed=False, headline=f"{judgement.headline} But {gate.failed}.", reasons=reasons, comparison=comparison
    )


def slice_sentence(one: Mapping[str, Json]) -> str:
    """Names no person: who may know them is told on the page of the labels."""
    where = {"person": "from one person", "platform": f"from {one['which']}", "language": f"in “{one['which']}”"}[str(one["what"])]
    return (
        f"Labels {where} look different from the rest: {one['doubted']} of {one['of']} that say “{one['label']}” "
        f"{'holds' if one['value'] else 'does not hold'}, against {100 * one['elsewhere']:.1f} in 100 elsewhere. "
        "Look at them again first; the clause may be what is unclear."
    )
