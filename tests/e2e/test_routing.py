"""Rules and queues by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.cases.models import Case, Queue
from console.cases.routing import RoutingRule, routing_current
from console.cases.routing_services import routing_replace


def test_a_lead_orders_switches_and_changes_rules_by_keyboard(open_page: Callable[..., Page], lena: User, address: str) -> None:
    rules = [RoutingRule(id=name, name=f"Rule {name}", when="severity >= 2", queue="reviews") for name in ("one", "two")]
    routing_replace(rules=rules, user=lena, seen=0)
    page = open_page(user=lena)
    page.goto("/routing/")
    for key in ("j", "j", "["):
        page.keyboard.press(key)
    expect(page.locator("[data-rule]").first).to_contain_text("Rule two")
    expect(page.locator("[data-rule='two']")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("o")
    expect(page.locator("[data-rule='two']")).to_contain_text("Switch on")
    page.keyboard.press("Enter")
    expect(page.locator("#rule-name")).to_have_value("Rule two")
    page.keyboard.press("t")
    expect(page.locator("#tried")).to_contain_text("There is no review yet to try it on.")
    current = routing_current()
    assert current is not None
    assert [(row["id"], row["on"]) for row in current.rules] == [("two", False), ("one", True)]


def test_the_list_of_what_comes_next_follows_queue_and_view(rita_page: Page, waiting: Callable[..., Case]) -> None:
    waiting()
    order = waiting("order")
    Case.objects.filter(pk=order.pk).update(severity=3)
    rita_page.goto("/")
    rita_page.keyboard.press("2")
    expect(rita_page.locator("#next")).to_contain_text("None of these")
    steps = list(Queue.objects.order_by("position", "pk").values_list("kind", flat=True)).index("order")
    for _ in range(steps):
        rita_page.keyboard.press("j")
    expect(rita_page.locator("#next > header h2")).to_contain_text("Orders")
    expect(rita_page.locator("#next tbody tr")).to_have_count(1)
