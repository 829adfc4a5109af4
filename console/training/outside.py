"""What of a run and of a model may leave to one source. Both learn from all sources at once, and the sentences that tell how it went
quote items, accounts, paths and the names of other sources: the pages show them to the people of this installation.

A token of a source is told the code and what to do, the gates by name, and every figure that is not of another source.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from console.common.errors import Conflict
from console.training.failures import ADVICE
from console.training.models import ModelVersion, TrainingRun, Trial
from console.training.selectors import gates_failed
from scoring.types import Json

SOURCES = "Source"  # the title of the table that has a row for each (scoring.gates.slicing.by_source)
DAMAGED = "Its files are not what was registered."
REFUSALS = {"refused": "It was refused. Promoting it needs an override with a reason.", "damaged": DAMAGED}  # by code, of a Conflict
ENDS: dict[str, str] = {
    Trial.End.NONE: "", Trial.End.SERVES: "It decided everything and nothing was worse.", Trial.End.STOPPED: "Something was worse.",
    Trial.End.ENDED: "Ended by a person.", Trial.End.OVERTAKEN: "Something else serves since.",
}  # fmt: skip


def run_outside(run: TrainingRun, *, whole: bool) -> dict[str, Any]:
    """In place of the fields of the same names; `whole` with what was tried, too."""
    advice = ADVICE.get(run.failure)
    said = f"{advice.title}. {advice.do}" if advice else "It failed." if run.error else ""
    search = {name: value for name, value in run.search.items() if name != "sentence"}
    trials = [{**trial, "error": "It failed." if trial.get("error") else ""} for trial in run.trials] if whole else None
    return {"error": said, "log": None, "trials": trials, "search": search}


def model_outside(version: ModelVersion, source: str) -> dict[str, Any]:
    comparison = {name: value for name, value in (version.comparison or {}).items() if name != "parts_file"}
    report = comparison.get("report")
    if report:
        report = {**report, "gates": [_gate(gate, source) for gate in report.get("gates", [])]}
        comparison = {**comparison, "report": report}
    failed = [{**gate, "sentence": f"It does not hold: {gate['title']}."} for gate in gates_failed(version)]
    return {
        "comparison": comparison, "reasons": [gate["sentence"] for gate in failed], "failed_gates": failed, "card": None,
        "damage": DAMAGED if version.damage else "",
    }  # fmt: skip


def _gate(gate: dict[str, Json], source: str) -> dict[str, Json]:
    tables = [
        {**table, "rows": [row for row in table["rows"] if table["title"] != SOURCES or row["name"] == source]} for table in gate["tables"]
    ]
    return {**gate, "sentence": "", "tables": tables}


def trial_outside(trial: Trial) -> dict[str, Any]:
    return {"why": ENDS[trial.end]}


@contextmanager
def refusals_outside(*, bound: bool) -> Iterator[None]:
    try:
        yield
    except Conflict as refusal:
        if not bound or refusal.code not in REFUSALS:
            raise
        raise Conflict(REFUSALS[refusal.code], code=refusal.code) from refusal
