"""What the audits of a time say of everything that was decided in it: wrong, missed, how much harm there is at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from console.automation.evidence import RISK, Answered, answers, auditors_of, harmful, within
from console.automation.models import Certificate
from console.automation.parts import part_of as part_of_rule
from console.common.clock import db_now
from scoring.audits import Auditors, Drawn, Estimate, Sums, corrected, part_of, share, share_of
from scoring.certify import decides
from scoring.policy import PolicyDocument

WEEK = timedelta(days=7)

_BACK = "floor(extract(epoch FROM %(until)s - m.created_at) / 604800)::int"
_OF_KIND = "m.kind = %(kind)s AND m.created_at > %(since)s AND m.created_at <= %(until)s"
_COUNTS = f"""
SELECT {_BACK}, m.outcome, count(*), count(n.id), count(n.id) FILTER (WHERE n.outcome = 'enforce')
FROM automation_sample m JOIN scores_decision d ON d.id = m.decision_id
LEFT JOIN scores_decision n ON n.item_id = d.item_id AND n.state = 'effective' AND NOT n.automated
WHERE {_OF_KIND} GROUP BY 1, 2
"""
# As evidence.harmful() reads an answer: a lead's word where there is one; who only asked the world said nothing yet.
_AUDITED = f"""
SELECT {_BACK}, m.outcome, CASE WHEN v.outcome = 'enforce' AND v.action = ANY(%(asking)s::text[]) THEN NULL ELSE v.outcome = 'enforce' END,
       count(*), sum(1 / m.chance), sum(1 / m.chance ^ 2), sum((1 - m.chance) / m.chance), sum((1 - m.chance) / m.chance ^ 2)
