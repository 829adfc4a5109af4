"""Rules that choose the queue: the first that holds, for every way in; one that fails loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from console.accounts.models import User
from console.audit.models import AuditRow
from console.cases.models import Case, Queue, RoutingVersion, RuleFault
from console.cases.queue_services import QueueForm, queue_create
from console.cases.routing import RoutingRule, router_load, routing_current
from console.cases.routing_services import routing_replace
from console.cases.routing_trial import routing_trial
from console.common.errors import Conflict, Invalid
from console.flow import item_report
from console.scores.models import Decision
from scoring.signals.rules import RuleError, compile_rule

Waiting = Callable[..., Case]
USUAL = "reviews"


@pytest.fixture
def german(lena: User, ready: None) -> Queue:
    return queue_create(form=QueueForm(title="German", kind="review"), user=lena)


@pytest.fixture
def page(client: Client, lena: User) -> Client:
    client.force_login(lena)
    return client


def rule(when: str, queue: Queue | str, *, id: str = "r1", on: bool = True) -> RoutingRule:
    return RoutingRule(id=id, name=f"Rule {id}", when=when, queue=queue if isinstance(queue, str) else queue.slug, on=on)


def put(user: User, *rules: RoutingRule) -> RoutingVersion:
    current = routing_current()
    return routing_replace(rules=rules, user=user, seen=current.number if current else 0)


@pytest.mark.parametrize(
    "when",
    ['source == "shop"', 'language == "de"', "severity >= 2", 'payload.text.contains("Suppe")', 'actor.id == "a1"', "reports == 0",
     'item.kind == "review"', "score.risk == null", "!has(signals.spam)"],
)  # fmt: skip
def test_a_rule_sees_what_is_known_of_the_item(waiting: Waiting, german: Queue, lena: User, when: str) -> None:
    put(lena, rule(when, german))
    payload = {"text": "Die Suppe war kalt.", "language": "de-AT"}
    case = waiting(payload=payload, severity_hint=2, actor={"id": "a1"})
    assert case.queue == german
    assert AuditRow.objects.get(verb="case.opened").data["rule"] == "Rule r1"


def test_the_first_rule_that_holds_wins_and_one_that_is_off_does_not_count(waiting: Waiting, german: Queue, lena: User) -> None:
    off, never = rule("true", german, id="a", on=False), rule("false", german, id="b")
    put(lena, off, never, rule("true", USUAL, id="c"), rule("true", german, id="d"))
    assert waiting().queue.slug == USUAL


def test_a_rule_counts_for_the_kind_of_its_queue_only(waiting: Waiting, german: Queue, lena: User) -> None:
    put(lena, rule("true", german))
    order = waiting(kind="order", payload={"amount": 12, "placed_at": "2026-01-02T10:00:00Z"})
    assert order.queue.kind == "order"


def test_what_was_let_through_and_is_reported_later_is_routed_too(
    waiting: Waiting, post: Callable[..., object], german: Queue, lena: User, score_all: Callable[[], None]
) -> None:
    put(lena, rule("reports > 0", german))
    case = waiting()
    Case.objects.filter(pk=case.pk).update(state="closed")
    decision = Decision.objects.get(item=case.item)
    Decision.objects.filter(pk=decision.pk).update(
        outcome="allow", automated=True, score=case.item.scores.get(), model="review@1", state="effective"
    )
    type(case.item).objects.filter(pk=case.item_id).update(status="decided")
    item_report(item=case.item, reporter="u", reason="rude", text="", actor="source:shop")
    assert Case.objects.exclude(state="closed").get().queue == german


def test_a_rule_that_fails_sends_the_item_to_the_usual_queue_and_says_so(page: Client, waiting: Waiting, german: Queue, lena: User) -> None:
    put(lena, rule("payload.stars > 3", german))
    cases = [waiting("One."), waiting("Two.")]
    assert {case.queue.slug for case in cases} == {USUAL}
    fault = RuleFault.objects.get()
    assert (fault.rule, fault.items, fault.item_id) == ("r1", 2, cases[1].item_id)
    html = page.get("/routing/").content.decode()
    assert "Could not be worked out for 2 items" in html
    assert "stars" in html
    put(lena, rule("has(payload.stars)", german))
    assert "Could not be worked out" not in page.get("/routing/").content.decode()


def test_a_full_queue_is_passed_over(waiting: Waiting, german: Queue, lena: User) -> None:
    put(lena, rule("true", german))
    Queue.objects.filter(pk=german.pk).update(capacity=2)
    assert [waiting(f"Soup {n}.").queue.slug for n in range(3)] == ["german", "german", USUAL]


def test_routing_a_batch_asks_the_database_once(german: Queue, lena: User, django_assert_num_queries: object) -> None:
    put(lena, rule("true", german))
    router_load("review")
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(router_load("review").rules) == 1


def test_every_change_is_a_version_that_cannot_be_changed(german: Queue, lena: User) -> None:
    first = put(lena, rule("true", german))
    second = put(lena, rule("false", german), rule("true", USUAL, id="b"))
    assert (first.number, second.number) == (1, 2)
    audited = AuditRow.objects.filter(verb="routing.changed").order_by("pk")
    assert [row.data["version"] for row in audited] == [1, 2]
    assert audited[1].data["rules"] == second.rules
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
        RoutingVersion.objects.filter(pk=first.pk).update(rules=[])


def test_it_does_not_overwrite_what_somebody_else_changed(german: Queue, lena: User) -> None:
    put(lena, rule("true", german))
    with pytest.raises(Conflict, match="Somebody else"):
        routing_replace(rules=[], user=lena, seen=0)


def test_it_says_what_is_wrong_with_line_and_column(german: Queue, lena: User) -> None:
    wrong = [rule("source == \n 'shop' &&& true", german), RoutingRule(id="b", name="", when="weather > 3", queue="nowhere")]
    with pytest.raises(Invalid) as refused:
        routing_replace(rules=wrong, user=lena, seen=0)
    assert set(refused.value.fields) == {"rules.0.when", "rules.1.name", "rules.1.when", "rules.1.queue"}
    assert "line 2, column" in refused.value.fields["rules.0.when"][0]
    assert "line 1, column 1: there is no 'weather' here" in refused.value.fields["rules.1.when"][0]


def test_a_policy_rule_does_not_see_what_only_routing_knows() -> None:
    with pytest.raises(RuleError, match="there is no 'source'"):
        compile_rule('source == "shop"')


def test_it_tries_a_rule_before_it_is_saved(waiting: Waiting, german: Queue, lena: User) -> None:
    for number in range(4):
        waiting(f"Soup {number}.", severity_hint=number)
    rules = [rule("severity == 3", german, id="a"), rule("severity >= 2", german, id="new"), rule("true", german, id="z", on=False)]
    trial = routing_trial(kind="review", rules=rules, tried="new")
    assert (trial.items, trial.taken, trial.earlier, trial.usual) == (4, 1, 1, 2)
    assert [item.headline for item in trial.samples] == ["Soup 2."]
    failing = routing_trial(kind="review", rules=[rule("payload.stars > 3", german, id="new")], tried="new", newest=3)
    assert (failing.items, failing.failed, failing.usual) == (3, 3, 3)
    assert "stars" in failing.error


def posted(number: int, **more: str) -> dict[str, str]:
    return {"name": "Shop", "when": 'source == "shop"', "queue": "german", "seen": str(number), **more}


def test_a_lead_adds_changes_orders_switches_and_deletes_rules_in_the_browser(page: Client, german: Queue) -> None:
    assert "No rules yet" in page.get("/routing/").content.decode()
    page.post("/routing/save", posted(0))
    page.post("/routing/save", posted(1, name="Other"))
    current = routing_current()
    assert current is not None
    first, second = current.rules
    page.post("/routing/save", posted(2, id=first["id"], name="Shop first"))
    page.post("/routing/step", {"id": second["id"], "what": "up", "seen": "3"})
    page.post("/routing/step", {"id": second["id"], "what": "switch", "seen": "4"})
    html = page.get("/routing/", {"edit": first["id"]}).content.decode()
    assert 'value="Shop first"' in html
    assert "Version 5" in html
    current = routing_current()
    assert current is not None
    assert [(row["name"], row["on"]) for row in current.rules] == [("Other", False), ("Shop first", True)]
    answer = page.post("/routing/step", {"id": second["id"], "what": "delete", "seen": "4"}, follow=True)
    assert "Somebody else changed the rules" in answer.content.decode()
    page.post("/routing/step", {"id": second["id"], "what": "delete", "seen": "5"})
    page.post("/routing/restore", {"number": "2", "seen": "6"})
    current = routing_current()
    assert current is not None
    assert (current.number, [row["name"] for row in current.rules]) == (7, ["Shop", "Other"])


def test_what_is_wrong_is_shown_beside_what_was_written(page: Client, german: Queue) -> None:
    answer = page.post("/routing/save", posted(0, when="source ==", name="My rule"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="My rule"' in html
    assert "source ==</textarea>" in html
    assert "line 1, column" in html
    conflict = page.post("/routing/save", posted(9, name="My rule"))
    assert conflict.status_code == 409
    assert 'value="My rule"' in conflict.content.decode()
    assert routing_current() is None


def test_the_page_tries_a_rule_and_shows_no_item_that_waits_for_a_verdict(page: Client, waiting: Waiting, german: Queue) -> None:
    decided, undecided = waiting("The bread was old."), waiting("The soup was cold.")
    Case.objects.filter(pk=decided.pk).update(state="closed")
    html = page.post("/routing/try", posted(0)).content.decode()
    assert "Of the newest 2 reviews it would send 2 here." in html
    assert decided.item.headline in html
    assert undecided.item.headline not in html
    assert routing_current() is None
    assert "line 1, column" in page.post("/routing/try", posted(0, when="source ==")).content.decode()


@pytest.mark.parametrize("path", ["/routing/", "/queues/new/", "/queues/reviews/settings/"])
def test_it_forbids_the_pages_of_leads_to_others(client: Client, rita: User, petra: User, ready: None, path: str) -> None:
    for user in (rita, petra):
        client.force_login(user)
        assert client.get(path).status_code == 403


def test_a_lead_makes_and_changes_a_queue_in_the_browser(page: Client, ready: None) -> None:
    assert page.get("/queues/new/").status_code == 200
    form = {"title": "Severe chats", "kind": "chat", "sla_minutes": "60", "sla_severe": "10", "groups": ["lead"]}
    page.post("/queues/new/", form)
    queue = Queue.objects.get(slug="severe-chats")
    assert (queue.sla_severe, queue.kind, [group.name for group in queue.groups.all()]) == (10, "chat", ["lead"])
    assert 'value="10"' in page.get("/queues/severe-chats/settings/").content.decode()
    answer = page.post("/queues/severe-chats/settings/", {**form, "sla_minutes": "soon", "capacity": "5"})
    assert answer.status_code == 422
    assert "Write a number." in answer.content.decode()
    page.post("/queues/severe-chats/settings/", {**form, "capacity": "5", "title": "Chats first"})
    queue.refresh_from_db()
    assert (queue.title, queue.capacity) == ("Chats first", 5)


def test_a_lead_moves_pauses_and_merges_in_the_browser(page: Client, waiting: Waiting, german: Queue) -> None:
    first, second = waiting("One."), waiting("Two.", severity_hint=3)
    html = page.get("/queues/reviews/").content.decode()
    assert "Move cases" in html
    page.post("/queues/reviews/move", {"to": "german", "which": "some", "case": [str(first.pk)]})
    assert Case.objects.get(pk=first.pk).queue == german
    nothing = page.post("/queues/reviews/move", {"to": "german", "which": "some"}, follow=True)
    assert "Choose at least one case" in nothing.content.decode()
    page.post("/queues/reviews/move", {"to": "german", "which": "all", "severity": "3"})
    assert Case.objects.get(pk=second.pk).queue == german
    assert "moved to German" in page.get("/queues/german/").content.decode()
    page.post("/queues/german/pause", {"what": "pause"})
    assert "Resume" in page.get("/").content.decode()
    page.post("/queues/german/pause", {"what": "resume", "back": "all"})
    page.post("/queues/german/merge", {"into": "reviews"})
    assert set(Case.objects.values_list("queue__slug", flat=True)) == {"reviews"}
    assert "now part of Reviews" in page.get("/routing/").content.decode()
