"""What is posted to make a backtest, read into what may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.accounts.models import Source
from console.backtests.subjects import Asked, asked_model, asked_policy, asked_rule, asked_thresholds
from console.common.clock import db_now
from console.common.errors import Invalid

PERIODS = {"7": "The last 7 days", "30": "The last 30 days", "90": "The last 90 days", "365": "The last year", "": "All of it"}
SHARES = {"1": "Every item", "0.1": "1 in 10, drawn by chance", "0.01": "1 in 100, drawn by chance"}
WAYS = {"rule": "A rule", "policy": "A policy", "thresholds": "Thresholds", "model": "A model"}
BLANK = {
    "what": "rule", "kind": "", "when": "", "then": "review", "title": "", "number": "", "version": "", "label": "risk", "allow": "",
    "enforce": "", "period": "30", "share": "1", "source": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which part of history."""

    since: datetime | None
    share: float
    source: Source | None


def values_of(given: Mapping[str, str]) -> dict[str, str]:
    values = {name: str(given.get(name, usual))[:5000] for name, usual in BLANK.items()}
    values["what"] = values["what"] if values["what"] in WAYS else "rule"
    return values


def asked_from(values: Mapping[str, str]) -> Asked:
    """Raises Invalid with the field that is not right, NotFound for a policy version that is not there."""
    kind, what = values["kind"], values["what"]
    if what == "policy":
        return asked_policy(kind=kind, number=_whole(values["number"]))
    if what == "model":
        return asked_model(kind=kind, version=values["version"])
    if what == "thresholds":
        bars = {"allow": _chance(values["allow"], "allow"), "enforce": _chance(values["enforce"], "enforce")}
        return asked_thresholds(kind=kind, thresholds=[{"label": values["label"].strip() or "risk", **bars}])
    return asked_rule(kind=kind, when=values["when"], then=values["then"], title=values["title"])


def reach_from(values: Mapping[str, str]) -> Reach:
    if values["period"] not in PERIODS or values["share"] not in SHARES:
        raise Invalid({"period": ["Choose a period and a share from the lists."]})
    days = values["period"]
    source = Source.objects.filter(slug=values["source"]).first() if values["source"] else None
    if values["source"] and source is None:
        raise Invalid({"source": ["There is no such source."]})
    return Reach(since=db_now() - timedelta(days=int(days)) if days else None, share=float(values["share"]), source=source)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Invalid({"number": ["Choose a version of the policy."]})
    return int(text)


def _chance(text: str, field: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise Invalid({field: ["A chance lies between 0 and 1."]})
    return value
