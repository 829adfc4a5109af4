"""The audits as evidence. What proves a mark: drawn at random, decided blind, evenly, scored by the model that serves; nothing else.

A model scores an item as it comes: because it serves, or beside the one that serves, in shadow. Either way it had not learnt from
it, so audits that were answered during its shadow may certify a new model as soon as it serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from console.automation.marks import standard_since
from console.automation.models import Sample
from console.automation.parts import WHOLE, Part, places_of
from console.common.clock import db_now
from console.quality.models import Check, Reliability
from console.training.models import ShadowScore
from console.verdicts.models import Verdict
from scoring.audits import Auditors, evenly
from scoring.certify import Audited
from scoring.policy import PolicyDocument

WINDOW = timedelta(days=90)  # older traffic says little of today's
PATIENCE = timedelta(days=7)  # an audit that is open for longer counts as found wrong
TRAFFIC = 20_000  # newest scores that are looked at
AUDITS = 20_000  # newest of them that are read: what proves least takes fewer
KNOWN_FROM = 57  # answers to breaks, and to what keeps the rules, before auditors' errors are reckoned with
NOWHERE = 0.5  # lies in no band: what rules, known content or a gap in the score had decided
RISK = "risk"

# The smallest chance of each day: whoever was drawn with luck below it would have been drawn whatever the score.
_LEAST = "SELECT created_at::date, min(chance) FROM automation_sample WHERE kind = %s AND created_at > %s GROUP BY 1"
_TRAFFIC = """
SELECT CASE WHEN NOT scored.by_score THEN NULL WHEN %(label)s = 'risk' THEN scored.risk ELSE (scored.labels->>%(label)s)::float8 END FROM (
    SELECT m.created_at, m.by_score, m.risk, s.labels, d.item_id FROM (
        SELECT decision_id, created_at, by_score, risk FROM automation_sample
        WHERE kind = %(kind)s AND model = %(model)s AND created_at > %(since)s ORDER BY created_at DESC LIMIT %(most)s
    ) m JOIN scores_decision d ON d.id = m.decision_id LEFT JOIN scores_score s ON s.id = d.score_id
    UNION ALL
    SELECT m.created_at, m.by_score, h.risk, h.labels, d.item_id FROM training_shadowscore h
    JOIN training_trial t ON t.id = h.trial_id JOIN training_modelversion v ON v.id = t.version_id
    JOIN scores_decision d ON d.item_id = h.item_id JOIN automation_sample m ON m.decision_id = d.id
    WHERE v.kind = %(kind)s AND v.version = %(version)s AND m.model <> %(model)s AND m.created_at > %(since)s
) scored {where} ORDER BY scored.created_at DESC LIMIT %(most)s
"""
_PART = """JOIN intake_item i ON i.id = scored.item_id JOIN accounts_source o ON o.id = i.source_id
LEFT JOIN insights_searchrow r ON r.item_id = scored.item_id
CROSS JOIN LATERAL (SELECT CASE WHEN %(cut)s = 'source' THEN o.slug ELSE coalesce(r.language, '') END AS name) here
WHERE CASE WHEN %(name)s = '' THEN here.name <> ALL(%(without)s::text[]) ELSE here.name = %(name)s END"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A drawn decision and what was said of it."""

    sample: Sample
    outcome: str  # what counts: a lead's word where the audit differed and a lead decided too, blind; "" while open
    action: str
    clauses: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    audits: Sequence[Audited]
    items: Sequence[UUID]  # of them, in the same order
    traffic: Sequence[float]
    since: datetime
    until: datetime  # the draw of the first audit that is still open: those after it are not looked at, or quick answers would decide
    waiting: int  # drawn and still open
    late: int  # of them, those that count as wrong


def evidence_of(*, kind: str, model: str, label: str, document: PolicyDocument, part: Part = WHOLE) -> Evidence:
    """Of the items of `part` alone: what is asked of the others, and how long it takes, is nothing to it."""
    now = db_now()
    since = max(now - WINDOW, standard_since(kind, document) or now - WINDOW)
    drawn = answers(kind, since=since)
    shadow = _shadow(kind, model, [row.sample.decision.item_id for row in drawn if row.sample.model != model])
    rows = within(part, [row for row in drawn if row.sample.model == model or row.sample.decision.item_id in shadow])
    open_ = [row for row in rows if not row.outcome]
    young = [row.sample.created_at for row in open_ if row.sample.created_at > now - PATIENCE]
    until = min(young, default=now)
    least = _least(kind, since)
    even = [
        row for row in rows
        if row.sample.created_at < until and evenly(row.sample.luck, least.get(row.sample.created_at.date(), 0.0))
    ]  # fmt: skip
    audits = [Audited(_score(row.sample, label, shadow.get(row.sample.decision.item_id)), harmful(row, label, document)) for row in even]
    late = sum(1 for row in even if not row.outcome)
    return Evidence(
        audits=audits, items=[row.sample.decision.item_id for row in even], traffic=_traffic(kind, model, label, since, part),
        since=drawn[0].sample.created_at if len(drawn) == AUDITS else since, until=until, waiting=len(open_), late=late,
    )  # fmt: skip