FROM automation_sample m JOIN quality_check k ON k.id = m.check_case_id
LEFT JOIN quality_check a ON a.parent_id = k.id AND a.state = 'closed'
LEFT JOIN verdicts_verdict v ON v.id = coalesce(a.answer_id, CASE WHEN k.state = 'closed' THEN k.answer_id END)
WHERE {_OF_KIND} AND m.outcome <> 'review' GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Shares and totals of seven days; None where nothing was audited."""

    since: datetime
    until: datetime
    allowed: int  # by the machine alone
    enforced: int
    people: int  # decided by people
    audits: int  # answered, of what the machine decided alone
    waiting: int
    wrongly_allowed: Estimate | None
    wrongly_enforced: Estimate | None
    missed: Estimate | None  # violations that the machine let through
    found: Estimate | None  # of all violations, those that somebody acted on
    harm: Estimate | None  # share of violations in all that was decided


def week_estimates(*, kind: str, document: PolicyDocument, until: datetime | None = None) -> Week:
    return _weeks(kind, document, until or db_now(), 1)[0]


def weeks_back(*, kind: str, document: PolicyDocument, count: int = 8) -> list[Week]:
    """The last weeks, newest first; those before anything was decided are left out."""
    return [week for week in _weeks(kind, document, db_now(), count) if week.allowed or week.enforced or week.people]


def _weeks(kind: str, document: PolicyDocument, until: datetime, count: int) -> list[Week]:
    """The database adds up: two statements, whatever was decided and audited."""
    asked: dict[str, Any] = {"kind": kind, "until": until, "since": until - WEEK * count, "asking": list(document.asking)}
    counts: dict[tuple[int, str], tuple[int, int, int]] = {}
    audits: dict[tuple[int, str, bool | None], Sums] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        for back, outcome, *numbers in cursor.fetchall():
            counts[back, outcome] = (numbers[0], numbers[1], numbers[2])
        cursor.execute(_AUDITED, asked)
        for back, outcome, bad, n, size, squares, left, spread in cursor.fetchall():
            audits[back, outcome, bad] = Sums(audits=n, size=size, squares=squares, left=left, spread=spread)
    who = auditors_of(kind)
    return [
        _week(
            until - WEEK * back, {outcome: found for (week, outcome), found in counts.items() if week == back},
            {(outcome, bad): found for (week, outcome, bad), found in audits.items() if week == back}, who,
        )
        for back in range(count)
    ]  # fmt: skip


def _week(
    until: datetime, counts: Mapping[str, tuple[int, int, int]], audits: Mapping[tuple[str, bool | None], Sums], who: Auditors | None
) -> Week:
    """`counts`: decided, then by people, and of those acted on; `audits`: of what the machine decided, by what was said."""

    def of(outcome: str, bad: bool | None) -> Sums:
        return audits.get((outcome, bad), Sums())

    nothing = (0, 0, 0)
    allowed, enforced = counts.get("allow", nothing)[0], counts.get("enforce", nothing)[0]
    _, people, acted = counts.get("review", nothing)
    wrong_allow = _confirmed(share_of(of("allow", True), of("allow", False)), who)
    wrong_enforce = _confirmed(share_of(of("enforce", False), of("enforce", True)), who.turned() if who else None)
    missed = wrong_allow.times(allowed) if wrong_allow else _exactly(0) if not allowed else None
    right = _rest(wrong_enforce).times(enforced) if wrong_enforce else _exactly(0) if not enforced else None
    caught = [_exactly(acted), right] if right else None
    found = part_of(caught, [missed]) if caught and missed else None
    everything = allowed + enforced + people
    harm = _sum([*caught, missed]).times(1 / everything) if caught and missed and everything else None
    return Week(
        since=until - WEEK, until=until, allowed=allowed, enforced=enforced, people=people,
        audits=sum(one.audits for (_, bad), one in audits.items() if bad is not None),
        waiting=sum(one.audits for (_, bad), one in audits.items() if bad is None),
        wrongly_allowed=wrong_allow, wrongly_enforced=wrong_enforce, missed=missed, found=found, harm=harm,
    )  # fmt: skip


def week_of(certificate: Certificate, document: PolicyDocument) -> Estimate | None:
    """The error of what was decided inside this certificate's band in the last seven days; None where nothing was audited."""
    now = db_now()
    rows = [
        (row, bad) for row in within(part_of_rule(certificate.rule), answers(certificate.kind, since=now - WEEK, model=certificate.model))
        if row.sample.outcome == certificate.side and row.sample.by_score and _inside(row, certificate)
        and (bad := harmful(row, certificate.label, document)) is not None
    ]  # fmt: skip
    who = auditors_of(certificate.kind)
    allow = certificate.side == "allow"
    return _share([(row, bad == allow) for row, bad in rows], who if allow or who is None else who.turned())


def _inside(row: Answered, certificate: Certificate) -> bool:
    score = row.sample.decision.score
    value = row.sample.risk if certificate.label == RISK else (score.labels.get(certificate.label) if score else None)
    return value is not None and decides(certificate.side, certificate.threshold, value)


def _share(rows: Sequence[tuple[Answered, bool]], who: Auditors | None) -> Estimate | None:
    return _confirmed(share([Drawn(float(wrong), row.sample.chance) for row, wrong in rows]), who)


def _confirmed(found: Estimate | None, who: Auditors | None) -> Estimate | None:
    """Of what the machine decided alone: an audit that says otherwise went to a lead, so most false alarms are out of it already, and
    some true finds too."""
    return corrected(found, who.confirmed()) if found and who else found


def _exactly(number: float) -> Estimate:
    return Estimate(value=number, low=number, high=number, audits=0)


def _rest(found: Estimate) -> Estimate:
    return Estimate(value=1 - found.value, low=1 - found.high, high=1 - found.low, audits=found.audits)


def _sum(parts: Sequence[Estimate]) -> Estimate:
    """Ends are added up, so the interval is too wide rather than too narrow."""
    value, low, high = (sum(getattr(part, end) for part in parts) for end in ("value", "low", "high"))
    return Estimate(value=value, low=low, high=high, audits=sum(part.audits for part in parts))
