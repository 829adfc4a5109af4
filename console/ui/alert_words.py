"""What an alert is called, what to do about it, and where. A code that is not here is shown by its own sentence alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from console.alerts.models import Alert
from scoring.registry import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """`place` is the name of a page; `by`: how it is told which kind ("path", "query" or nothing)."""

    title: str
    do: str
    place: str
    link: str
    by: str = "query"


_MOVED = "Automation of this kind waits for people until it is over. Look at what moved; then retrain on labels of these days."
GUIDES: Mapping[str, Guide] = {
    "score_drift": Guide(title="Scores have moved", do=_MOVED, place="ui:insights", link="See what moved"),
    "feature_drift": Guide(
        title="Items have changed", place="ui:insights", link="See what moved",
        do="A source may send something new, or may have stopped sending a field. See which figures moved, and ask the source.",
    ),
    "label_shift": Guide(
        title="People find another share in breach", place="ui:insights", link="See what moved",
        do="Something happens on the platform, or a clause is read in another way. Look at the agreement of the team, then retrain.",
    ),
    "language_mix": Guide(
        title="Languages have changed", place="ui:insights", link="See what moved",
        do="See that people who read these languages are in the queues, and that the model learns from labels in them.",
    ),
    "analyser_answers": Guide(
        title="The analyser answers otherwise", place="ui:insights", link="See what moved",
        do="The service behind it may have changed its model. Read some of its answers beside the items before you rely on it again.",
    ),
    "fairness_gap": Guide(
        title="One group fares worse", place="ui:insights", link="See the groups",
        do="Read some of its cases. Often the model has seen too few labels of it: ask for more, and compare the next model by group.",
    ),
    "band_lost": Guide(
        title="A band went back to people", do="Nothing is lost: people decide it until audits prove the band again.",
        place="ui:automation_kind", link="Open automation", by="path",
    ),
    "canary_stopped": Guide(
        title="A new model was stopped", do="The one before it serves everything again. Its comparison says where it failed.",
        place="models:kind", link="Open models", by="path",
    ),
    "promotion_override": Guide(
        title="A model was promoted against its gates", do="Read the reason that was given, and watch its errors closely.",
        place="models:kind", link="Open models", by="path",
    ),
    "model_damaged": Guide(
        title="A model’s files are damaged", do="Items go to people until a whole version serves. Roll back, or restore the files.",
        place="models:kind", link="Open models", by="path",
    ),
    "run_failed": Guide(
        title="A training run failed", do="The model that serves is not touched. The log says what stopped it.",
        place="models:runs", link="See the runs", by="path",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    alert: Alert
    title: str
    do: str
    href: str  # "" where there is no such page
    link: str


def told(alert: Alert) -> Told:
    guide = GUIDES.get(alert.code)
    if guide is None:
        return Told(alert=alert, title=alert.code.replace("_", " ").capitalize(), do="", href="", link="")
    return Told(alert=alert, title=guide.title, do=guide.do, href=_address(guide, alert.kind), link=guide.link)


def _address(guide: Guide, kind: str) -> str:
    known = kind in KINDS
    if guide.by == "path" and not known:
        return place_of("models:index")
    address = place_of(guide.place, *([kind] if guide.by == "path" else []))
    return f"{address}?kind={kind}" if address and known and guide.by == "query" else address


def place_of(name: str, *args: str) -> str:
    """The address of a page; "" in an installation that has none of that name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
