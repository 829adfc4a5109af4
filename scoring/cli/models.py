"""`train`, `evaluate` and `replay`: progress for people on stderr, JSON on stdout."""

from __future__ import annotations

import argparse
import json
import sys
import time

from scoring.artifacts import check_place
from scoring.cli.errors import CommandError
from scoring.cli.lines import bundle_of, context_of, kind_of, read_history, read_labelled, say, write_line
from scoring.history import examples_with_past
from scoring.kind import Kind, TrainOptions
from scoring.training.dataset import snapshot_hash, split
from scoring.training.fit import evaluate_scores, score_examples, split_with_past, train_kind
from scoring.types import Json

MIN_TRAIN = 6


def run_train(args: argparse.Namespace) -> int:
    kind, context = kind_of(args), context_of(args)
    _check_trainer(args, kind)
    check_place(args.out)  # before the hours of training, not after
    examples = read_labelled(args.data, kind)
    if len(examples) < MIN_TRAIN:
        raise CommandError(f"{args.data}: {len(examples)} labelled lines are too few to train on; {MIN_TRAIN} is the least")
    started = time.monotonic()
    earlier = read_history(args, kind)
    parts = split(examples, kind, seed=args.seed, test=args.holdout)
    say(f"{len(parts.train)} examples to train on, {len(parts.tune)} to tune, {len(parts.test)} kept aside")
    parts = split_with_past(kind, parts, earlier)
    options = TrainOptions(
        seed=args.seed, version=args.version or snapshot_hash(examples)[:12], cache_dir=args.cache,
        progress=lambda share, sentence: say(f"{share:4.0%}  {sentence}"), context=context,
    )  # fmt: skip
    bundle = train_kind(kind, parts, args.out, args.trainer, options)
    summary: dict[str, Json] = {
        "model": bundle.model, "out": str(args.out), "trainer": bundle.trainer, "labels": list(bundle.labels), "checksum": bundle.checksum,
        "data": snapshot_hash(examples), "train": len(parts.train), "tune": len(parts.tune), "test": len(parts.test), "seed": args.seed,
        "tune_metrics": evaluate_scores(score_examples(bundle, parts.tune, context), parts.tune),
    }  # fmt: skip
    if parts.test:
        summary["test_metrics"] = evaluate_scores(score_examples(bundle, parts.test, context), parts.test)
    write_line({**summary, "seconds": round(time.monotonic() - started, 1)})
    return 0


def run_evaluate(args: argparse.Namespace) -> int:
    kind, context = kind_of(args), context_of(args)
    bundle = bundle_of(args, kind)
    examples = examples_with_past(kind, read_labelled(args.data, kind), read_history(args, kind))
    scores = score_examples(bundle, examples, context)
    write_line({"model": bundle.model, "data": snapshot_hash(examples), **evaluate_scores(scores, examples, seed=args.seed)})
    return 0


def run_replay(args: argparse.Namespace) -> int:
    if args.queue:
        from scoring.cli.queue import run_queue  # noqa: PLC0415 - only this option needs it

        return run_queue(args)
    from scoring.training.replay import Plan, replay_stream  # noqa: PLC0415 - only this command needs it

    kind, context = kind_of(args), context_of(args)
    _check_trainer(args, kind)
    for place in (args.plot, args.out):
        if place is not None and not place.parent.is_dir():
            raise CommandError(f"{place.parent} is not a folder")
    examples = examples_with_past(kind, read_labelled(args.data, kind), read_history(args, kind))
    plan = Plan(
        budget=args.budget, rounds=args.rounds, delay_days=args.delay_days, trainer=args.trainer, seed=args.seed, context=context,
        start=bundle_of(args, kind) if args.start == "starter" else None, risk=args.risk, confidence=args.confidence,
        beside=not args.alone,
    )  # fmt: skip
    lines = []
    for line in replay_stream(kind, examples, plan, say):
        lines.append(line)
        write_line(line)
        sys.stdout.flush()
    _tell_replay(args, kind, lines)
    return 0


def _tell_replay(args: argparse.Namespace, kind: Kind, lines: list[dict[str, Json]]) -> None:
    """The headline on stderr; the whole and the pictures where they were asked for."""
    from scoring.replay_plot import plot_automation, plot_learning  # noqa: PLC0415 - only this command needs it
    from scoring.training.replay_told import summary, words_of  # noqa: PLC0415

    for sentence in words_of(summary(lines)):
        say(sentence)
    if args.out is not None:
        whole = {"kind": kind.name, "budget": args.budget, "seed": args.seed, "summary": summary(lines), "rounds": lines}
        args.out.write_text(json.dumps(whole, indent=1, allow_nan=False) + "\n", "utf-8")
    if args.plot is not None:
        args.plot.write_text(plot_learning(lines, f"Learning {kind.words.many}: labels against average precision"), "utf-8")
        beside = args.plot.with_name(f"{args.plot.stem}-automation{args.plot.suffix}")
        beside.write_text(plot_automation(lines, f"What the machine would have decided alone, of {kind.words.many}"), "utf-8")
        say(f"drawn to {args.plot} and {beside}")


def _check_trainer(args: argparse.Namespace, kind: Kind) -> None:
    if args.trainer is not None and args.trainer not in kind.trainers:
        raise CommandError(f"{kind.name} has no trainer {args.trainer!r}; it has {', '.join(kind.trainers)}")
