"""One training run, stage by stage. Runs in the train lane, outside transactions; imports what is heavy.

snapshot -> split -> train -> calibrate -> evaluate -> compare -> register. A killed worker's run is taken over through
its job's lease and starts again from the first stage: every stage is a function of the database and the seed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from console.audit.services import audit_append
from console.banks.selectors import bank_index
from console.common.clock import db_now
from console.common.errors import NotFound
from console.scores.serving import run_context
from console.training.base_data import base_examples
from console.training.cards import run_card
from console.training.dataset_card import snapshot_divide
from console.training.judge import Judgement, Model, judge
from console.training.models import ModelVersion, Snapshot, TrainingRun
from console.training.parts import parts_record, seen_by
from console.training.progress import RunLog, RunStopped
from console.training.runs import OPEN
from console.training.selectors import champion, home_path, version_read
from console.training.snapshot import snapshot_freeze, write_atomically
from console.training.starters import bundle_path
from scoring.artifacts import ArtifactError, Bundle
from scoring.kind import Kind, Split, TrainOptions
from scoring.registry import get_kind
from scoring.training.dataset import DatasetError
from scoring.training.evaluate import evaluate_scores
from scoring.training.fit import score_examples, split_with_past, train_kind
from scoring.types import Json, RunContext, Score

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the stages hand on."""

    run: TrainingRun
    kind: Kind
    record: RunLog
    context: RunContext


def run_execute(run_id: UUID | str) -> TrainingRun:
    """Do the work of a run and return its row: done, failed (with one sentence in `error`) or cancelled.

    Runs nothing when the run has ended already. Raises only what another attempt may mend (a lost database).
    """
    run = _start(run_id)
    if run.state != TrainingRun.State.RUNNING or run.started_at is None:
        return run
    record = RunLog(run, run.started_at)
    work = Work(run=run, kind=get_kind(run.kind), record=record, context=_context())
    try:
        _work(work)
    except RunStopped:
        log.info("run %s was stopped", run.pk)
    except (DatasetError, ArtifactError, ValueError, KeyError) as error:
        _fail(work, str(error.args[0] if isinstance(error, KeyError) and error.args else error))
    except MemoryError:
        _fail(work, "There was not enough memory for this much data.")
    except Exception as error:
        log.exception("run %s failed", run.pk)
        _fail(work, f"{type(error).__name__}: {error}")
    run.refresh_from_db()
    return run


def _start(run_id: UUID | str) -> TrainingRun:
    """Take the run: the start time is the token that every later write names."""
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    if run.state in OPEN:
        again = "Started again: the worker before this one stopped.\n" if run.state == TrainingRun.State.RUNNING else ""
        rows = TrainingRun.objects.filter(pk=run.pk, state=run.state, started_at=run.started_at)
        rows.update(state=TrainingRun.State.RUNNING, started_at=db_now(), progress=0.0, stage="", log=run.log + again, error="")
        run.refresh_from_db()
    return run


def _context() -> RunContext:
    return run_context(bank_index())


def _work(work: Work) -> None:
    kind, record = work.kind, work.record
    serving = champion(kind.name)
    record.stage("snapshot", f"Collecting the labels of {kind.words.many}.")
    snapshot, lines = snapshot_freeze(kind)
    record.rows.update(snapshot=snapshot)
    base, base_hash = base_examples(kind)
    record.say(f"{len(lines)} labelled {kind.words.many}, snapshot {snapshot.content_hash[:12]}; {_base_words(len(base), base_hash)}.")

    record.stage("split", "Dividing by time and group.")
    parts = snapshot_divide(kind, snapshot, lines, base, seen=seen_by(serving), seed=work.run.seed)
    parts = split_with_past(kind, parts)
    record.say(f"{len(parts.train)} to train, {len(parts.tune)} to calibrate, {len(parts.test)} to test.")

    record.stage("train", f"Training with “{work.run.trainer}”, seed {work.run.seed}.")
    version = _free_version(kind.name)
    # A folder of this execution's own: a worker that was thought dead must not write over what its successor registers.
    out = home_path(bundle_path(kind.name, f".{version}-{record.token}"))
    options = TrainOptions(
        seed=work.run.seed, version=version, cache_dir=Path(settings.HOME) / "cache", progress=record.progress, context=work.context
    )
    try:
        bundle = train_kind(kind, parts, out, work.run.trainer or None, options)
        _examine(work, bundle, parts, serving, snapshot)
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _base_words(count: int, digest: str) -> str:
    return f"{count} lines of base data ({digest[:12]})" if count else "no base data"


