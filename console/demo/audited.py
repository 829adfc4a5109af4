"""Four weeks in which everything that came was looked at blind, so that a newcomer sees what audits prove. Scores, decisions, draws,
verdicts and the certificate are made by what makes them always; the demo only says what people answered, and puts it where it was in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Model

from console.accounts.models import Source, User
from console.automation.certificates import certificate_try
from console.automation.evidence import RISK as ANY_RULE
from console.automation.models import Basis, Method, Sample, Side
from console.automation.plans import RATES, audit_plan_change, audit_plan_of
from console.automation.rules import rule_set
from console.cases.models import Case, Claim, Tally
from console.common.clock import db_now
from console.demo.past_reviews import Past, past_reviews
from console.demo.told import say, score_now, settle
from console.enforcement.models import EnforcementAction
from console.flow import adjudication_close, items_receive
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.quality.models import Check
from console.scores.models import Decision, Score
from console.training.models import ModelVersion
from console.training.selectors import champion
from console.verdicts.models import Label, Verdict

KIND = "review"
DAYS = 27
RISK, OTHERS = 0.05, 0.01  # of what is kept or removed, so much may be wrong
_MOMENTS: tuple[tuple[type[Model], str, tuple[str, ...]], ...] = (  # what says when something happened, of what is over
    (Item, "pk", ("received_at",)), (Score, "item", ("created_at",)), (Decision, "item", ("created_at", "effective_at")),
    (Sample, "decision__item", ("created_at",)), (Claim, "case__item", ("started_at", "ended_at")),
    (Verdict, "item", ("created_at", "undo_until")), (Label, "item", ("created_at",)), (EnforcementAction, "item", ("created_at", "ends_at")),
)  # fmt: skip


@transaction.atomic  # no worker may score them, and nobody sees half of it
def demo_audited(source: Source, auditors: Sequence[User], lead: User, admin: User) -> int:
    """Returns how many items were new; none where there are some, or no model serves."""
    serving, plan = champion(KIND), audit_plan_of(KIND)
    if serving is None or plan is None or Item.objects.filter(source=source, external_id__startswith="demo-past-").exists():
        return 0
    usual = {name: getattr(plan, name) for name in RATES}
    told, now = past_reviews(), db_now()
    audit_plan_change(kind=KIND, values=dict.fromkeys(RATES, 1.0), user=admin)
    items = _receive(source, told, now)
    score_now(items)
    audit_plan_change(kind=KIND, values=usual, user=admin)
    ModelVersion.objects.filter(pk=serving.pk).update(created_at=_at(now, -2), promoted_at=_at(now, -1))
    _answer(told, items, auditors, lead)
    for day in range(DAYS):
        _put_back([item for n, item in enumerate(items) if n * DAYS // len(items) == day], source, now, now - _at(now, day))
    _limits(admin)
    return len(items)


def _at(now: datetime, day: int) -> datetime:
    return now - timedelta(days=DAYS - day)


def _receive(source: Source, told: Sequence[Past], now: datetime) -> list[Item]:
    rows: list[dict[str, Any]] = [
        {
            "kind": KIND, "external_id": f"demo-past-{n}", "payload": {"text": past.text, "rating": past.stars, "subject": past.place},
            "actor": {"id": past.author, "name": past.author, "age_days": past.days},
            "created_at": (_at(now, n * DAYS // len(told)) - timedelta(minutes=n % 50)).isoformat(),
        }
        for n, past in enumerate(told)
    ]  # fmt: skip
    received = items_receive(source=source, rows=[parse_item(row) for row in rows], actor="system")
    found = Item.objects.in_bulk([answer.id for answer in received])
    return [found[answer.id] for answer in received]


def _answer(told: Sequence[Past], items: Sequence[Item], auditors: Sequence[User], lead: User) -> None:
    """Each by one of the auditors; where what they say differs from what the machine did, the lead decides."""
    drawn = Sample.objects.filter(decision__item__in=items).select_related("decision", "check_case__case", "own_case")
    cases = {row.decision.item_id: row.check_case.case if row.check_case else row.own_case for row in drawn}
    for n, (past, item) in enumerate(zip(told, items, strict=True)):
        if (case := cases.get(item.pk)) is not None:
            say(case, auditors[n % len(auditors)], past.clause)
    settle(items)
    clauses = {item.pk: past.clause for past, item in zip(told, items, strict=True)}
    seconds = Check.objects.filter(item__in=items, purpose=Check.Purpose.SECOND).select_related("case__item").order_by("pk")
    for check, first in zip(seconds, seconds.values_list("about__reviewer", flat=True), strict=True):
        say(check.case, next(one for one in (*auditors, lead) if one.pk != first), clauses[check.item_id])
    settle(items)
    asked = Check.objects.filter(item__in=items, purpose=Check.Purpose.ADJUDICATE).select_related("case__item")
    for check in asked:
        say(check.case, lead, clauses[check.item_id])
    settle(items)
    for check in asked.all():
        adjudication_close(check_id=check.pk, lead=lead)


def _put_back(items: Sequence[Item], source: Source, now: datetime, by: timedelta) -> None:
    """To where it was in time. What still waits is of today."""
    for model, of, fields in _MOMENTS:
        model._default_manager.filter(**{f"{of}__in": [item.pk for item in items]}).update(**{name: F(name) - by for name in fields})
    closed = Case.objects.filter(item__in=items, state=Case.State.CLOSED)
    for queue, severity, count in closed.values_list("queue", "severity").annotate(n=Count("pk")):
        told = {"queue_id": queue, "severity": severity, "source_id": source.pk}
        for at, n in ((now, -count), (now - by, count)):  # counts are notes that are added up, so one takes back what another said
            Tally.objects.create(**told, slot=at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0), arrived=n, closed=n)
    closed.update(**{n: F(n) - by for n in ("created_at", "due_at", "closed_at")})
    Check.objects.filter(item__in=items, state=Check.State.CLOSED).update(**{n: F(n) - by for n in ("created_at", "closed_at")})


def _limits(admin: User) -> None:
    """One that the audits prove, one that they do not prove yet, and one of which nothing is known."""
    values = {"confidence": 0.95, "basis": Basis.DECIDED, "method": Method.SEQUENCE, "is_on": True}
    proven = rule_set(kind=KIND, side=Side.ALLOW, label=ANY_RULE, values={**values, "risk": RISK}, user=admin)
    rule_set(kind=KIND, side=Side.ENFORCE, label=ANY_RULE, values={**values, "risk": RISK}, user=admin)
    rule_set(kind="chat", side=Side.ALLOW, label=ANY_RULE, values={**values, "risk": OTHERS}, user=admin)
    certificate_try(rule_id=proven.pk, user=admin)
