"""The model card of a trained version, as markdown: for what, from what, how good, where it is weak, what was not measured."""

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
    ("log_loss", "Log loss (lower is better)"),
    ("ece", "Calibration error (lower is better)"),
    ("f1", "F1 at one half"),
)
RESULTS = {"passed": "Passed", "refused": "**Refused**", "reported": "Below its mark, told only", "not_measured": "Not measured"}
WORDS = {
    "better": "better", "same": "same", "maybe": "perhaps worse", "worse": "**worse**", "few": "too few to tell", "met": "met",
    "missed": "missed", "": "",
}  # fmt: skip


def run_card(
    kind: Kind, run: TrainingRun, bundle: Bundle, parts: Split, metrics: Mapping[str, Json], judgement: Judgement,
    serving: ModelVersion | None, snapshot: Snapshot,
) -> str:  # fmt: skip
    return "\n".join(
        [
            f"# {bundle.model}", "", f"**{judgement.headline}**", "",
            *_purpose(kind, run, bundle), *_data(kind, bundle, parts, snapshot), *_quality(metrics, judgement, serving),
            *_gates(judgement), *_tables(judgement), *_limits(kind, judgement), *_lineage(run, bundle, serving, snapshot),
        ]
    ) + "\n"  # fmt: skip


def _purpose(kind: Kind, run: TrainingRun, bundle: Bundle) -> list[str]:
    return [
        "## What it is for", "",
        f"It gives each of the {kind.words.many} of this installation a chance that it breaks policy, for people to see and for policy to "
        f"act on. Labels: {', '.join(bundle.labels)}. Trained here by the trainer `{bundle.trainer}` with seed {run.seed}.", "",
        *_settings(run),
    ]  # fmt: skip


def _settings(run: TrainingRun) -> list[str]:
    """What the search found, in its own words and as the trainer was given it."""
    if "sentence" not in run.search:
        return []
    chosen = run.search["chosen"]
    given = f" Given to the trainer: {', '.join(f'`{name}` {value}' for name, value in chosen.items())}." if chosen else ""
    return [f"{run.search['sentence']}{given}", ""]


def _data(kind: Kind, bundle: Bundle, parts: Split, snapshot: Snapshot) -> list[str]:
    base = sum(e.item.id.startswith(PREFIX) for e in parts.train)
    sources = (snapshot.counts or {}).get("sources") or {}
    return [
        "## What it learnt from", "", "| part | items | break policy |", "|---|---|---|",
        *(_part_line(name, part) for name, part in (("train", parts.train), ("calibrate", parts.tune), ("test", parts.test))), "",
        f"Snapshot `{snapshot.content_hash}`"
        + (f"; {base:,} of the items to train on are base data brought by this installation." if base else "."),
        "No account, conversation or near-identical text stands in two parts. Labels given with a model's opinion in sight, and "
        "known-answer items, are only trained on.", "",
        *(["| labels from | items |", "|---|---|", *(_source_line(*pair) for pair in sources.items()), ""] if sources else []),
    ]  # fmt: skip


def _source_line(name: str, count: int) -> str:
    return f"| {name.replace('_', ' ')} | {count:,} |"


def _part_line(name: str, part: Sequence[Example]) -> str:
    return f"| {name} | {len(part):,} | {sum(breaks_policy(e) for e in part):,} |"


def _quality(metrics: Mapping[str, Json], judgement: Judgement, serving: ModelVersion | None) -> list[str]:
    risk, moved = metrics.get("risk") or {}, judgement.comparison.get("metrics") or {}
    title = serving.version if serving else "before"
    rows = [f"| {words} | {_number(risk.get(name))} | {_moved(moved.get(name))} |" for name, words in MEASURES]
    return [
        "## How good it is, on the test part", "", f"| measure | value | less that of {title}, with its 95 in 100 range |",
        "|---|---|---|", *rows, "",
        f"Compared with {serving.version}." if serving else "Compared with nothing: no model served before it.", "",
        *(f"- {sentence}" for sentence in judgement.reasons), "",
    ]  # fmt: skip


def _number(value: Json) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "not enough data"


def _moved(row: Mapping[str, Json] | None) -> str:
    if not row or row.get("difference") is None:
        return "not compared"
    return f"{row['difference']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"


def _gates(judgement: Judgement) -> list[str]:
    gates = judgement.comparison["report"]["gates"]
    return [
        "## Gates", "", "| gate | result | what was found | limit |", "|---|---|---|---|",
        *(f"| {g['title']} | {RESULTS[g['result']]} | {_cell(g['sentence'])} | {_cell(g['limit'])} |" for g in gates), "",
    ]  # fmt: skip


def _tables(judgement: Judgement) -> list[str]:
    """Slices and functions, as they were measured."""
    lines: list[str] = []
    for gate in judgement.comparison["report"]["gates"]:
        for table in gate["tables"]:
            compared = any(row["gap"] for row in table["rows"])
            head = ["", *table["columns"], *(["difference, range"] if compared else []), ""]
            lines += [f"### {table['title']}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
            for row in table["rows"]:
                cells = [row["name"], *row["cells"], *([_gap(row["gap"])] if compared else []), WORDS[row["word"]]]
                lines.append(f"| {' | '.join(map(_cell, cells))} |")
            lines += ["", *([f"{table['note']}", ""] if table["note"] else [])]
    return ["## Where it is better and worse", "", *lines] if lines else []


def _gap(gap: Sequence[float] | None) -> str:
    return "" if gap is None else f"{gap[1]:+.1f} ({gap[0]:+.1f} to {gap[2]:+.1f})"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def _limits(kind: Kind, judgement: Judgement) -> list[str]:
    unmeasured = [g for g in judgement.comparison["report"]["gates"] if g["result"] == "not_measured"]
    return [
        "## What it is not for", "",
        f"It knows the {kind.words.many} of this installation and its policy at the time. It may not decide alone where no threshold was "
        "certified, nor about languages and sources that are rare in its training data, and it says nothing about people.", "",
        *(["Not measured:", "", *(f"- {g['title']}: {g['sentence']}" for g in unmeasured), ""] if unmeasured else []),
    ]  # fmt: skip


def _lineage(run: TrainingRun, bundle: Bundle, serving: ModelVersion | None, snapshot: Snapshot) -> list[str]:
    return [
        "## Where it came from", "",
        f"- Snapshot `{snapshot.content_hash}`", f"- Training run `{run.pk}`, seed {run.seed}, trainer `{bundle.trainer}`",
        f"- Compared with {serving.version}, checksum `{serving.checksum}`" if serving else "- The first of its kind here",
        f"- Checksum `{bundle.checksum}`",
    ]  # fmt: skip
