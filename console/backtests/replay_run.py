"""Run one replay. In the train lane, outside transactions; imports what is heavy. A killed one begins again: it leaves nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from console.audit.services import audit_append
from console.backtests.models import Replay, State
from console.backtests.replays import LEAST_LINES, Lines, read_lines, replay_file
from console.banks.selectors import bank_index
from console.common.clock import db_now
from console.scores.serving import run_context
from console.training.parts import Seen, seen_by
from console.training.selectors import champion, champion_bundle
from scoring.artifacts import ArtifactError, Bundle
from scoring.history import examples_with_past
from scoring.kind import Kind
from scoring.registry import get_kind
from scoring.starters import starter_bundle
from scoring.training.dataset import DatasetError, example_from_line
from scoring.training.replay import Plan, replay_stream
from scoring.training.replay_told import summary
from scoring.training.seen import read_seen
from scoring.types import Example

log = logging.getLogger(__name__)


class Gone(Exception):
    """Cancelled, or taken over by another worker."""


def replay_execute(replay_id: UUID | str) -> None:
    """Records its own failure; nothing is raised but what a worker must know (a lost database)."""
    started = db_now()
    rows = Replay.objects.filter(pk=replay_id, state__in=[State.WAITING, State.RUNNING])
    if not rows.update(state=State.RUNNING, started_at=started, progress=0.0, result={}, sentence="Reading the file"):
        return
    replay = Replay.objects.get(pk=replay_id)
    try:
        _run(replay, started)
    except Gone:
        return
    except (DatasetError, ArtifactError, OSError) as error:
        _fail(replay, started, str(error))
    except (ValueError, RuntimeError, MemoryError) as error:
        log.exception("a replay failed")
        _fail(replay, started, f"{type(error).__name__}: {error}")
    replay_file(replay).unlink(missing_ok=True)


def _run(replay: Replay, started: datetime) -> None:
    kind, options = get_kind(replay.kind), replay.options
    examples, read = _examples(replay, kind)
    plan = Plan(
        budget=options["budget"], rounds=options["rounds"], delay_days=options["delay_days"], seed=options["seed"], risk=options["risk"],
        confidence=options["confidence"], start=start_of(replay.kind, options["start"]), context=run_context(bank_index()),
    )  # fmt: skip
    lines: list[dict[str, Any]] = []

    def tell(sentence: str) -> None:
        _write(replay, started, sentence=(sentence[:1].upper() + sentence[1:])[:300])

    for line in replay_stream(kind, examples, plan, tell):
        lines.append(line)
        _write(replay, started, progress=len(lines) / plan.rounds, result={"rounds": lines})
    result = {
        "rounds": lines, "summary": summary(lines), "items": len(examples), "bad": read.bad, "bad_lines": read.told,
        "learnt": learnt_of(kind, options["start"], examples),
    }  # fmt: skip
    _write(replay, started, state=State.DONE, progress=1.0, result=result, sentence="", finished_at=Now())
    audit_append(actor="system", verb="replay.finished", subject=f"replay:{replay.pk}", data={"items": len(examples)})


def _examples(replay: Replay, kind: Kind) -> tuple[list[Example], Lines]:
    path = replay_file(replay)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = read_lines(handle, path, kind)
    if len(lines.good) < LEAST_LINES:
        raise DatasetError(f"{len(lines.good)} labelled lines can be used; {LEAST_LINES} is the least")
    return examples_with_past(kind, [example_from_line(kind, row) for row in lines.good]), lines


def start_of(kind: str, name: str) -> Bundle | None:
    if name == "champion":
        return champion_bundle(kind)
    return starter_bundle(kind) if name == "starter" else None


def learnt_of(kind: Kind, start: str, examples: Sequence[Example]) -> int | None:
    """How many of them what served first was made from: it knows them already, and does better on them than on new ones. None where it
    does not say what it was made from."""
    if start == "nothing":
        return 0
    seen = seen_by(champion(kind.name)) if start == "champion" else Seen(prints=read_seen(starter_bundle(kind.name)))
    return sum(seen.has(kind, example.item) for example in examples) if seen.ids or seen.prints else None


def _write(replay: Replay, started: datetime, **changes: Any) -> None:
    """Names the state and this execution: 0 rows changed means that it is not ours any more."""
    if not Replay.objects.filter(pk=replay.pk, state=State.RUNNING, started_at=started).update(**changes):
        raise Gone


def _fail(replay: Replay, started: datetime, reason: str) -> None:
    sentence = " ".join(reason.replace("\x00", "").split())[:499]
    sentence = sentence[:1].upper() + sentence[1:]
    rows = Replay.objects.filter(pk=replay.pk, state=State.RUNNING, started_at=started)
    if rows.update(state=State.FAILED, finished_at=Now(), error=sentence if sentence.endswith(".") else f"{sentence}."):
        audit_append(actor="system", verb="replay.failed", subject=f"replay:{replay.pk}", data={"error": sentence})
