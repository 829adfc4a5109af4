"""manage.py replay FILE: a labelled file as if it came in live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from console.backtests.replay_run import start_of
from console.backtests.replays import LEAST_LINES, STARTS, USUAL, options_of, read_lines
from console.banks.selectors import bank_index
from console.common.errors import Invalid
from console.scores.serving import run_context
from scoring.artifacts import ArtifactError
from scoring.history import examples_with_past
from scoring.registry import KINDS
from scoring.replay_plot import plot_automation, plot_learning
from scoring.training.dataset import DatasetError, example_from_line
from scoring.training.replay_told import Line, summary, words_of


class Command(BaseCommand):
    help = (
        "Replay a labelled file (JSON lines, or CSV as import_labels reads it) as if it came in live: people look at --budget of it, "
        "models learn, what is proven is decided without a person. Nothing is written to the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", required=True, help="review, video, chat, order or contact")
        parser.add_argument("--start", choices=list(STARTS), default=USUAL["start"], help="what serves first (default: nothing)")
        for name, words in (
            ("budget", "share that people look at"), ("rounds", "trained again so often"), ("risk", "error that automation may have"),
            ("confidence", "of the proof"), ("delay-days", "days until a label is known"), ("seed", "of the draw"),
        ):  # fmt: skip
            parser.add_argument(f"--{name}", default="", help=f"{words} (default: {USUAL[name.replace('-', '_')]})")
        parser.add_argument("--trainer", help="default: the first of the kind")
        parser.add_argument("--json", action="store_true", help="the whole result as JSON")
        parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves as SVG; a second file -automation beside it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] not in KINDS:
            raise CommandError(f"there is no kind {options['kind']!r}; there are {', '.join(KINDS)}")
        try:
            chosen = options_of(options)
            lines = self._replay(options, chosen)
        except Invalid as error:
            raise CommandError("; ".join(f"--{name}: {' '.join(found)}" for name, found in error.fields.items())) from error
        except (DatasetError, ArtifactError, KeyError) as error:
            raise CommandError(str(error.args[0] if error.args else error)) from error
        if options["json"]:
            whole = {"kind": options["kind"], **chosen, "summary": summary(lines), "rounds": lines}
            self.stdout.write(json.dumps(whole, allow_nan=False))
        else:
            self.stdout.write("\n".join([*_table(lines), "", *words_of(summary(lines))]))
        if plot := options["plot"]:
            self._draw(plot, lines, KINDS[options["kind"]].words.many)

    def _replay(self, options: dict[str, Any], chosen: dict[str, Any]) -> list[Line]:
        from scoring.training.replay import Plan, replay_stream  # noqa: PLC0415 - heavy, and --help must not wait for it

        path, kind = options["file"], KINDS[options["kind"]]
        if (plot := options["plot"]) and not plot.parent.is_dir():
            raise CommandError(f"{plot.parent} is not a folder")
        try:
            with path.open(encoding="utf-8-sig", newline="") as handle:
                read = read_lines(handle, path, kind)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        for sentence in read.told:
            self.stderr.write(sentence)
        if len(read.good) < LEAST_LINES:
            raise CommandError(f"{path}: {len(read.good)} labelled lines can be used, {read.bad} cannot; {LEAST_LINES} is the least")
        plan = Plan(
            budget=chosen["budget"], rounds=chosen["rounds"], delay_days=chosen["delay_days"], seed=chosen["seed"], risk=chosen["risk"],
            confidence=chosen["confidence"], trainer=options["trainer"], start=start_of(kind.name, chosen["start"]),
            context=run_context(bank_index()),
        )  # fmt: skip
        examples = examples_with_past(kind, [example_from_line(kind, row) for row in read.good])
        return list(replay_stream(kind, examples, plan, lambda sentence: self.stderr.write(sentence)))

    def _draw(self, plot: Path, lines: list[Line], many: str) -> None:
        beside = plot.with_name(f"{plot.stem}-automation{plot.suffix}")
        plot.write_text(plot_learning(lines, f"Learning {many}: labels against average precision"), "utf-8")
        beside.write_text(plot_automation(lines, f"What the machine would have decided alone, of {many}"), "utf-8")
        self.stderr.write(f"drawn to {plot} and {beside}")


def _table(lines: list[Line]) -> list[str]:
    rows = ["round   arrived    labels        AP  by chance     alone     wrong"]
    for line in lines:
        precision = [(line.get("later") or {}).get("ap"), (line["random"].get("later") or {}).get("ap")]
        told = "".join("—".rjust(10) if value is None else f"{value:.3f}".rjust(10) for value in precision)
        rows.append(f"{line['round']:5}{line['arrived']:10,}{line['labels']:10,}{told}{line['automated']:10,}{line['wrong']:10,}")
    return rows
