"""A training run in words: its stages with their time, what its search tried, why it was asked for, what to do when it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from console.common.clock import db_now
from console.training.failures import ADVICE
from console.training.models import TrainingRun
from console.training.progress import STAGES
from console.training.runs import OPEN
from console.ui.words import took_words
from scoring.kind import Kind

STAGE_WORDS: Mapping[str, tuple[str, str]] = {
    "snapshot": ("Freeze the labels", "As they are when the run begins; what comes later waits for the next run."),
    "split": ("Divide by time and group", "To train, to calibrate, to test. No account, conversation or same text stands in two."),
    "search": ("Search settings", "On the part to train on alone, so that the test stays unseen."),
    "train": ("Train", "On the part to train on, with the seed of the run."),
    "calibrate": ("Check that chances are honest", "On the part to calibrate."),
    "evaluate": ("Score the test part", "Items that nobody trained on, by the new model and by the one that serves."),
    "compare": ("Compare", "The gates are judged here."),
    "register": ("Register", "The model card is written and the bundle sealed with its checksum."),
}
ASKED_BY: Mapping[str, str] = {
    "hand": "By hand", "api": "Over the API", "command": "From the shell", "retry": "Tried again", "schedule": "By its schedule",
    "time": "By its schedule", "labels": "New labels", "drift": "Drift", "band": "Automation was lost",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    title: str
    help: str
    state: str  # done, now, ahead, failed
    took: str
    share: str  # of the longest, as a length of 100
    reused: bool


def asked_words(run: TrainingRun) -> str:
    """Who or what asked for it: "Petra Pohl" or "New labels"."""
    if run.requested_by is not None:
        return run.requested_by.display_name
    return ASKED_BY.get(run.trigger, run.trigger)


def reason_words(run: TrainingRun) -> str:
    """ "because 512 new labels came since 20 November" """
    if run.reason:
        return run.reason
    return f"asked for by {run.requested_by.display_name}" if run.requested_by else ASKED_BY.get(run.trigger, run.trigger).lower()


def stages_of(run: TrainingRun) -> list[Stage]:
    """Every stage in order: what is done with the time it took, what goes on, what lies ahead."""
    begun = {mark["stage"]: (datetime.fromisoformat(mark["at"]), bool(mark.get("reused"))) for mark in run.marks}
    names = [name for name in STAGES if name != "search" or run.search or name in begun]
    order = [name for name in names if name in begun]
    ends = {name: begun[order[i + 1]][0] for i, name in enumerate(order[:-1])}
    last = run.finished_at or db_now()
    seconds = {name: max(0.0, (ends.get(name, last) - begun[name][0]).total_seconds()) for name in order}
    longest = max(seconds.values(), default=0.0) or 1.0
    return [
        Stage(
            name=name, title=STAGE_WORDS[name][0], help=STAGE_WORDS[name][1], state=_state(run, name, order),
            took=took_words(seconds.get(name)), reused=name in begun and begun[name][1],
            share=f"{100 * seconds.get(name, 0.0) / longest:.1f}",
        )
        for name in names
    ]  # fmt: skip


def _state(run: TrainingRun, name: str, order: list[str]) -> str:
    if name not in order:
        return "ahead"
    if name != order[-1] or run.state == TrainingRun.State.DONE:
        return "done"
    return "now" if run.state in OPEN else "failed"


def trials_of(run: TrainingRun) -> list[dict[str, Any]]:
    """One row for each of the settings tried: its score in each round, the winner first, then what came furthest."""
    rows: dict[int, dict[str, Any]] = {}
    rounds = sorted({trial["round"] for trial in run.trials})
    for trial in run.trials:
        row = rows.setdefault(trial["number"], {"number": trial["number"], "parameters": trial["parameters"], "by_round": {}, "error": ""})
        row["by_round"][trial["round"]] = trial
        row["error"] = trial["error"] or row["error"]
    chosen = run.search.get("chosen", {})
    for row in rows.values():
        row["said"] = parameters_words(row["parameters"]) or "The trainer’s own"
        row["won"] = row["parameters"] == chosen
        row["cells"] = [row["by_round"].get(number) for number in rounds]
        row["seconds"] = sum(trial["seconds"] for trial in row["by_round"].values())
    return sorted(rows.values(), key=lambda row: (not row["won"], -len(row["by_round"]), -(_last(row) or 0.0)))


def _last(row: dict[str, Any]) -> float | None:
    score: float | None = row["by_round"][max(row["by_round"])]["ap"]
    return score


def rounds_of(run: TrainingRun) -> list[dict[str, int]]:
    found = {trial["round"]: trial["items"] for trial in run.trials}
    return [{"round": number, "items": items} for number, items in sorted(found.items())]


def parameters_words(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in parameters.items())


def advice_of(run: TrainingRun, kind: Kind) -> dict[str, str] | None:
    """What to do about a run that failed."""
    advice = ADVICE.get(run.failure) if run.state == TrainingRun.State.FAILED else None
    if advice is None:
        return None
    places = {
        "labels": "/", "items": "/items/", "health": "/overview/", "help": reverse("ui:help_topic", args=["runs"]),
        "limits": reverse("models:limits", args=[kind.name]), "models": reverse("models:kind", args=[kind.name]),
    }  # fmt: skip
    title = "" if run.error.startswith(advice.title) else advice.title  # said once is enough
    return {"title": title, "do": advice.do, "href": places[advice.place], "link": advice.link}