def _examine(work: Work, bundle: Bundle, parts: Split, serving: ModelVersion | None, snapshot: Snapshot) -> None:
    kind, record = work.kind, work.record
    record.stage("calibrate", "Checking that the chances are honest.")
    tune = evaluate_scores(score_examples(bundle, parts.tune, work.context, kind=kind), parts.tune)

    record.stage("evaluate", f"Scoring {len(parts.test)} {kind.words.many} that nobody trained on.")
    challenger = _scores(work, bundle, parts)
    metrics = {**evaluate_scores(challenger, parts.test), "tune": tune["risk"]}
    before: Model | None = None
    if serving is not None:
        old = version_read(serving)
        before = Model(bundle=old, scores=_scores(work, old, parts))

    record.stage("compare", f"Comparing with {serving.version}." if serving else "No model serves yet; nothing to compare with.")
    judgement = judge(
        kind, parts, challenger=Model(bundle=bundle, scores=challenger), champion=before, seed=work.run.seed, context=work.context,
        tell=lambda title: record.say(f"Gate: {title}?"),
    )  # fmt: skip
    record.stage("register", "Writing the model card.")
    _register(work, bundle, parts, metrics, judgement, serving, snapshot)


def _scores(work: Work, bundle: Bundle, parts: Split) -> list[Score]:
    """Of the test part, in chunks, so that a cancellation is heard."""
    scores: list[Score] = []
    for start in range(0, len(parts.test), 256):
        scores += score_examples(bundle, parts.test[start : start + 256], work.context, kind=work.kind)
        work.record.say(f"{bundle.version}: {len(scores)} of {len(parts.test)} scored.")
    return scores


def _register(
    work: Work,
    bundle: Bundle,
    parts: Split,
    metrics: dict[str, Json],
    judgement: Judgement,
    serving: ModelVersion | None,
    snapshot: Snapshot,
) -> None:
    ids = Path(settings.SNAPSHOTS_ROOT) / work.kind.name / f"{bundle.version}.parts.json"
    write_atomically(ids, json.dumps(parts_record(work.kind, parts)).encode())
    state = ModelVersion.State.CANDIDATE if judgement.passed else ModelVersion.State.REFUSED
    comparison = {**judgement.comparison, "parts_file": str(ids.relative_to(settings.HOME))}
    with transaction.atomic():
        version = ModelVersion.objects.create(
            kind=work.kind.name, version=bundle.version, state=state, path=bundle_path(work.kind.name, bundle.version),
            checksum=bundle.checksum, trainer=bundle.trainer, metrics=metrics, comparison=comparison, reasons=judgement.reasons,
            snapshot=snapshot, parent=serving.version if serving else "",
            card=run_card(work.kind, work.run, bundle, parts, metrics, judgement, serving, snapshot),
        )  # fmt: skip
        verdict = "It may be promoted." if judgement.passed else f"It was refused: {' '.join(judgement.reasons)}"
        work.record.say(f"Registered as {version.version}. {verdict}")
        if not work.record.rows.update(state=TrainingRun.State.DONE, progress=1.0, finished_at=Now(), model=version):
            raise RunStopped
        _settle(bundle.path, home_path(version.path))
        data = {"run": str(work.run.pk), "state": state, "checksum": bundle.checksum, "snapshot": snapshot.content_hash}
        audit_append(actor="system", verb="model.registered", subject=f"model:{version}"[:100], data=data)


def _settle(work: Path, out: Path) -> None:
    """Put the bundle in its place. What lies there belongs to no version: the row of this one is not committed yet."""
    shutil.rmtree(out, ignore_errors=True)
    os.replace(work, out)


def _free_version(kind: str) -> str:
    """The date and a number: "20261121-2"."""
    day = f"{db_now():%Y%m%d}"
    taken = set(ModelVersion.objects.filter(kind=kind, version__startswith=day).values_list("version", flat=True))
    return next(name for name in (f"{day}-{i}" for i in range(1, len(taken) + 2)) if name not in taken)


def _fail(work: Work, reason: str) -> None:
    """One sentence for people in `error`; the log keeps how far it came."""
    sentence = " ".join(reason.replace("\x00", "").split())[:1000] or "It stopped without a reason."
    sentence = sentence[:1].upper() + sentence[1:]
    sentence = sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
    try:
        work.record.say(sentence)
    except RunStopped:
        return
    with transaction.atomic():
        if work.record.rows.update(state=TrainingRun.State.FAILED, finished_at=Now(), error=sentence):
            audit_append(actor="system", verb="run.failed", subject=f"run:{work.run.pk}", data={"stage": work.record.stage_name})
