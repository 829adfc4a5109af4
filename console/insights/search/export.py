"""A search as CSV, row by row by keyset, so that neither memory nor a long transaction grows with it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from console.accounts.roles import Role
from console.audit.services import audit_append
from console.common.errors import Forbidden, Invalid
from console.insights.search.filters import SearchFilter, Viewer
from console.insights.search.find import search
from console.insights.told import decisions_told
from console.intake.models import Item
from console.scores.models import Decision
from scoring.registry import KINDS
from scoring.text.masking import mask

MOST_ROWS = 100_000
CHUNK = 500
LEAST_REASON = 10
COLUMNS = (
    "id", "kind", "external_id", "source", "account", "conversation", "status", "headline", "text", "reports", "happened", "received",
    "outcome", "action", "clause", "label", "severity", "decided_by", "decided_at",
)  # fmt: skip
UNMASKERS = frozenset({Role.LEAD, Role.ADMIN})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\x00", "\n", "＝", "＋", "－", "＠")  # how a spreadsheet knows one (ASVS 1.2.10)
_NET = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{0,4}\b")


class _Line:
    """A file that gives back what was written to it."""

    def write(self, line: str) -> str:
        return line


def export_start(
    *, asked: SearchFilter, viewer: Viewer, names: Sequence[str], actor: str, unmasked: bool = False, reason: str = ""
) -> Iterator[str]:
    """Checks and records the export, then gives its lines. Personal data is masked unless a lead or admin says why not."""
    if unmasked:
        if not UNMASKERS & viewer.roles:
            raise Forbidden("Only a lead or an admin exports personal data.")
        if len(reason.strip()) < LEAST_REASON or "\x00" in reason:
            raise Invalid({"reason": [f"Say in {LEAST_REASON} characters or more what it is for; it is written into the audit trail."]})
    data = {"filters": sorted(names), "masked": not unmasked, **({"reason": reason.strip()[:300]} if unmasked else {})}
    audit_append(actor=actor, verb="items.exported", subject="items", data=data)
    return _lines(asked, viewer, unmasked)


def _lines(asked: SearchFilter, viewer: Viewer, unmasked: bool) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff"  # so that spreadsheets read UTF-8
    yield writer.writerow(COLUMNS)
    after: UUID | None = None
    for _ in range(MOST_ROWS // CHUNK):
        found = search(asked, viewer, after=after, limit=CHUNK)
        told = decisions_told([item.pk for item in found.items], viewer.user, viewer.roles)
        for item in found.items:
            yield writer.writerow([cell(value, unmasked) for value in _values(item, told.get(item.pk), unmasked)])
        after = found.next_after
        if after is None:
            return


def _values(item: Item, decision: Decision | None, unmasked: bool) -> list[Any]:
    """A record about a person (no prose) is personal data from end to end: masked, only its ids and what became of it are told."""
    kind = KINDS.get(item.kind)
    told_in_full = kind is not None and (unmasked or kind.prose)
    row = [
        item.pk, item.kind, item.external_id, item.source.slug, item.actor_id, item.conversation, item.status,
        item.headline if told_in_full else "", kind.text(item.payload) if kind and told_in_full else "", item.reports, item.created_at,
        item.received_at,
    ]  # fmt: skip
    if decision is None or decision.outcome == "review":
        return [*row, *[""] * 7]
    by = "machine" if decision.automated else "person"
    return [*row, decision.outcome, decision.action, decision.clause, decision.label, decision.severity, by, decision.created_at]


def cell(value: Any, unmasked: bool) -> str:
    """As text that no spreadsheet takes for a formula: such a cell begins with an apostrophe."""
    text = value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    if isinstance(value, str) and not unmasked:
        text = _NET.sub("[ip]", mask(text))
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
