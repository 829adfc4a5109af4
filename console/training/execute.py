"""One training run, stage by stage. Runs in the train lane, outside transactions; imports what is heavy.

snapshot -> split -> search -> train -> calibrate -> evaluate -> compare -> register. A killed worker's run is taken over
through its job's lease and goes on from what is safe: the frozen snapshot, the settings that were found, the trained bundle.
Everything else is done again, for every stage is a function of the database and the seed.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
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
from console.training.caps import check_disk
from console.training.cards import run_card
from console.training.dataset_card import snapshot_divide
from console.training.doubts import doubts_examine, judged_with_doubts
from console.training.ending import run_fail, run_went_well
from console.training.failures import DamagedBase, explain
from console.training.judge import Judgement, Model, judge
from console.training.limits import limits_of
from console.training.models import ModelVersion, RunLimits, Snapshot, TrainingRun
from console.training.parts import parts_record, seen_by
from console.training.progress import RunLog, RunStopped
from console.training.runs import CALLED
from console.training.selectors import champion, home_path, version_read
from console.training.snapshot import Line, snapshot_freeze, snapshot_lines, write_atomically
from console.training.starters import bundle_path
from console.training.workshop import clear_up, settle, trained_bundle, trained_record, workshop
from scoring.artifacts import Bundle
from scoring.kind import Kind, Split, TrainOptions
from scoring.registry import get_kind
from scoring.training.dataset import DatasetError
from scoring.training.evaluate import evaluate_scores
from scoring.training.fit import score_examples, split_with_past, train_kind
from scoring.training.search import search_settings
from scoring.types import Example, Json, RunContext, Score

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the stages hand on."""

    run: TrainingRun
    kind: Kind
    record: RunLog
    context: RunContext
    limits: RunLimits


def run_execute(run_id: UUID | str) -> TrainingRun:
    """Do the work of a run and return its row: done, failed (with one sentence in `error`) or cancelled.

    Runs nothing when the run has ended already. Raises only what another attempt may mend (a lost database).
    """
    run = _start(run_id)
    if run.state != TrainingRun.State.RUNNING or run.started_at is None:
        return run
    limits = limits_of(run.kind)
    record = RunLog(run, run.started_at, seconds=limits.minutes * 60)
    work = Work(run=run, kind=get_kind(run.kind), record=record, context=_context(), limits=limits)
    try:
        _work(work)
    except RunStopped:
        log.info("run %s was stopped", run.pk)
    except Exception as error:
        code, reason = explain(error)
        if code == "other":
            log.exception("run %s failed", run.pk)
        _fail(work, code, reason)
    finally:
        clear_up(run, record.token)
    run.refresh_from_db()
    return run


def _start(run_id: UUID | str) -> TrainingRun:
    """Take the run: the start time is the token that every later write names."""
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    if run.state in CALLED:
        again = "Started again: the worker before this one stopped.\n" if run.state == TrainingRun.State.RUNNING else ""
        rows = TrainingRun.objects.filter(pk=run.pk, state=run.state, started_at=run.started_at)
        rows.update(state=TrainingRun.State.RUNNING, started_at=db_now(), progress=0.0, stage="", marks=[], log=run.log + again, error="")
        run.refresh_from_db()
    return run


def _context() -> RunContext:
    return run_context(bank_index())


def _work(work: Work) -> None:
    kind, record = work.kind, work.record
    serving = champion(kind.name)
    record.stage("snapshot", f"Collecting the labels of {kind.words.many}.")
    check_disk(work.limits)
    snapshot, lines = _freeze(work)
    base, base_hash = _base(kind)
    record.say(f"{len(lines)} labelled {kind.words.many}, snapshot {snapshot.content_hash[:12]}; {_base_words(len(base), base_hash)}.")

    record.stage("split", "Dividing by time and group.")
    parts = snapshot_divide(kind, snapshot, lines, base, seen=seen_by(serving), seed=work.run.seed)
    parts = split_with_past(kind, parts)
    doubts_examine(kind, snapshot, lines, record.say, seed=work.run.seed)
    record.say(f"{len(parts.train)} to train, {len(parts.tune)} to calibrate, {len(parts.test)} to test.")
    _examine(work, _trained(work, parts), parts, serving, snapshot)


def _freeze(work: Work) -> tuple[Snapshot, list[Line]]:
    """What an execution before this one froze is taken up again: a run that is resumed learns from the labels of its beginning."""
    if work.run.snapshot is not None:
        try:
            lines = snapshot_lines(work.run.snapshot)
        except (ValueError, OSError):
            work.record.say("The labels that were frozen cannot be read; they are collected again.")
        else:
            work.record.reused("The labels were frozen before the worker stopped.")
            return work.run.snapshot, lines
    snapshot, lines = snapshot_freeze(work.kind)
    work.record.keep(snapshot=snapshot)
    return snapshot, lines


