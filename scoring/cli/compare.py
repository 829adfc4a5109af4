"""`compare`: the gates for people on stderr, the whole report as JSON on stdout; exit code 1 when the challenger is refused."""

from __future__ import annotations

import argparse

from scoring.artifacts import Bundle, read_bundle
from scoring.cli.lines import context_of, kind_of, read_history, read_labelled, say, write_line
from scoring.gates.gate import Side, Trial
from scoring.gates.report import Report, examine
from scoring.history import examples_with_past
from scoring.kind import Kind
from scoring.starters import starter_bundle
from scoring.training.dataset import snapshot_hash
from scoring.training.fit import score_examples
from scoring.types import Example, RunContext, as_json

SAID = {"passed": "passed", "refused": "REFUSED", "reported": "told", "not_measured": "not measured"}


def run_compare(args: argparse.Namespace) -> int:
    kind, context = kind_of(args), context_of(args)
    challenger = read_bundle(args.challenger, kind=kind.name)
    champion = starter_bundle(kind.name) if args.champion is None else read_bundle(args.champion, kind=kind.name)
    examples = examples_with_past(kind, read_labelled(args.data, kind), read_history(args, kind))
    report = examine(
        Trial(
            kind=kind, examples=examples, challenger=side_of(kind, challenger, examples, context),
            champion=side_of(kind, champion, examples, context), context=context, seed=args.seed,
        )
    )  # fmt: skip
    tell(report)
    write_line(
        {"champion": champion.model, "challenger": challenger.model, "data": snapshot_hash(examples), **as_json(report)}
    )
    return 0 if report.passed else 1


def side_of(kind: Kind, bundle: Bundle, examples: list[Example], context: RunContext) -> Side:
    say(f"Scoring {len(examples)} {kind.words.many} with {bundle.model}.")
    return Side(scores=score_examples(bundle, examples, context, kind=kind), bundle=bundle, scorer=kind.load_scorer(bundle))


def tell(report: Report) -> None:
    say(report.headline)
    for gate in report.gates:
        say(f"{SAID[gate.result]:>12}  {gate.title}. {gate.sentence} ({gate.seconds:.1f} s)")
    say(f"{report.seconds:.1f} s in all")
