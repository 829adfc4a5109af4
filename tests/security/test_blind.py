"""S30 and S48: nothing that leaves the server tells a known answer or a second look from a case that decides its item."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils.dateparse import parse_datetime

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases.models import Case, Claim
from console.intake.models import Item, Media
from console.quality.gold import gold_mark
from console.quality.models import Check, CheckPlan
from console.training.snapshot import snapshot_freeze
from scoring.registry import KINDS
from tests.console.calls import Calls, of
from tests.console.dice import dice
from tests.console.quality import ENFORCE, decide, settle

Waiting = Callable[..., Case]
ORDINARY, SECOND, GOLD = "ordinary", "second", "gold"
TEXT = {ORDINARY: "You are a liar.", SECOND: "A thief you all be.", GOLD: "Crooks run this place."}


@pytest.fixture
def calls(shop: Source, ravi: User) -> Calls:
    return of(shop, Role.MODERATOR, ravi)


def blind_case(sort: str, waiting: Waiting, rita: User, lena: User) -> Case:
    """A blind case, which Ravi is served next; nothing else waits but what a known answer needs before it."""
    Case.objects.update(state="closed")
    case = waiting(TEXT[sort])
    if sort == ORDINARY:
        Case.objects.filter(pk=case.pk).update(blind=True)
        return case
    decide(case, rita)
    with dice(0.0 if sort == SECOND else 0.99):
        settle()
    if sort == SECOND:
        return Check.objects.select_related("case").get(purpose="second").case
    gold_mark(item=case.item, outcome="enforce", clauses=["4.4"], note="", user=lena)
    return waiting("Something else waits.")


def shape(value: Any) -> Any:
    """What a value says beside the ids, tokens and times that differ between any two cases."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    if isinstance(value, str):
        value = value if value not in TEXT.values() else "TEXT"
        value = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", value)
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|x-\d+", "SOME", value)
    return value


@pytest.fixture
def told(plan: CheckPlan, waiting: Waiting, rita: User, lena: User, calls: Calls) -> Callable[[str], dict[str, Any]]:
    """Everything that the API says of a blind case of this sort, from claim to undo."""

    def _told(sort: str) -> dict[str, Any]:
        blind_case(sort, waiting, rita, lena)
        with dice(0.0 if sort == GOLD else 0.99):
            screen = calls.post("queues/reviews/claim", {"evidence": True}).json()
        assert screen["item"]["payload"]["text"] == TEXT[sort]
        case, item = screen["case"]["id"], screen["item"]["id"]
        body = {"token": screen["token"], "outcome": "enforce", "clauses": ["4.4"]}
        answers = {
            "screen": screen,
            "reveal": calls.post(f"cases/{case}/reveal", {"token": screen["token"]}).json(),
            "item": calls.get(f"items/{item}").json(),
            "items": [row for row in calls.get("items", status="in_review").json()["results"] if row["id"] == item],
            "decided": [row for row in calls.get("items", status="decided").json()["results"] if row["id"] == item],
            "decisions": [row for row in calls.get("decisions").json()["results"] if row["item"] == item],
            "verdict": (given := calls.post(f"cases/{case}/verdict", body).json()),
            "undone": calls.post(f"verdicts/{given['verdict']['id']}/undo").json(),
        }
        gap = seconds(screen["case"]["created_at"]) - seconds(screen["item"]["received_at"])
        assert 0 <= gap < 30
        return answers

    return _told


def seconds(text: str) -> float:
    found = parse_datetime(text)
    assert found is not None
    return found.timestamp()


@pytest.mark.parametrize("sort", [SECOND, GOLD])
def test_no_field_of_the_api_tells_a_check_from_a_blind_case(told: Callable[[str], dict[str, Any]], sort: str) -> None:
    ordinary = told(ORDINARY)
    other = told(sort)
    for name, answer in ordinary.items():
        assert shape(other[name]) == shape(answer), name
    assert not re.search(r"gold|second|check|known|measure", json.dumps(other["screen"]["case"]))


@pytest.fixture
def page(client: Client, ravi: User) -> Client:
    client.force_login(ravi)
    return client


