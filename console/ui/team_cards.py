"""The figures at the head of the team page, each with what it means and how it moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.insights.team import Trend, corrected, decided_in_time, harm_minutes
from console.ui.team_charts import spark

GOAL = 0.995  # of closed cases, inside their limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    title: str
    figure: str
    unit: str = ""
    sentence: str
    tone: str = "soft"
    spark: str = ""
    meaning: str


def team_cards(queue_ids: Sequence[int], *, days: int) -> list[Card]:
    return [
        _harm(harm_minutes(queue_ids, days=days)), _in_time(decided_in_time(queue_ids, days=days)),
        _corrected(corrected(queue_ids, days=days)),
    ]  # fmt: skip


def _harm(trend: Trend) -> Card:
    title = "Harm before removal"
    meaning = "Minutes from arrival to removal, times how bad (1, 2, 4, 8) and the people reached in an hour."
    if trend.now is None:
        return Card(title=title, figure="None", sentence="Nothing harmful was removed", meaning=meaning)
    sentence, tone = "Nothing to compare with", "soft"
    if trend.before is not None:
        more = round(trend.now - trend.before)
        sentence = f"{abs(more):,} {'more' if more > 0 else 'fewer'} than the time before" if more else "Same as the time before"
        tone = "warn" if more > 0 else "good" if more else "soft"
    figure = f"{trend.now:,.0f}"
    return Card(title=title, figure=figure, unit="minutes", sentence=sentence, tone=tone, spark=spark(trend), meaning=meaning)


def _in_time(trend: Trend) -> Card:
    title, meaning = "Decided in time", "Cases that were closed inside the limit of their severity."
    if trend.now is None:
        return Card(title=title, figure="None", sentence="No case was closed", meaning=meaning)
    gap, goal = GOAL - trend.now, f"{100 * GOAL:.1f}"
    sentence = f"{100 * gap:.1f} below the goal of {goal}" if gap > 0 else f"Meets the goal of {goal}"
    return Card(
        title=title, figure=f"{100 * trend.now:.1f}", unit="of 100", sentence=sentence, tone="warn" if gap > 0 else "good",
        spark=spark(trend), meaning=meaning,
    )  # fmt: skip


def _corrected(trend: Trend) -> Card:
    title, meaning = "Changed later", "Verdicts whose outcome a later verdict changed."
    if trend.now is None or trend.low is None or trend.high is None:
        return Card(title=title, figure="None", sentence="No verdict was given", meaning=meaning)
    sentence = f"Range {100 * trend.low:.1f} to {100 * trend.high:.1f}, of {trend.of:,} {'verdict' if trend.of == 1 else 'verdicts'}"
    return Card(title=title, figure=f"{100 * trend.now:.1f}", unit="in 100", sentence=sentence, spark=spark(trend), meaning=meaning)
