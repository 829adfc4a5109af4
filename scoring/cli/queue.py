"""`replay --queue`: what order of work spares how much harm, on labelled lines scored as if they arrived."""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from statistics import fmean

from scoring.cli.errors import CommandError
from scoring.cli.lines import bundle_of, context_of, kind_of, read_history, read_labelled, say, write_line
from scoring.decide import decide
from scoring.history import examples_with_past
from scoring.kind import Kind
from scoring.policy import PolicyDocument, read_policy
from scoring.queue_plot import plot_harm
from scoring.queue_replay import BY_RISK, FIRST_COME, ORACLE, Candidate, Plan, Served, arrivals, by_value, serve
from scoring.training.fit import score_examples
from scoring.training.labels import breaks_policy
from scoring.types import Example, Json, Score

LEAST = 20  # items that would go to a person; fewer are no stream


def run_queue(args: argparse.Namespace) -> int:
    kind = kind_of(args)
    plan = Plan(people=args.people, utilisation=args.utilisation, days=args.days, swing=args.swing, handling=args.handling)
    candidates = _candidates(kind, args)
    orders = {"first come": FIRST_COME, "risk": BY_RISK, "value": by_value(plan), "oracle": ORACLE}
    results: dict[str, list[Served]] = {name: [] for name in orders}
    for number in range(args.repeats):
        say(f"stream {number + 1} of {args.repeats}")
        stream = arrivals(candidates, plan, random.Random(args.seed + number))
        for name, order in orders.items():
            results[name].append(serve(stream, order, plan))
    for name, served in results.items():
        write_line({"order": name, **_summary(served, results["first come"])})
    if args.plot:
        title = f"Harm-minutes of {kind.words.many}, {plan.people} people busy {plan.utilisation:.0%}"
        args.plot.write_text(plot_harm(_mean_hours(results), title), "utf-8")
        say(f"drawn to {args.plot}")
    return 0


def _candidates(kind: Kind, args: argparse.Namespace) -> list[Candidate]:
    """Of the labelled lines, those that the policy which ships with the kind would send to a person."""
    examples = examples_with_past(kind, read_labelled(args.data, kind), read_history(args, kind))
    say(f"scoring {len(examples)} {kind.words.many}")
    scores = score_examples(bundle_of(args, kind), examples, context_of(args))
    policy = read_policy(kind.policy)
    found = [c for e, s in zip(examples, scores, strict=True) if (c := _candidate(e, s, policy)) is not None]
    if len(found) < LEAST:
        raise CommandError(f"{args.data}: only {len(found)} of {len(examples)} lines would go to a person; {LEAST} is the least")
    say(f"{len(found)} of them would go to a person, {sum(c.violates for c in found)} of these break a rule")
    return found


def _candidate(example: Example, score: Score, policy: PolicyDocument) -> Candidate | None:
    decided = decide(example.item, score, policy)
    if decided.outcome != "review":
        return None
    return Candidate(chance=0.5 if score.risk is None else score.risk, severity=decided.severity, violates=bool(breaks_policy(example)))


def _summary(served: Sequence[Served], first_come: Sequence[Served]) -> dict[str, Json]:
    """Means over the streams; the reduction is taken stream by stream, with the least and the most."""
    cases = sum(s.served for s in served)
    spared = [1 - s.harm_minutes / f.harm_minutes for s, f in zip(served, first_come, strict=True) if f.harm_minutes]
    return {
        "streams": len(served), "cases": cases, "harm_minutes": round(fmean(s.harm_minutes for s in served), 1),
        "less_than_first_come": round(fmean(spared), 4) if spared else None,
        "range": [round(min(spared), 4), round(max(spared), 4)] if spared else None,
        "breaches": round(sum(s.breaches for s in served) / cases, 5) if cases else None,
        "severe_breaches": sum(s.severe_breaches for s in served), "longest_wait_minutes": round(max(s.longest_wait for s in served), 1),
    }  # fmt: skip


def _mean_hours(results: Mapping[str, Sequence[Served]]) -> dict[str, list[float]]:
    return {name: [fmean(values) for values in zip(*(s.by_hour for s in served), strict=True)] for name, served in results.items()}
