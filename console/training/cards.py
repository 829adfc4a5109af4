"""The model card of a trained version, as markdown: from what, how good, and what it is not for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.training.base_data import PREFIX
from console.training.judge import Judgement
from console.training.models import ModelVersion, Snapshot, TrainingRun
from scoring.artifacts import Bundle
from scoring.kind import Kind, Split
from scoring.training.labels import breaks_policy
from scoring.types import Example, Json

MEASURES = (
    ("auroc", "Ranks a breaking item above a keeping one"),
    ("ap", "Average precision"),
    ("recall_at_1pct_fpr", "Harm found at 1 in 100 false alarms"),
    ("brier", "Brier score (lower is better)"),
    ("ece", "Calibration error (lower is better)"),
    ("f1", "F1 at one half"),
)


def run_card(
    kind: Kind, run: TrainingRun, bundle: Bundle, parts: Split, metrics: Mapping[str, Json], judgement: Judgement,
    serving: ModelVersion | None, snapshot: Snapshot,
) -> str:  # fmt: skip
    risk = metrics.get("risk") or {}
    base = sum(e.item.id.startswith(PREFIX) for e in parts.train)
    lines = [
        f"# {bundle.model}",
        "",
        f"Scores {kind.words.many}. Trained here by the trainer `{bundle.trainer}` with seed {run.seed}.",
        "",
        "## What it learnt from",
        "",
        "| part | items | break policy |",
        "|---|---|---|",
        *(_part_line(name, part) for name, part in (("train", parts.train), ("calibrate", parts.tune), ("test", parts.test))),
        "",
        f"Snapshot `{snapshot.content_hash}`"
        + (f"; {base:,} of the items to train on are base data brought by this installation." if base else "."),
        "No account, conversation or near-identical text stands in two parts. Labels given with a model's opinion in sight, and "
        "known-answer items, are only trained on.",
        "",
        f"Labels: {', '.join(bundle.labels)}.",
        "",
        "## How good it is, on the test part",
        "",
        "| measure | value |",
        "|---|---|",
        *(f"| {title} | {_number(risk.get(name))} |" for name, title in MEASURES),
        "",
        f"Compared with {serving.version}." if serving else "Compared with nothing: no model served before it.",
        "",
        *(f"- {sentence}" for sentence in judgement.reasons),
        "",
        "## What it is not for",
        "",
        f"It knows the {kind.words.many} of this installation and its policy at the time. It may not decide alone where no threshold was "
        "certified, nor about languages and sources that are rare in its training data, and it says nothing about people.",
        "",
        f"Checksum `{bundle.checksum}`.",
    ]
    return "\n".join(lines) + "\n"


def _part_line(name: str, part: Sequence[Example]) -> str:
    return f"| {name} | {len(part):,} | {sum(breaks_policy(e) for e in part):,} |"


def _number(value: Json) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "not enough data"
