"""The parts of the insights page as they are drawn: words, rows and SVG numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.automation.models import Certificate
from console.insights.answers import Answers, sources_of
from console.insights.best import Best
from console.ui.alert_words import place_of, told
from console.ui.automation_bands import part_words
from console.ui.compared import compared_rows, label_rows
from console.ui.drift_charts import small_of
from console.ui.gate_view import WORDS
from console.ui.team_charts import interval_marks
from console.watch.models import SliceReading
from console.watch.slices import LEAST
from scoring.audits import Estimate
from scoring.kind import Kind

SOURCES = {
    "verdict": "Verdicts", "second": "Second looks", "adjudicated": "Disagreements that a lead settled", "audit": "Audits, drawn by chance",
    "appeal": "Appeals", "feedback": "What the world answered later", "import": "Imported", "gold": "Known answers, never trained on",
    "base": "Base data of the starter",
}  # fmt: skip
MEASURES = (
    ("false_allow", "Let through wrongly"), ("false_enforce", "Acted on wrongly"), ("overturn", "Changed later"),
    ("review", "A person was asked"),
)  # fmt: skip
FIRST = 6  # small pictures before the others are folded away


def parts_of(answers: Answers) -> dict[str, Any]:
    smalls = [small_of(watched) for watched in answers.drift.watched]
    return {
        "alerts": [told(alert) for alert in answers.alerts], "learned": _learned(answers),
        "dataset": place_of("ui:snapshot", answers.learned.content_hash) if answers.learned is not None else "", "newer": _newer(answers),
        "missed": _error(answers.errors("false_allow")), "acted": _error(answers.errors("false_enforce")),
        "audited": _audited(answers), "certificates": [_certificate(answers.kind, row) for row in answers.certificates],
        "groups": _groups(answers.groups), "measures": [title for _, title in MEASURES], "least": LEAST,
        "smalls": smalls[:FIRST], "others": smalls[FIRST:], "watched": smalls, "moved": [small for small in smalls if small.alarmed],
        "best": _best(answers.best), "automation": place_of("ui:automation_kind", answers.kind.name),
    }  # fmt: skip


def _learned(answers: Answers) -> list[tuple[str, int]]:
    return [(SOURCES.get(name, name.replace("_", " ").capitalize()), count) for name, count in sources_of(answers.learned).items()]


def _newer(answers: Answers) -> Mapping[str, Any] | None:
    """Of the last version that was compared: what got better and what got worse, in words; the rest is on its page."""
    if answers.newer is None:
        return None
    rows = [*compared_rows(answers.newer.comparison), *label_rows(answers.newer.comparison)]
    better, worse = ([row for row in rows if row.word == word] for word in ("Better", "Worse"))
    return {
        "version": answers.newer, "better": better, "worse": worse, "same": len(rows) - len(better) - len(worse),
        "groups": _worse_groups(answers.newer.comparison),
    }  # fmt: skip


def _worse_groups(comparison: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the gates found worse, then perhaps worse, by the heading of their tables; each with the sign that it has on its own page."""
    gates = (comparison.get("report") or {}).get("gates") or []
    rows = [(table["title"], row) for gate in gates for table in gate.get("tables") or [] for row in table["rows"]]
    found = []
    for wanted in ("worse", "maybe"):
        sign, tone, word = WORDS[wanted]
        found += [
            {"sign": sign, "tone": tone, "sentence": f"{title}, {row['name']}: {word.lower()}"}
            for title, row in rows if row.get("word") == wanted
        ]  # fmt: skip
    return found


def _error(row: SliceReading | None) -> Mapping[str, Any]:
    """A share of errors with its range: nothing is said of what is worth fewer than a handful."""
    low, high = row.interval if row is not None else (0.0, 1.0)
    return {
        "known": row is not None and row.worth >= LEAST, "in_hundred": _hundred(row.share if row is not None else None),
        "low": _hundred(low), "high": _hundred(high), "worth": int(row.worth) if row is not None else 0, "least": LEAST,
    }  # fmt: skip


def _audited(answers: Answers) -> list[str]:
    """What the audits of the last seven days say, in sentences; each had a known chance to be drawn."""
    week, words = answers.audited, answers.kind.words
    if week is None:
        return []
    found = (
        (week.wrongly_allowed, f"Of what the machine {words.allowed.lower()} alone, {{}} in 100 should not have been."),
        (week.wrongly_enforced, f"Of what it {words.enforced.lower()} alone, {{}} in 100 was in order."),
        (week.found, "Of all that breaks a rule, {} in 100 was found."),
    )
    return [sentence.format(_ranged(estimate)) for estimate, sentence in found if estimate is not None and estimate.audits]


def _ranged(estimate: Estimate) -> str:
    return f"{_hundred(estimate.value)} ({_hundred(estimate.low)} to {_hundred(estimate.high)})"


def _certificate(kind: Kind, row: Certificate) -> dict[str, Any]:
    words = kind.words.allow if row.side == "allow" else kind.words.enforce
    name = words if row.label == "risk" else f"{words}: {row.label.replace('_', ' ')}"
    name += f", {part_words(row.cut, row.name)}" if row.name else ""
    return {"name": name, "upper": _hundred(row.upper), "risk": _hundred(row.risk), "coverage": round(100 * row.coverage), "of": row.audits}


def _groups(rows: Sequence[SliceReading]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Cut by cut, largest group first: for each measure so many in 100 with the range, or that there is too little."""
    cuts: dict[str, dict[str, dict[str, SliceReading]]] = {}
    for row in rows:
        if row.cut:
            cuts.setdefault(row.cut, {}).setdefault(row.name, {})[row.measure] = row
    found = []
    for cut, groups in cuts.items():
        largest = sorted(groups.items(), key=lambda pair: (-_size(pair[1]), pair[0]))
        if len(largest) > 1:
            found.append((cut, [{"name": name, "cells": [_cell(title, by.get(key)) for key, title in MEASURES]} for name, by in largest]))
    return found


def _size(by: Mapping[str, SliceReading]) -> int:
    return by["review"].of if "review" in by else 0


def _cell(title: str, row: SliceReading | None) -> dict[str, Any]:
    if row is None or row.worth < LEAST:
        return {"title": title, "known": False, "has": int(row.worth) if row else 0, "least": LEAST}
    low, high = row.interval
    return {
        "title": title, "known": True, "in_hundred": _hundred(row.share), "low": _hundred(low), "high": _hundred(high),
        "of": row.of, "apart": row.apart, "alarmed": row.alarmed,
    }  # fmt: skip


def _hundred(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}" if share < 0.1 else f"{100 * share:.0f}"


def _best(best: Best) -> list[dict[str, Any]]:
    rows = []
    shares = (("People alone", "person", best.people), ("The machine alone", "machine", best.machine), ("Both together", "team", best.both))
    most = max([0.1, *(share.high for _, _, share in shares if share.of >= 20)])
    for title, tone, share in shares:
        marks = interval_marks(share.low, share.share, share.high, most=most, width=120.0) if share.share is not None else None
        rows.append({"title": title, "tone": tone, "share": share, "marks": marks, "wrong": _hundred(share.share)})
    return rows