def drawn(html: str) -> str:
    html = re.sub("|".join(TEXT.values()), "TEXT", re.sub(r"\b[A-Za-z0-9]{64}\b", "TOKEN", html))
    html = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", html)
    html = re.sub(r'value="\d+"|data-token="\d+"|value="[A-Za-z0-9]{64}"|data-name="[^"]*"', "TOKEN", html)
    return re.sub(r"x-\d+|\d+ (s|min|h)\b|\d\d:\d\d(:\d\d)?|datetime=\"[^\"]*\"|title=\"[^\"]*UTC\"|data-lease=\"\d+\"", "SOME", html)


@pytest.mark.parametrize("sort", [SECOND, GOLD])
def test_nothing_on_the_screen_nor_in_the_story_tells_it(
    plan: CheckPlan, waiting: Waiting, rita: User, lena: User, page: Client, sort: str
) -> None:
    seen: dict[str, tuple[str, str]] = {}
    for which in (ORDINARY, sort):
        Claim.objects.update(state="released")
        blind_case(which, waiting, rita, lena)
        with dice(0.0 if which == GOLD else 0.99):
            screen = page.post("/queues/reviews/start", headers={"HX-Request": "true"}).content.decode()
        assert TEXT[which] in screen
        item = Item.objects.get(payload__text=TEXT[which])
        seen[which] = drawn(screen), drawn(page.get(f"/items/{item.pk}/").content.decode())
    assert seen[sort][0] == seen[ORDINARY][0]
    assert seen[sort][1] == seen[ORDINARY][1]
    assert "rita" not in seen[sort][1].lower()


def test_a_blind_case_has_the_fields_of_any_other(waiting: Waiting, calls: Calls) -> None:
    waiting("One.")
    open_case = calls.post("queues/reviews/claim").json()
    calls.post(f"cases/{open_case['case']['id']}/verdict", {"token": open_case["token"], "outcome": "allow"})
    Case.objects.filter(pk=waiting("Two.").pk).update(blind=True)
    blind = calls.post("queues/reviews/claim").json()

    def keys(value: Any) -> Any:
        return {name: keys(part) for name, part in value.items()} if isinstance(value, dict) else None

    assert keys(open_case["case"]) == keys(blind["case"])
    assert keys(open_case["item"]) == keys(blind["item"])
    assert set(open_case) == set(blind)


def test_an_old_known_answer_looks_as_new_as_the_rest(plan: CheckPlan, waiting: Waiting, rita: User, lena: User, calls: Calls) -> None:
    blind_case(GOLD, waiting, rita, lena)
    old = timedelta(days=90)
    Item.objects.filter(payload__text=TEXT[GOLD]).update(created_at=F("created_at") - old, received_at=F("received_at") - old)
    Case.objects.filter(item__payload__text=TEXT[GOLD]).update(created_at=F("created_at") - old)
    with dice(0.0):
        screen = calls.post("queues/reviews/claim").json()
    assert screen["item"]["payload"]["text"] == TEXT[GOLD]
    ages = [seconds(screen["case"]["created_at"]) - seconds(screen["item"][name]) for name in ("created_at", "received_at")]
    assert all(-1 < age < 120 for age in ages)


def test_a_known_answer_is_in_no_training_set_not_even_retired(plan: CheckPlan, waiting: Waiting, rita: User, lena: User) -> None:
    kept, known = waiting("The soup was cold."), waiting(TEXT[GOLD])
    for case in (kept, known):
        decide(case, rita, ENFORCE)
        settle()
    before = {line["id"] for line in snapshot_freeze(KINDS["review"])[1]}
    assert str(known.item_id) in before
    gold = gold_mark(item=known.item, outcome="enforce", clauses=["4.4"], note="", user=lena)
    for active in (True, False):
        type(gold).objects.update(is_active=active)
        assert {line["id"] for line in snapshot_freeze(KINDS["review"])[1]} == {str(kept.item_id)}


def test_no_address_on_the_screen_tells_when_a_known_answer_came(
    plan: CheckPlan, waiting: Waiting, rita: User, lena: User, page: Client
) -> None:
    blind_case(GOLD, waiting, rita, lena)
    with dice(0.0):
        screen = page.post("/queues/reviews/start", headers={"HX-Request": "true"}).content.decode()
    item = Item.objects.get(payload__text=TEXT[GOLD])
    story = page.get(f"/cases/{Check.objects.get(purpose='gold').case_id}/item").content.decode()
    for html in (screen, story):
        assert TEXT[GOLD] in html
        assert str(item.pk) not in html
    assert "rita" not in story.lower()


def test_the_id_of_a_file_tells_no_time() -> None:
    assert Media().pk.version == 4
