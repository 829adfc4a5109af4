"""What the audits of a time say of everything that was decided in it: wrong, missed, how much harm there is at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from console.automation.evidence import RISK, Answered, answers, auditors_of, harmful
from console.automation.models import Certificate
from console.common.clock import db_now
from scoring.audits import Auditors, Drawn, Estimate, corrected, part_of, share
from scoring.certify import decides
from scoring.policy import PolicyDocument

WEEK = timedelta(days=7)

_COUNTS = """
SELECT m.outcome, count(*), count(n.id), count(n.id) FILTER (WHERE n.outcome = 'enforce')
FROM automation_sample m JOIN scores_decision d ON d.id = m.decision_id
LEFT JOIN scores_decision n ON n.item_id = d.item_id AND n.state = 'effective' AND NOT n.automated
WHERE m.kind = %s AND m.created_at > %s AND m.created_at <= %s GROUP BY 1
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
    until = until or db_now()
    since = until - WEEK
    allowed, enforced, people, acted = _counts(kind, since, until)
    rows = [row for row in answers(kind, since=since, until=until) if row.sample.outcome != "review"]
    known = [(row, bad) for row in rows if (bad := harmful(row, RISK, document)) is not None]
    who = auditors_of(kind)
    wrong_allow = _share([(row, bad) for row, bad in known if row.sample.outcome == "allow"], who)
    wrong_enforce = _share([(row, not bad) for row, bad in known if row.sample.outcome == "enforce"], _turned(who))
    missed = wrong_allow.times(allowed) if wrong_allow else _exactly(0) if not allowed else None
    right = _rest(wrong_enforce).times(enforced) if wrong_enforce else _exactly(0) if not enforced else None
    caught = [_exactly(acted), right] if right else None
    found = part_of(caught, [missed]) if caught and missed else None
    everything = allowed + enforced + people
    harm = _sum([*caught, missed]).times(1 / everything) if caught and missed and everything else None
    return Week(
        since=since, until=until, allowed=allowed, enforced=enforced, people=people, audits=len(known), waiting=len(rows) - len(known),
        wrongly_allowed=wrong_allow, wrongly_enforced=wrong_enforce, missed=missed, found=found, harm=harm,
    )  # fmt: skip


def weeks_back(*, kind: str, document: PolicyDocument, count: int = 8) -> list[Week]:
    """The last weeks, newest first; those before anything was decided are left out."""
    now = db_now()
    found = [week_estimates(kind=kind, document=document, until=now - WEEK * back) for back in range(count)]
    return [week for week in found if week.allowed or week.enforced or week.people]


def week_of(certificate: Certificate, document: PolicyDocument) -> Estimate | None:
    """The error of what was decided inside this certificate's band in the last seven days; None where nothing was audited."""
    now = db_now()
    rows = [
        (row, bad) for row in answers(certificate.kind, since=now - WEEK, model=certificate.model)
        if row.sample.outcome == certificate.side and row.sample.by_score and _inside(row, certificate)
        and (bad := harmful(row, certificate.label, document)) is not None
    ]  # fmt: skip
    who = auditors_of(certificate.kind)
    allow = certificate.side == "allow"
    return _share([(row, bad == allow) for row, bad in rows], who if allow else _turned(who))


def _inside(row: Answered, certificate: Certificate) -> bool:
    score = row.sample.decision.score
    value = row.sample.risk if certificate.label == RISK else (score.labels.get(certificate.label) if score else None)
    return value is not None and decides(certificate.side, certificate.threshold, value)


def _counts(kind: str, since: datetime, until: datetime) -> tuple[int, int, int, int]:
    """Allowed, enforced by the machine; decided by people of the rest, and of those enforced."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [kind, since, until])
        found = {outcome: (count, decided, acted) for outcome, count, decided, acted in cursor.fetchall()}
    _, people, acted = found.get("review", (0, 0, 0))
    return found.get("allow", (0, 0, 0))[0], found.get("enforce", (0, 0, 0))[0], people, acted


def _share(rows: Sequence[tuple[Answered, bool]], who: Auditors | None) -> Estimate | None:
    """Of what the machine decided alone: an audit that says otherwise went to a lead, so most false alarms are out of it already."""
    found = share([Drawn(float(wrong), row.sample.chance) for row, wrong in rows])
    return corrected(found, who.confirmed()) if found and who else found


def _turned(who: Auditors | None) -> Auditors | None:
    """The same people where what is looked for is harmless."""
    if who is None:
        return None
    return Auditors(catches=who.clears, clears=who.catches, breaking=who.keeping, keeping=who.breaking)


def _exactly(number: float) -> Estimate:
    return Estimate(value=number, low=number, high=number, audits=0)


def _rest(found: Estimate) -> Estimate:
    return Estimate(value=1 - found.value, low=1 - found.high, high=1 - found.low, audits=found.audits)


def _sum(parts: Sequence[Estimate]) -> Estimate:
    """Ends are added up, so the interval is too wide rather than too narrow."""
    value, low, high = (sum(getattr(part, end) for part in parts) for end in ("value", "low", "high"))
    return Estimate(value=value, low=low, high=high, audits=sum(part.audits for part in parts))
