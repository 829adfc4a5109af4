"""Queues and routing by the API: works for leads and admins, rejects in words, forbids others (tests/security walks the roles)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.cases.models import Case, Queue
from tests.console.calls import Calls, fields, of, problem, signed_in

Waiting = Callable[..., Case]


@pytest.fixture
def lead(lena: User, ready: None) -> Calls:
    return signed_in(lena)


def make(lead: Calls, **more: object) -> str:
    answer = lead.post("queues", {"title": "German", "kind": "review", **more})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["slug"])


def test_it_makes_changes_pauses_and_archives_a_queue(lead: Calls) -> None:
    slug = make(lead, sla_minutes=90, sla_severe=15, capacity=10, verdict_first=True, verdict_first_above=50, groups=["lead"])
    row = next(row for row in lead.get("queues").json()["results"] if row["slug"] == slug)
    assert (row["sla_severe"], row["capacity"], row["verdict_first_above"], row["people_needed"]) == (15, 10, 50, 0)
    assert row["by_severity"][0] == {"severity": "severe", "waiting": 0, "oldest_at": None, "limit_minutes": 15}
    changed = lead.send("PATCH", f"queues/{slug}", {"sla_severe": None, "title": "German first"}).json()
    assert (changed["title"], changed["sla_severe"], changed["sla_minutes"]) == ("German first", None, 90)
    assert lead.post(f"queues/{slug}/pause").json()["is_paused"] is True
    problem(lead.post(f"queues/{slug}/pause"), 409, "conflict")
    assert lead.post(f"queues/{slug}/resume").json()["is_paused"] is False
    assert lead.send("DELETE", f"queues/{slug}").status_code == 204
    problem(lead.send("PATCH", f"queues/{slug}", {"title": "Again"}), 404)


def test_it_says_which_fields_are_not_right(lead: Calls) -> None:
    assert fields(problem(lead.post("queues", {"title": "", "kind": "review", "sla_minutes": 0}), 400)) == {"title", "sla_minutes"}
    assert fields(problem(lead.post("queues", {"title": "X", "kind": "letter"}), 400)) == {"kind"}
    assert fields(problem(lead.send("PATCH", "queues/reviews", {"groups": ["nobody"]}), 400)) == {"groups"}
    problem(lead.send("DELETE", "queues/reviews"), 409, "conflict")


def test_it_moves_and_merges(lead: Calls, waiting: Waiting) -> None:
    first, _second = waiting("One."), waiting("Two.", severity_hint=3)
    slug = make(lead)
    moved = lead.post("queues/reviews/move", {"to": slug, "severity": 3})
    assert moved.status_code == 202
    assert (moved.json()["moved"], moved.json()["state"]) == (1, "done")
    assert lead.get(f"transfers/{moved.json()['id']}").json() == moved.json()
    problem(lead.get(f"transfers/{uuid.uuid4()}"), 404)
    assert lead.post("queues/reviews/move", {"to": slug, "cases": [str(first.pk)]}).json()["moved"] == 1
    problem(lead.post("queues/reviews/move", {"to": "orders"}), 400)
    problem(lead.post("queues/reviews/move", {"to": "nowhere"}), 404)
    merged = lead.post(f"queues/{slug}/merge", {"into": "reviews"}).json()
    assert (merged["moved"], merged["to"]) == (2, "reviews")
    assert Queue.objects.get(slug=slug).archived_at is not None


def test_a_token_moves_only_what_its_source_sent(waiting: Waiting, lead: Calls, rival: Source) -> None:
    waiting()
    slug = make(lead)
    assert of(rival, Role.LEAD).post("queues/reviews/move", {"to": slug}).json()["moved"] == 0


def test_a_lead_changes_only_queues_that_they_may_work_in(lead: Calls, ada: User) -> None:
    slug = make(signed_in(ada), groups=["admin"])
    problem(lead.send("PATCH", f"queues/{slug}", {"title": "Mine"}), 404)
    assert signed_in(ada).send("PATCH", f"queues/{slug}", {"title": "Mine"}).status_code == 200


def test_it_replaces_the_rules_as_a_whole(lead: Calls, waiting: Waiting) -> None:
    slug = make(lead)
    assert lead.get("routing").json() == {"version": 0, "note": "", "rules": []}
    rule = {"name": "Shop", "when": 'source == "shop"', "queue": slug}
    made = lead.post("routing", {"version": 0, "rules": [rule], "note": "First"})
    assert made.status_code == 201
    assert made.json()["version"] == 1
    assert waiting().queue.slug == slug
    known = {**rule, "id": made.json()["rules"][0]["id"], "when": "payload.stars > 2"}
    assert lead.post("routing", {"version": 1, "rules": [known]}).json()["rules"][0]["id"] == known["id"]
    waiting("Two.")
    failed = lead.get("routing").json()["rules"][0]
    assert (failed["failed_items"], "stars" in failed["error"]) == (1, True)
    problem(lead.post("routing", {"version": 1, "rules": []}), 409, "rules_changed")
    wrong = problem(lead.post("routing", {"version": 2, "rules": [{**rule, "when": "source =="}]}), 400)
    assert fields(wrong) == {"rules.0.when"}


def test_views_are_taken_from_who_sent_the_item(shop: Source, rival: Source, waiting: Waiting) -> None:
    case = waiting()
    assert of(shop).post(f"items/{case.item_id}/views", {"views": 90_000}).status_code == 202
    case.refresh_from_db()
    assert case.place["rate"] > 1000
    problem(of(rival).post(f"items/{case.item_id}/views", {"views": 1}), 404)
    problem(of(shop).post(f"items/{case.item_id}/views", {"views": -1}), 400)
