"""Does the challenger answer as fast? Both models are asked one item at a time, in turn, in this process: what else the machine does
slows both alike."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from scoring.gates.gate import About, Gate, Row, Side, Table, Trial, several
from scoring.training.metrics import Array
from scoring.types import Item

MOST, SECONDS = 60, 8.0
LIMIT = 1.5
FAST_MS = 2.0  # below this nobody waits, whatever the ratio
DRAWS = 400

ABOUT = About(
    name="latency", title="Answers as fast as before", failed="it answers more slowly",
    measures="Milliseconds an item, asked one by one, both models in turn in one process.",
    limit=f"The median of the new one is at most {LIMIT} times that of the serving one, or below {FAST_MS:.0f} ms.",
)  # fmt: skip


def latency(trial: Trial) -> Gate:
    if trial.challenger.scorer is None:
        return ABOUT.not_measured("Only scores were given, not the model.")
    champion = trial.champion if trial.champion and trial.champion.scorer else None
    step = max(1, len(trial.examples) // MOST)
    items = [e.item for e in trial.examples[::step]][:MOST]
    new, old = _times(trial, champion, items)
    rows = [_row("New", new)]
    if old is None:
        return ABOUT.not_measured(f"No model serves yet; this one takes {np.median(new):.1f} ms an item.")
    rows.insert(0, _row("Serves", old))
    ratio, low, high = _ratio(new, old, trial.seed)
    tables = [Table(title="Milliseconds an item", columns=("median", "19 of 20 within"), rows=rows)]
    told = f"{np.median(new):.1f} ms an item, {ratio:.2f} times the serving model ({low:.2f} to {high:.2f}, {several(len(new), 'item')})."
    slow = low > LIMIT and float(np.median(new)) > FAST_MS
    data = {"ratio": round(ratio, 3), "low": round(low, 3), "high": round(high, 3)}
    return ABOUT.gate("refused" if slow else "passed", told, tables=tables, data=data)


def _times(trial: Trial, champion: Side | None, items: list[Item]) -> tuple[Array, Array | None]:
    sides = [trial.challenger] if champion is None else [trial.challenger, champion]
    for side in sides:
        trial.ask(side, items[:2], alone=True)  # loads what is loaded late
    kept: list[list[float]] = [[] for _ in sides]
    began = perf_counter()
    for number, item in enumerate(items):
        if perf_counter() - began > SECONDS and number >= 5:
            break
        for place in range(len(sides)) if number % 2 else reversed(range(len(sides))):
            started = perf_counter()
            trial.ask(sides[place], [item], alone=True)
            kept[place].append(1000 * (perf_counter() - started))
    return np.array(kept[0]), np.array(kept[1]) if champion is not None else None


def _row(name: str, times: Array) -> Row:
    return Row(name=name, cells=(f"{np.median(times):.1f}", f"{np.quantile(times, 0.95):.1f}"))


def _ratio(new: Array, old: Array, seed: int) -> tuple[float, float, float]:
    """Ratio of the medians, with its 95 % bootstrap range over items, drawn in pairs."""
    picks = np.random.default_rng(seed).integers(0, len(new), (DRAWS, len(new)))
    ratios = np.median(new[picks], axis=1) / np.median(old[picks], axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(np.median(new) / np.median(old)), float(low), float(high)
