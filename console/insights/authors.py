"""What is known of one account of a platform. Every part is bounded, however much the account sent: the newest count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from console.accounts.models import Source, User
from console.cases.models import Case
from console.cases.selectors import queues_for
from console.common.clock import db_now
from console.enforcement.models import EnforcementAction
from console.insights.search.filters import Viewer
from console.intake.models import Item
from scoring.registry import KINDS

COUNTED = 5000  # of the newest items
LOOKED_AT = 1000  # of the newest items, for devices and links
LINKING = ("device", "ip", "card", "phone", "email", "handle", "address")  # what two accounts of different people seldom share
MOST_KEYS, PER_KEY, MOST_LINKED, BUSY = 40, 100, 50, 25
MONTHS = 12
STRIKE = timedelta(days=90)

_COUNTS = """
WITH mine AS (
    SELECT id, kind, created_at FROM intake_item WHERE actor_id = %s AND source_id = %s AND kind = ANY (%s) ORDER BY id DESC LIMIT %s
)
SELECT m.kind, date_trunc('month', m.created_at AT TIME ZONE %s)::date,
       CASE WHEN r.item_id IS NULL OR r.is_open OR r.outcome NOT IN ('allow', 'enforce') THEN 'waits' ELSE r.outcome END,
       count(*), min(m.created_at), max(m.created_at)
FROM mine m LEFT JOIN insights_searchrow r ON r.item_id = m.id GROUP BY 1, 2, 3
"""
_KEYS = """
WITH mine AS (SELECT id FROM intake_item WHERE actor_id = %s AND source_id = %s AND kind = ANY (%s) ORDER BY id DESC LIMIT %s)
SELECT k.name, k.value, count(*), min(k.at), max(k.at) FROM mine m JOIN intake_itemkey k ON k.item_id = m.id
WHERE k.name = ANY (%s) GROUP BY 1, 2 ORDER BY max(k.at) DESC, 1, 2 LIMIT %s
"""
_LINKED = """
SELECT q.name, q.value, i.actor_id, count(*), max(o.at)
FROM unnest(%s::text[], %s::text[]) AS q(name, value) CROSS JOIN unnest(%s::text[]) AS kind
CROSS JOIN LATERAL (
    SELECT k.item_id, k.at FROM intake_itemkey k
    WHERE k.source_id = %s AND k.kind = kind AND k.name = q.name AND k.value = q.value ORDER BY k.at DESC LIMIT %s
) o JOIN intake_item i ON i.id = o.item_id
WHERE i.actor_id <> '' AND i.actor_id <> %s GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as this viewer may see it."""

    source: Source
    id: str
    viewer: Viewer

    @property
    def kinds(self) -> list[str]:
        return [name for name in KINDS if name not in self.viewer.closed_kinds]

    def items(self) -> QuerySet[Item]:
        return Item.objects.filter(actor_id=self.id, source=self.source, kind__in=self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    kind: str
    month: date
    ended: str  # allow, enforce, or waits: not decided, or about to be looked at again
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    rows: Sequence[Count]
    total: int
    many: bool  # there are COUNTED or more
    first_at: datetime | None
    last_at: datetime | None

    @property
    def enforced(self) -> int:
        return sum(row.items for row in self.rows if row.ended == "enforce")

    @property
    def waiting(self) -> int:
        return sum(row.items for row in self.rows if row.ended == "waits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A shared attribute that the account used. `accounts`: how many others used it too, as far as was looked."""

    name: str
    value: str
    items: int
    first_at: datetime
    last_at: datetime
    accounts: int = 0

    @property
    def busy(self) -> bool:
        return self.accounts >= BUSY


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    account: str
    shared: Sequence[tuple[str, str]]  # (name, value)
    items: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """An effect on the account or on something it sent. It counts until it ends; without an end, for STRIKE. Taken back, never."""

    action: EnforcementAction
    counts_until: datetime
    counts: bool


def account_counts(account: Account) -> Counts:
    """By kind, month and end, of the newest COUNTED."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [account.id, account.source.pk, account.kinds, COUNTED, settings.TIME_ZONE])
        found = cursor.fetchall()
    rows = [Count(kind=kind, month=month, ended=ended, items=number) for kind, month, ended, number, _, _ in found]
    total = sum(row.items for row in rows)
    firsts, lasts = [row[4] for row in found], [row[5] for row in found]
    return Counts(rows=rows, total=total, many=total >= COUNTED, first_at=min(firsts, default=None), last_at=max(lasts, default=None))


def account_keys(account: Account) -> tuple[list[Key], list[Linked]]:
    """What it used, newest first; and the accounts that used the same, those that share most first. What a crowd shares links nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [account.id, account.source.pk, account.kinds, LOOKED_AT, list(LINKING), MOST_KEYS])
        used = cursor.fetchall()
        names, values = [row[0] for row in used], [row[1] for row in used]
        cursor.execute(_LINKED, [names, values, account.kinds, account.source.pk, PER_KEY, account.id])
        shared = cursor.fetchall()
    others: dict[tuple[str, str], set[str]] = {}
    for name, value, other, _, _ in shared:
        others.setdefault((name, value), set()).add(other)
    keys = [
        Key(name=name, value=value, items=items, first_at=first, last_at=last, accounts=len(others.get((name, value), ())))
        for name, value, items, first, last in used
    ]
    return keys, _linked(shared, {(key.name, key.value) for key in keys if key.busy})


def _linked(shared: Sequence[tuple[Any, ...]], busy: set[tuple[str, str]]) -> list[Linked]:
    by_account: dict[str, list[tuple[Any, ...]]] = {}
    for row in shared:
        if (row[0], row[1]) not in busy:
            by_account.setdefault(row[2], []).append(row)
    linked = [
        Linked(
            account=other, shared=sorted({(row[0], row[1]) for row in rows}), items=max(row[3] for row in rows),
            last_at=max(row[4] for row in rows),
        )
        for other, rows in by_account.items()
    ]  # fmt: skip
    return sorted(linked, key=lambda one: (-len(one.shared), -one.last_at.timestamp(), one.account))[:MOST_LINKED]


def account_strikes(account: Account, *, limit: int = 20) -> list[Strike]:
    """Newest first. What was done to an item that somebody is to look at again is left out for those who may be that somebody."""
    ids = list(account.items().order_by("-pk").values_list("pk", flat=True)[:COUNTED])
    actions = EnforcementAction.objects.filter(item_id__in=ids).select_related("item").order_by("-created_at", "-pk")
    if account.viewer.decides:
        actions = actions.exclude(item_id__in=_open_of(ids))
    now = db_now()
    strikes = []
    for action in actions[:limit]:
        until = action.ends_at or action.created_at + STRIKE
        strikes.append(Strike(action=action, counts_until=until, counts=action.state != EnforcementAction.State.REVERSED and until > now))
    return strikes


def _open_of(ids: Sequence[UUID]) -> list[UUID]:
    return list(Case.objects.filter(item_id__in=ids).exclude(state=Case.State.CLOSED).values_list("item_id", flat=True))


def account_open_cases(account: Account, user: User, *, limit: int = 10) -> list[Case]:
    """Cases of its items that wait or are held, in queues that this person works in; the longest waiting first."""
    ids = list(account.items().exclude(status=Item.Status.RECEIVED).order_by("-pk").values_list("pk", flat=True)[:COUNTED])
    cases = Case.objects.filter(item_id__in=ids, queue__in=queues_for(user)).exclude(state=Case.State.CLOSED)
    return list(cases.select_related("queue", "item").order_by("created_at")[:limit])
