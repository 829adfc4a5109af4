"""One account: what it sent and how that ended, what was done about it, what it shares with other accounts."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.models import Source
from console.accounts.roles import Role
from console.audit.services import audit_append
from console.common.errors import Invalid, NotFound
from console.insights.authors import (
    MONTHS,
    Account,
    Counts,
    account_counts,
    account_keys,
    account_open_cases,
    account_strikes,
)
from console.insights.sealed import as_seen, items_told
from console.insights.search.find import in_order
from console.insights.told import decisions_told
from console.ui.access import page_for, person
from console.ui.keys_in_words import KEY_WORDS, masked_key
from console.ui.screen import action_title
from console.ui.search_pages import viewer_of
from scoring.registry import KINDS

PAGE = 25
LEAST_REASON = 10
HEIGHT, STEP, BAR = 96.0, 44, 28
ENDED = (("allow", "band-allow"), ("waits", "band-human"), ("enforce", "band-reject"))


@require_safe
@never_cache
@page_for()
def show(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    return _draw(request, _account(request, slug, account_id))


@require_POST
@never_cache
@page_for(Role.MODERATOR, Role.LEAD, Role.ADMIN)
def unmask(request: HttpRequest, slug: str, account_id: str) -> HttpResponse:
    """The same page with devices, addresses and numbers in full, this once. Why is written into the audit trail, the account is not."""
    account = _account(request, slug, account_id)
    reason = " ".join(request.POST.get("reason", "").replace("\x00", " ").split())
    if len(reason) < LEAST_REASON:
        return _draw(request, account, problem=f"Say in {LEAST_REASON} characters or more what you need it for.", status=400)
    audit_append(
        actor=f"user:{person(request).username}", verb="account.unmasked", subject=audit_subject(account), data={"reason": reason[:300]}
    )
    return _draw(request, account, unmasked=True)


def audit_subject(account: Account) -> str:
    """The audit trail holds no personal data, and an id may be an e-mail address: so a digest, which the page shows too."""
    return f"account:{account.source.slug}:{hashlib.sha256(account.id.encode()).hexdigest()[:16]}"


def _account(request: HttpRequest, slug: str, account_id: str) -> Account:
    """As if it were not there when nothing that this person may see came from it."""
    account = Account(source=get_object_or_404(Source, slug=slug), id=account_id, viewer=viewer_of(request))
    if not account.items().exists():
        raise NotFound("There is no such account, or nothing of it is yours to see.")
    return account


def _draw(request: HttpRequest, account: Account, *, unmasked: bool = False, problem: str = "", status: int = 200) -> HttpResponse:
    counts = account_counts(account)
    keys, linked = account_keys(account)
    strikes = account_strikes(account)
    open_cases = account_open_cases(account, person(request))
    context = {
        "account": account, "counts": counts, "chart": _chart(counts), "kinds": _by_kind(counts), "subject": audit_subject(account),
        "keys": [{"key": key, "title": KEY_WORDS.get(key.name, key.name), "value": _value(key.name, key.value, unmasked)} for key in keys],
        "linked": [{"one": one, "shared": [(KEY_WORDS.get(n, n), _value(n, v, unmasked)) for n, v in one.shared[:4]]} for one in linked],
        "strikes": [{"strike": strike, "title": action_title(strike.action.action)} for strike in strikes],
        "counting": sum(strike.counts for strike in strikes), "cases": [as_seen(case)[0] for case in open_cases],
        "unmasked": unmasked, "problem": problem, "reason": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "authors/author.html", context | _history(request, account), status=status)


def _value(name: str, value: str, unmasked: bool) -> str:
    return value if unmasked else masked_key(name, value)


def _history(request: HttpRequest, account: Account) -> dict[str, Any]:
    """Newest first, by keyset."""
    items, before = account.items().order_by("-pk"), request.GET.get("before", "")
    try:
        items = items.filter(pk__lt=UUID(before)) if before else items
    except ValueError as error:
        raise Invalid({"before": ["This is not a page that was given out here."]}) from error
    ids = list(items.values_list("pk", flat=True)[: PAGE + 1])
    viewer = account.viewer
    told = decisions_told(ids[:PAGE], viewer.user, viewer.roles)
    shown = items_told(in_order(ids[:PAGE]), viewer.user, viewer.roles)
    rows = [{"item": item, "decision": told.get(item.pk)} for item in shown]
    return {"rows": rows, "older": f"before={ids[PAGE - 1]}" if len(ids) > PAGE else "", "newer": "from=start" if before else ""}


def _by_kind(counts: Counts) -> list[dict[str, Any]]:
    names = dict.fromkeys(row.kind for row in sorted(counts.rows, key=lambda row: -row.items))
    return [
        {"words": KINDS[name].words, "kind": name}
        | {ended: sum(row.items for row in counts.rows if row.kind == name and row.ended == ended) for ended, _ in ENDED}
        for name in names
    ]


def _chart(counts: Counts) -> dict[str, Any]:
    """Stacked bars by month, as many as fit, up to the newest month there is: kept at the foot, waiting above, acted on on top."""
    if not counts.rows:
        return {"bars": []}
    months = _months(max(row.month for row in counts.rows))
    sums = {
        month: {ended: sum(r.items for r in counts.rows if r.month == month and r.ended == ended) for ended, _ in ENDED} for month in months
    }
    most = max(max(sum(ends.values()) for ends in sums.values()), 1)
    bars = []
    for index, (month, ends) in enumerate(sums.items()):
        top, parts = HEIGHT, []
        for ended, band in ENDED:
            height = HEIGHT * ends[ended] / most
            top -= height
            if height:
                parts.append({"class": band, "y": f"{top:.1f}", "height": f"{height:.1f}"})
        bars.append({"x": index * STEP + (STEP - BAR) // 2, "middle": index * STEP + STEP // 2, "month": month, "parts": parts, **ends})
    earlier = sum(row.items for row in counts.rows if row.month < months[0])
    return {"bars": bars, "width": STEP * len(bars), "bar": BAR, "most": most, "earlier": earlier}


def _months(last: date) -> list[date]:
    """MONTHS first days, oldest first."""
    numbers = [last.year * 12 + last.month - 1 - back for back in reversed(range(MONTHS))]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]