def _base(kind: Kind) -> tuple[list[Example], str]:
    try:
        return base_examples(kind)
    except (DatasetError, UnicodeDecodeError) as error:
        raise DamagedBase(f"The base data of {kind.words.many} cannot be read: {error}") from error


def _trained(work: Work, parts: Split) -> Bundle:
    """Trained now, or before the worker was stopped."""
    run, record = work.run, work.record
    bundle = trained_bundle(run, parts)
    if bundle is not None:
        record.stage("train", f"Trained with “{run.trainer}”, seed {run.seed}.")
        record.reused("The model was trained before the worker stopped.")
        return bundle
    options = TrainOptions(
        seed=run.seed, version=_free_version(run.kind), cache_dir=Path(settings.HOME) / "cache", progress=record.progress,
        context=work.context, parameters=_searched(work, parts),
    )  # fmt: skip
    check_disk(work.limits)
    record.stage("train", f"Training with “{run.trainer}”, seed {run.seed}.")
    bundle = train_kind(work.kind, parts, workshop(run) / record.token, run.trainer or None, options)
    record.keep(trained=trained_record(run, bundle, parts))
    return bundle


def _searched(work: Work, parts: Split) -> dict[str, Json]:
    """Parameters for the trainer: found by search when the run asks for one, on the part to train on alone."""
    run, record = work.run, work.record
    if not run.search:
        return {}
    record.stage("search", f"Searching settings for {run.search['minutes']} minutes at most, on the part to train on.")
    if "chosen" in run.search:
        record.reused("The settings were found before the worker stopped.")
        return dict(run.search["chosen"])
    options = TrainOptions(seed=run.seed, cache_dir=Path(settings.HOME) / "cache", progress=record.listen, context=work.context)
    found = search_settings(
        work.kind, run.trainer, parts.train, options, seconds=60.0 * run.search["minutes"], told=record.progress
    )  # fmt: skip
    record.say(found.sentence)
    asked = {"minutes": run.search["minutes"], "chosen": dict(found.parameters), "sentence": found.sentence, "complete": found.complete}
    record.keep(trials=[asdict(trial) for trial in found.trials], search=asked)
    return dict(found.parameters)


def _base_words(count: int, digest: str) -> str:
    return f"{count} lines of base data ({digest[:12]})" if count else "no base data"


def _examine(work: Work, bundle: Bundle, parts: Split, serving: ModelVersion | None, snapshot: Snapshot) -> None:
    kind, record = work.kind, work.record
    record.stage("calibrate", "Checking that the chances are honest.")
    tune = evaluate_scores(score_examples(bundle, parts.tune, work.context, kind=kind), parts.tune)

    record.stage("evaluate", f"Scoring {len(parts.test)} {kind.words.many} that nobody trained on.")
    context = replace(work.context, encoded={})
    challenger = _scores(work, bundle, parts, context)
    metrics = {**evaluate_scores(challenger, parts.test), "tune": tune["risk"]}
    before: Model | None = None
    if serving is not None:
        old = version_read(serving)
        before = Model(bundle=old, scores=_scores(work, old, parts, context))

    record.stage("compare", f"Comparing with {serving.version}." if serving else "No model serves yet; nothing to compare with.")
    judgement = judge(
        kind, parts, challenger=Model(bundle=bundle, scores=challenger), champion=before, seed=work.run.seed, context=context,
        tell=lambda title: record.say(f"Gate: {title}?"),
    )  # fmt: skip
    judgement = judged_with_doubts(judgement, snapshot)
    record.stage("register", "Writing the model card.")
    check_disk(work.limits)
    _register(work, bundle, parts, metrics, judgement, serving, snapshot)


def _scores(work: Work, bundle: Bundle, parts: Split, context: RunContext) -> list[Score]:
    """Of the test part, in chunks, so that a cancellation is heard."""
    scores: list[Score] = []
    for start in range(0, len(parts.test), 256):
        scores += score_examples(bundle, parts.test[start : start + 256], context, kind=work.kind)
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
        settle(bundle.path, home_path(version.path))
        data = {"run": str(work.run.pk), "state": state, "checksum": bundle.checksum, "snapshot": snapshot.content_hash}
        audit_append(actor="system", verb="model.registered", subject=f"model:{version}"[:100], data=data)
        run_went_well(work.run)


def _free_version(kind: str) -> str:
    """The date and a number: "20261121-2"."""
    day = f"{db_now():%Y%m%d}"
    taken = set(ModelVersion.objects.filter(kind=kind, version__startswith=day).values_list("version", flat=True))
    return next(name for name in (f"{day}-{i}" for i in range(1, len(taken) + 2)) if name not in taken)


def _fail(work: Work, code: str, reason: str) -> None:
    """One sentence for people in `error`; the log keeps how far it came."""
    try:
        work.record.last_word(reason)
    except RunStopped:
        return
    run_fail(work.record.rows, work.run, code=code, reason=reason, stage=work.record.stage_name)
