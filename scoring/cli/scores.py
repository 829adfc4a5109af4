"""`score` and `explain`: one line out for each line in, in order, whatever the line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scoring.cli.lines import batches, bundle_of, context_of, kind_of, parse_line, read_history, write_line
from scoring.history import MemoryHistory
from scoring.kind import Kind
from scoring.types import Item, Json, RunContext, Score, as_json

Row = tuple[Item | None, Any, str | None]
Call = Callable[[Sequence[Item], RunContext], list[Score]]


def run_score(args: argparse.Namespace) -> int:
    return _run(args, "score")


def run_explain(args: argparse.Namespace) -> int:
    return _run(args, "explain")


def _run(args: argparse.Namespace, how: str) -> int:
    kind, context = kind_of(args), context_of(args)
    history = MemoryHistory(kind)
    for item in read_history(args, kind):
        history.add(item)
    scorer = kind.load_scorer(bundle_of(args, kind))
    call: Call = getattr(scorer, how)
    bad = 0
    for batch in batches(_rows(kind, history), args.batch):
        bad += _write(kind, batch, call, context)
        sys.stdout.flush()
    return 1 if bad else 0


def _rows(kind: Kind, history: MemoryHistory) -> Iterator[Row]:
    """Lines of stdin as items that carry the past given so far."""
    for raw in sys.stdin.buffer:
        item, name, error = parse_line(kind, raw)
        if item is not None:
            past = history.with_past(item)
            history.add(item)
            item = past
        yield item, name, error


def _write(kind: Kind, batch: list[Row], call: Call, context: RunContext) -> int:
    """Write one line a row; returns how many carry an error."""
    items = [item for item, _, _ in batch if item is not None]
    scores = iter(call(items, context) if items else ())
    bad = 0
    for item, name, error in batch:
        if item is None:
            write_line({"id": name, "kind": kind.name, "error": error})
            bad += 1
        else:
            line = score_line(item, next(scores))
            write_line(line)
            bad += line["error"] is not None
    return bad


def score_line(item: Item, score: Score) -> dict[str, Json]:
    """The documented shape, then what the kind adds. A line without a risk says why in `error`."""
    told = " ".join(score.errors.values()) or "nothing could be scored"
    line: dict[str, Json] = {
        "id": item.id, "kind": item.kind, "risk": score.risk, "labels": as_json(score.labels), "uncertainty": score.uncertainty,
        "evidence": as_json(score.evidence), "signals": as_json(score.signals), "model": score.model,
        "error": told if score.risk is None else None,
    }  # fmt: skip
    if score.errors:
        line["errors"] = as_json(score.errors)
    return {**line, **{name: value for name, value in as_json(score.extra).items() if name not in line}}
