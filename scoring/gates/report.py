"""The whole examination: every gate in order, what follows from them, and the sentence above it all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from scoring.gates import overall
from scoring.gates.calibrated import ABOUT as CALIBRATION
from scoring.gates.calibrated import calibration
from scoring.gates.faithful import ABOUT as EXPLANATIONS
from scoring.gates.faithful import explanations
from scoring.gates.functions import FUNCTIONS, PAIRS, directions, functions
from scoring.gates.gate import About, Examiner, Gate, Trial
from scoring.gates.hiding import EVASION, INJECTION, evasion, injection
from scoring.gates.latency import ABOUT as LATENCY
from scoring.gates.latency import latency
from scoring.gates.slices import ABOUT as SLICES
from scoring.gates.slices import slices

log = logging.getLogger(__name__)

FIRST: tuple[About, Examiner] = (overall.ENOUGH, overall.enough)  # without it the others say nothing
GATES: Sequence[tuple[About, Examiner]] = (
    (overall.LEAKS, overall.leaks), (overall.COMPLETE, overall.complete), (overall.GAIN, overall.gain), (overall.WHOLE, overall.whole),
    (SLICES, slices), (FUNCTIONS, functions), (PAIRS, directions), (EVASION, evasion), (INJECTION, injection),
    (CALIBRATION, calibration), (EXPLANATIONS, explanations), (LATENCY, latency),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    passed: bool
    headline: str
    gates: Sequence[Gate]
    seconds: float

    @property
    def reasons(self) -> list[str]:
        """What stops it, else what it is better at."""
        refused = [gate.sentence for gate in self.gates if gate.result == "refused"]
        return refused or [gate.sentence for gate in self.gates if gate.name == overall.GAIN.name]


def examine(trial: Trial, tell: Callable[[str], None] = lambda sentence: None) -> Report:
    """`tell` hears the title of each gate before it is asked; it may raise to stop."""
    began = perf_counter()
    first = _ask(*FIRST, trial)
    if first.result == "refused":
        rest = [about.not_measured("The test is too small to tell.") for about, _ in GATES]
    else:
        rest = []
        for about, gate in GATES:
            tell(about.title)
            rest.append(_ask(about, gate, trial))
    gates = [first, *rest]
    passed = not any(gate.result == "refused" for gate in gates)
    return Report(passed=passed, headline=headline(trial, gates), gates=gates, seconds=round(perf_counter() - began, 1))


def _ask(about: About, examiner: Examiner, trial: Trial) -> Gate:
    """A gate that breaks refuses: what could not be looked at has not been passed."""
    began = perf_counter()
    try:
        gate = examiner(trial)
    except Exception as error:
        log.exception("gate %s broke", about.name)
        gate = about.gate("refused", f"It could not be measured: {type(error).__name__}: {str(error)[:200]}.")
    return replace(gate, seconds=round(perf_counter() - began, 2))


def headline(trial: Trial, gates: Sequence[Gate]) -> str:
    """ "Better at finding harm: 4 more in 100. Worse nowhere that we can measure." """
    refused = [gate.failed for gate in gates if gate.result == "refused" and gate.name != overall.GAIN.name]
    if gates[0].result == "refused":
        return "The test is too small to tell."
    if trial.champion is None:
        first = "Good enough to be the first." if not any(g.result == "refused" for g in gates) else "Not good enough to be the first."
        return first if not refused else f"{first} {_stopped(refused)}"
    better = _better(trial)
    if refused:
        return f"{better} {_stopped(refused)}"
    return f"{better} Worse nowhere that we can measure."


def _stopped(refused: Sequence[str]) -> str:
    said = refused[0] if len(refused) == 1 else f"{', '.join(refused[:-1])} and {refused[-1]}"
    return f"But {said}."


def _better(trial: Trial) -> str:
    c = trial.comparison
    assert c is not None
    found, precision = c.metrics["recall_at_1pct_fpr"], c.metrics["ap"]
    if found.better and found.difference is not None:
        return f"Better at finding harm: {max(1, round(100 * found.difference))} more in 100."
    if precision.better or c.metrics["auroc"].better:
        return "Better at telling harm from the rest."
    if c.metrics["brier"].better or c.metrics["log_loss"].better:
        return "Its chances are nearer to the truth."
    named = [name.replace("_", " ") for name, row in c.labels.items() if row.better]
    return f"Better at naming {', '.join(named)}." if named else "Not better, as far as this test can tell."
