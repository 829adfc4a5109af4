"""A backtest as it goes and what came out; two of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console.accounts.roles import roles_of
from console.backtests.models import Backtest, State
from console.backtests.selectors import backtest_get
from console.backtests.services import backtest_again, backtest_cancel
from console.common.errors import DomainError, NotFound
from console.insights.screen import opinions_hidden
from console.intake.models import Item
from console.ui.access import page_for, person
from console.ui.backtest_charts import load_chart, range_marks
from console.ui.backtest_pages import MAKERS, READERS
from console.ui.models_pages import may_change
from console.ui.problems import sentence_of
from console.ui.words import language_words
from scoring.backtest.rows import OUTCOMES
from scoring.registry import KINDS

SHOWN = 10  # of each: hits, near misses
OUTCOME_WORDS = {"allow": "Let through", "review": "To a person", "enforce": "Acted on", "none": "Not decided"}


def _get(backtest_id: UUID) -> Backtest:
    try:
        return backtest_get(backtest_id)
    except NotFound as error:
        raise Http404(str(error)) from error


@require_safe
@never_cache
@page_for(*READERS)
def show(request: HttpRequest, backtest_id: UUID) -> HttpResponse:
    backtest = _get(backtest_id)
    return render(request, "backtests/show.html", {**_frame(request, backtest), **_told(request, backtest)})


@require_safe
@never_cache
@page_for(*READERS)
def live(request: HttpRequest, backtest_id: UUID) -> HttpResponse:
    """The part that polls. When it has ended the page is loaded anew, so that everything else on it is right too."""
    backtest = _get(backtest_id)
    response = render(request, "backtests/live.html", _frame(request, backtest))
    if not backtest.is_open:
        response["HX-Refresh"] = "true"
    return response


def _frame(request: HttpRequest, backtest: Backtest) -> dict[str, Any]:
    kind = KINDS.get(backtest.kind)
    return {
        "backtest": backtest, "kind": kind, "may_make": may_change(request), "polls": backtest.is_open, "unproven": _unproven(backtest)
    }  # fmt: skip


def _unproven(backtest: Backtest) -> bool:
    """A version that no certificate names decides nothing alone where certificates are asked for."""
    if backtest.what != Backtest.What.MODEL or backtest.document["automation"] != "certified":
        return False
    return f"{backtest.kind}@{backtest.subject['version']}" not in backtest.subject.get("live", {}).get("certified", {})


def _told(request: HttpRequest, backtest: Backtest) -> dict[str, Any]:
    result = backtest.result
    if backtest.state != State.DONE or not result:
        return {}
    return {
        "result": result, "matrix": matrix_rows(result), "proofs": proof_rows(result), "chart": load_chart(result["days"]),
        "hits": _samples(request, result["hit_samples"]), "near": _samples(request, result["near_samples"]), "words": OUTCOME_WORDS,
        "slices": [(what.capitalize(), _named(what, rows)) for what, rows in result["slices"].items() if len(rows) > 1],
    }  # fmt: skip


def _named(what: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "name": language_words(row["name"])} for row in rows] if what == "language" else rows


def matrix_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was decided down, what it would decide across; outcomes that do not occur are left out."""
    matrix = result["matrix"]
    columns = [o for o in OUTCOMES if any(matrix[was][o] for was in OUTCOMES)]
    rows = [was for was in OUTCOMES if any(matrix[was].values())]
    return [
        {"word": OUTCOME_WORDS[was], "cells": [{"word": OUTCOME_WORDS[o], "count": matrix[was][o], "moved": o != was} for o in columns]}
        for was in rows
    ]


def proof_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many of what ends where are harmful, before and then."""
    rows = []
    for outcome in OUTCOMES[:3]:
        was, would = result["proof"][f"was:{outcome}"], result["proof"][f"would:{outcome}"]
        rows.append({"word": OUTCOME_WORDS[outcome], "was": was, "would": would, "marks": range_marks(would)})
    return rows


def _samples(request: HttpRequest, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Those that this person may see already, with a line of each. What still waits for a verdict is counted and not shown."""
    found = {str(item.pk): item for item in Item.objects.filter(pk__in=[one["id"] for one in samples])}
    user = person(request)
    hidden = opinions_hidden([item.pk for item in found.values()], user, roles_of(user))
    rows = [{**one, "item": found[one["id"]]} for one in samples if one["id"] in found and found[one["id"]].pk not in hidden]
    return {"rows": rows[:SHOWN], "hidden": len(hidden)}


@require_POST
@page_for(*MAKERS)
def cancel(request: HttpRequest, backtest_id: UUID) -> HttpResponse:
    try:
        backtest_cancel(backtest_id=_get(backtest_id).pk, user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return redirect("ui:backtest", backtest_id)


@require_POST
@page_for(*MAKERS)
def again(request: HttpRequest, backtest_id: UUID) -> HttpResponse:
    try:
        backtest = backtest_again(backtest=_get(backtest_id), user=person(request))
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return redirect("ui:backtest", backtest_id)
    return redirect("ui:backtest", backtest.pk)


@require_safe
@never_cache
@page_for(*READERS)
def compare(request: HttpRequest) -> HttpResponse:
    """Two results of one kind, figure beside figure."""
    ids = request.GET.getlist("id")[:2]
    found = []
    for text in ids:
        try:
            found.append(_get(UUID(text)))
        except ValueError as error:
            raise Http404("There is no such backtest.") from error
    if len(found) < 2 or found[0].kind != found[1].kind or any(one.state != State.DONE for one in found):
        messages.error(request, "Choose two backtests of one kind that are done.")
        return redirect("ui:backtests")
    context = {"pair": found, "rows": compared(found[0].result, found[1].result), "kind": KINDS.get(found[0].kind),
               "charts": [load_chart(one.result["days"]) for one in found]}  # fmt: skip
    return render(request, "backtests/compare.html", context)


Result = Mapping[str, Any]
_PICKS: tuple[tuple[str, str, Callable[[Result], Any]], ...] = (
    ("Items", "count", lambda r: r["judged"]), ("Hits", "count", lambda r: r["hits"]["count"]),
    ("Hits that nothing had caught", "count", lambda r: r["unique"]["count"]), ("Decided otherwise", "count", lambda r: r["changed"]),
    ("Harmful of labelled hits", "proof", lambda r: r["precision"]), ("Harmful ones that it hits", "proof", lambda r: r["recall"]),
    ("Harmful ones caught in all", "proof", lambda r: r["caught_would"]),
    ("Harmful of what it lets through", "proof", lambda r: r["proof"]["would:allow"]),
    ("Cases a day", "day", lambda r: r["queue"]["would"]), ("Change of cases a day", "change", lambda r: r["queue"]["change"]),
)  # fmt: skip


def compared(first: Result, second: Result) -> list[dict[str, Any]]:
    return [{"title": title, "form": form, "cells": [pick(first), pick(second)]} for title, form, pick in _PICKS]