_SAID = ("outcome", "action", "clauses")
_READ = (
    "kind", "model", "outcome", "by_score", "risk", "luck", "chance", "created_at", "own_case_id", "decision__item_id",
    "decision__score__risk", "decision__score__labels", "check_case__state", "check_case__adjudication__state",
    *(f"check_case__answer__{name}" for name in _SAID), *(f"check_case__adjudication__answer__{name}" for name in _SAID),
)  # fmt: skip


def answers(kind: str, *, since: datetime, until: datetime | None = None, model: str | None = None) -> list[Answered]:
    """Drawn decisions of a time, oldest first: the newest AUDITS of them, so that what it takes has a bound."""
    rows = Sample.objects.filter(kind=kind, created_at__gt=since).exclude(check_case=None, own_case=None).order_by("-created_at", "-pk")
    rows = rows if until is None else rows.filter(created_at__lte=until)
    rows = rows if model is None else rows.filter(model=model)
    rows = rows.select_related("decision__score", "check_case__answer", "check_case__adjudication__answer")
    found = list(rows.only(*_READ)[:AUDITS])[::-1]
    own = _own_verdicts([row.own_case_id for row in found if row.own_case_id])
    return [_answered(row, own) for row in found]


def within(part: Part, rows: list[Answered]) -> list[Answered]:
    if not part.cut:
        return rows
    places = places_of([row.sample.decision.item_id for row in rows])
    return [row for row in rows if part.has(*places.get(row.sample.decision.item_id, ("", "")))]


def _own_verdicts(case_ids: Iterable[Any]) -> Mapping[Any, Verdict]:
    """The first verdict of cases that people had anyway, given blind and past its undo."""
    rows = Verdict.objects.filter(case__in=list(case_ids), supersedes=None, evidence_seen=False).exclude(state=Verdict.State.UNDONE)
    now = db_now()
    return {row.case_id: row for row in rows.order_by("-created_at") if row.undo_until <= now}


def _answered(sample: Sample, own: Mapping[Any, Verdict]) -> Answered:
    check = sample.check_case
    if check is None:
        return _said(sample, own.get(sample.own_case_id))
    verdict = check.answer if check.state == Check.State.CLOSED else None
    lead = getattr(check, "adjudication", None)
    last = lead.answer if lead is not None and lead.state == Check.State.CLOSED and lead.answer else verdict
    return _said(sample, last)


def _said(sample: Sample, last: Verdict | None) -> Answered:
    if last is None:
        return Answered(sample=sample, outcome="", action="", clauses=())
    return Answered(sample=sample, outcome=last.outcome, action=last.action, clauses=last.clauses)


def harmful(row: Answered, label: str, document: PolicyDocument) -> bool | None:
    """Does it break a rule, or for one label the rule that answers for it? None while nobody said, or who looked only asked the world."""
    if not row.outcome or (row.outcome == "enforce" and row.action in document.asking):
        return None
    if row.outcome != "enforce" or label == RISK:
        return row.outcome == "enforce"
    clause = document.clause_for(label)
    return clause is not None and clause.id in row.clauses


def _shadow(kind: str, model: str, items: Sequence[UUID]) -> Mapping[UUID, ShadowScore]:
    """What the model said, in shadow, of items that another decided and that were drawn."""
    rows = ShadowScore.objects.filter(trial__version__kind=kind, trial__version__version=model.partition("@")[2], item__in=items)
    return {row.item_id: row for row in rows.only("item_id", "risk", "labels").order_by("pk")} if items else {}


def _score(sample: Sample, label: str, shadow: ShadowScore | None) -> float:
    said = shadow or sample.decision.score
    value = (said.risk if label == RISK else said.labels.get(label)) if said else None
    return NOWHERE if value is None or not sample.by_score or not isfinite(value) else value


def _least(kind: str, since: datetime) -> Mapping[Any, float]:
    with connection.cursor() as cursor:
        cursor.execute(_LEAST, [kind, since])
        return dict(cursor.fetchall())


def _traffic(kind: str, model: str, label: str, since: datetime, part: Part) -> list[float]:
    with connection.cursor() as cursor:
        version = model.partition("@")[2]
        wanted: dict[str, Any] = {"label": label, "kind": kind, "model": model, "version": version, "since": since, "most": TRAFFIC}
        wanted |= {"cut": part.cut, "name": part.name, "without": list(part.without)}
        cursor.execute(_TRAFFIC.format(where=_PART if part.cut else ""), wanted)
        return [NOWHERE if value is None or not isfinite(value) else value for (value,) in cursor.fetchall()]


def auditors_of(kind: str) -> Auditors | None:
    """How often people of this kind are right on what is known, all together; None while too little is known."""
    right = {"allow": 0.0, "enforce": 0.0}
    of = {"allow": 0.0, "enforce": 0.0}
    for row in Reliability.objects.filter(kind=kind):
        for truth, said in row.matrix.items():
            side = "allow" if truth == "allow" else "enforce"
            for answer, count in said.items():
                of[side] += count
                right[side] += count * ((answer == "allow") == (side == "allow"))
    if min(of.values()) < KNOWN_FROM:
        return None
    return Auditors(
        catches=right["enforce"] / of["enforce"], clears=right["allow"] / of["allow"], breaking=of["enforce"], keeping=of["allow"]
    )


def open_audits(kind: str) -> int:
    """Drawn and not answered."""
    undone = Q(check_case__state=Check.State.OPEN) | Q(own_case__state__in=["waiting", "claimed"])
    return Sample.objects.filter(undone, kind=kind).count()
