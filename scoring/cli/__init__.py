"""The commands of `python -m scoring`. Each is imported only when it runs, so that --help answers at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

COMMANDS = {
    "score": "scoring.cli.scores:run_score",
    "explain": "scoring.cli.scores:run_explain",
    "train": "scoring.cli.models:run_train",
    "evaluate": "scoring.cli.models:run_evaluate",
    "compare": "scoring.cli.compare:run_compare",
    "replay": "scoring.cli.models:run_replay",
    "hash": "scoring.cli.hashes:run_hash",
    "match": "scoring.cli.hashes:run_match",
}


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Score, train, evaluate and explain, without a server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in (("score", "JSON lines of items in, one score line each out"), ("explain", "as score, with fuller evidence")):
        command = commands.add_parser(name, help=words, description=words)
        _add_common(command)
        command.add_argument("--model", type=Path, metavar="DIR", help="model folder; without it the starter model")
        command.add_argument("--batch", type=_positive, default=64, help="items scored at once (default 64)")
    train = commands.add_parser("train", help="train a model on labelled lines")
    _add_common(train)
    train.add_argument("--data", type=Path, required=True, metavar="FILE", help="labelled JSON lines")
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write the model")
    train.add_argument("--trainer", help="default: the first of the kind")
    train.add_argument("--version", default="", help="name of the new version; default: from the data")
    train.add_argument("--holdout", type=_share, default=0.0, help="share kept aside and evaluated at the end (default 0)")
    train.add_argument("--cache", type=Path, metavar="DIR", help="where to keep text vectors between runs")
    evaluate = commands.add_parser("evaluate", help="metrics of a model on labelled lines, as JSON")
    _add_common(evaluate)
    evaluate.add_argument("--data", type=Path, required=True, metavar="FILE")
    evaluate.add_argument("--model", type=Path, metavar="DIR", help="without it the starter model")
    compare = commands.add_parser("compare", help="whether a model may take another one's place: every gate, as JSON")
    _add_common(compare)
    compare.add_argument("--data", type=Path, required=True, metavar="FILE", help="labelled JSON lines that neither has learnt from")
    compare.add_argument("--champion", type=Path, metavar="DIR", help="the model that serves; without it the starter model")
    compare.add_argument("--challenger", type=Path, required=True, metavar="DIR")
    replay = commands.add_parser("replay", help="the loop as if live, with the labels as reviewers; a learning curve as JSON lines")
    _add_common(replay)
    replay.add_argument("--data", type=Path, required=True, metavar="FILE")
    replay.add_argument("--budget", type=_share, default=0.1, help="share of items that reviewers can look at (default 0.1)")
    replay.add_argument("--rounds", type=_positive, default=10, help="retrainings over the file (default 10)")
    replay.add_argument("--delay-days", type=float, default=0.0, help="days until a label is known, for kinds with times")
    replay.add_argument("--trainer", help="default: the first of the kind")
    replay.add_argument(
        "--start", choices=["nothing", "starter"], default="nothing", help="what serves before the first training (default nothing)"
    )
    replay.add_argument("--risk", type=_part, default=0.01, help="error that automation may have, on each side (default 0.01)")
    replay.add_argument("--confidence", type=_part, default=0.95, help="with which it is proven (default 0.95)")
    replay.add_argument("--alone", action="store_true", help="leave out what it is compared with: labels by chance, and every label")
    replay.add_argument("--out", type=Path, metavar="FILE", help="the whole result as one JSON file")
    replay.add_argument("--model", type=Path, metavar="DIR", help="with --queue: scores the lines; without it the starter model")
    replay.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves as SVG")
    _add_queue(replay)
    hashes = commands.add_parser("hash", help="sha256, PDQ and vPDQ of images and videos")
    hashes.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    match = commands.add_parser("match", help="compare images and videos with a bank of hashes")
    match.add_argument("--bank", type=Path, required=True, metavar="FILE", help="JSON lines of hashes")
    match.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    return parser


def _add_queue(replay: argparse.ArgumentParser) -> None:
    queue = replay.add_argument_group("orders of work", "compare first come first served, risk, value (ours) and an oracle in harm-minutes")
    queue.add_argument("--queue", action="store_true", help="replay a queue instead of the retraining loop")
    queue.add_argument("--people", type=_positive, default=4)
    queue.add_argument("--utilisation", type=_share, default=0.85, help="how busy they are on average (default 0.85)")
    queue.add_argument("--days", type=_amount, default=5.0)
    queue.add_argument("--swing", type=_share, default=0.4, help="noon brings so much more than the average, midnight less (default 0.4)")
    queue.add_argument("--handling", type=_amount, default=30.0, help="median seconds of one decision (default 30)")
    queue.add_argument("--repeats", type=_positive, default=10, help="streams drawn (default 10)")


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--kind", required=True, help="review, video, chat, order or contact")
    command.add_argument("--history", type=Path, metavar="FILE", help="earlier items, for kinds that look at the past")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--media", type=Path, metavar="DIR", help="folder below which media ids are files")
    command.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="option of a detector, may be repeated")


def _positive(text: str) -> int:
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _amount(text: str) -> float:
    if not 0.0 < (value := float(text)) < 1e6:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _share(text: str) -> float:
    if not 0.0 <= (value := float(text)) < 1.0:
        raise argparse.ArgumentTypeError("must be a share of 1, below 1")
    return value


def _part(text: str) -> float:
    if not 0.0 < (value := float(text)) < 1.0:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all well, 1 some lines were bad, 2 the command could not run."""
    args = build_parser().parse_args(argv)
    module, _, name = COMMANDS[args.command].partition(":")
    from scoring.cli.errors import describe  # noqa: PLC0415 - --help must not wait for it

    try:
        code: int = getattr(import_module(module), name)(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone: nothing to say, nobody to say it to
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    except Exception as error:
        sentence = describe(error)
        if sentence is None:
            raise
        sys.stderr.write(f"python -m scoring {args.command}: {sentence}\n")
        return 2
