"""Orders and contact records in the browser: keys, the third way, the graph by keyboard, undo, small screens, axe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.cases.models import Case
from console.scores.models import Score
from console.verdicts.models import Verdict
from tests.e2e.looks import flaws
from tests.e2e.test_deciding import COUNT_MOUSE

Waiting = Callable[..., Case]
MEASURED = {"percentiles": {"account_age_days": 4, "amount": 88}, "population": "500 orders of a test"}


@pytest.fixture
def order(waiting: Waiting) -> Case:
    """One that shares its device with a chargeback's, with a score to reveal."""
    waiting("order", user_id="u1", placed_at=(timezone.now() - timedelta(hours=3)).isoformat())
    placed = timezone.now() - timedelta(minutes=20)
    case = waiting("order", amount=900.0, placed_at=placed.isoformat(), account_created_at=(placed - timedelta(days=1)).isoformat())
    evidence = [
        {"type": "contribution", "label": "risk", "field": "device_cards_30d", "value": 4, "weight": w, "text": text}
        for w, text in ((1.2, "Cards on the device: 4"), (-0.4, "Two-factor check: yes"))
    ]
    counterfactual = {"sentence": "With the billing address as delivery address, 3 in 10 like this would be fraud instead of 8 in 10."}
    Score.objects.create(
        item=case.item, model="order@test", checksum="0" * 64, risk=0.81, evidence=evidence,
        extra={"measured": MEASURED, "counterfactual": counterfactual},
    )  # fmt: skip
    return case


@pytest.fixture
def record(waiting: Waiting) -> Case:
    waiting("contact", email="lena@old.example")
    said = {"value": "Northpier Lifting", "source": "Team page", "url": "https://northpier.example/team", "date": "2026-11-12"}
    return waiting("contact", candidates={"company": [said]}, updated_at=(timezone.now() - timedelta(days=640)).isoformat())


def take(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.pk}/")
    if page.locator("#verdict").count() == 0:
        page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_visible()


def test_it_asks_first_by_one_key_and_undoes_it(rita_page: Page, order: Case) -> None:
    rita_page.add_init_script(COUNT_MOUSE)
    take(rita_page, order)
    words = rita_page.locator("[data-commit-words]")
    rita_page.keyboard.press("v")
    expect(words).to_have_text("Choose a reason")
    rita_page.keyboard.press("1")
    expect(words).to_have_text("Verify: stolen card")
    rita_page.keyboard.press("r")
    expect(words).to_have_text("Cancel: stolen card")
    rita_page.keyboard.press("a")
    expect(words).to_have_text("Release")
    rita_page.keyboard.press("5")  # friendly fraud is to be asked about, not cancelled
    expect(words).to_have_text("Verify: friendly fraud")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_contain_text("held, to verify")
    assert Verdict.objects.get().action == "verify"
    rita_page.keyboard.press("u")
    rita_page.wait_for_url(f"**/cases/{order.pk}/")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Verify: friendly fraud")
    assert Verdict.objects.get().state == Verdict.State.UNDONE
    assert rita_page.evaluate("window.mouse") == 0


def test_it_shows_the_reasons_after_a_first_verdict(rita_page: Page, order: Case) -> None:
    take(rita_page, order)
    expect(rita_page.get_by_text("Less than 96 in 100")).to_be_visible()
    expect(rita_page.locator(".ten, .weights")).to_have_count(0)
    rita_page.keyboard.press("e")
    expect(rita_page.locator("#problem")).to_contain_text("choose your outcome first")
    rita_page.keyboard.press("r")
    rita_page.keyboard.press("e")
    expect(rita_page.locator("details.evidence")).to_contain_text("3 in 10 like this would be fraud instead of 8 in 10.")
    expect(rita_page.locator('[name="outcome"][value="enforce"]')).to_be_checked()  # the first verdict is still chosen
    assert order.claims.get().first_outcome == "enforce"
    rita_page.keyboard.press("1")
    rita_page.keyboard.press("p")
    expect(rita_page.get_by_text("A card that pays for somebody who does not hold it.")).to_be_visible()


def test_the_graph_is_for_the_keyboard_too_and_gives_way_to_its_table(open_page: Callable[..., Page], rita: User, order: Case) -> None:
    page = open_page(user=rita)
    take(page, order)
    node = page.locator("svg.links a.node").first
    expect(node).to_be_visible()
    node.focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    assert "/items/" in opened.value.url
    opened.value.close()
    expect(page.locator("#verdict")).to_be_visible()  # the case is where it was
    small = open_page(user=rita, width=390, height=844)
    small.goto(f"/cases/{order.pk}/")
    expect(small.locator("svg.links")).to_be_hidden()
    expect(small.get_by_role("region", name="What it shares with other orders, as a table")).to_be_visible()


def test_a_record_is_decided_by_the_keyboard_with_its_double(rita_page: Page, record: Case) -> None:
    rita_page.add_init_script(COUNT_MOUSE)
    requests: list[str] = []
    rita_page.on("request", lambda request: requests.append(request.url))
    take(rita_page, record)
    first = rita_page.locator("[data-field][data-current]")
    expect(first).to_have_attribute("data-field", "email")  # sources differ: it comes first
    for key in ("y", "f", "y", "0"):
        rita_page.keyboard.press(key)
    rita_page.keyboard.press("m")
    rita_page.keyboard.press("ArrowRight")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    fields = dict(Verdict.objects.get().fields)
    assert next(name for name, answer in fields.items() if answer == "keep_that").startswith("same:")
    assert (fields["email"], fields["company"]) == ("right", "wrong")
    rita_page.keyboard.press("u")
    rita_page.wait_for_url(f"**/cases/{record.pk}/")
    expect(rita_page.locator('[name="field:email"][value="right"]')).to_be_checked()
    expect(rita_page.locator('[value="keep_that"]')).to_be_checked()
    assert rita_page.evaluate("window.mouse") == 0
    assert not [url for url in requests if "northpier.example" in url]  # a source is opened by a person or not at all


def test_they_are_clean_and_fit(open_page: Callable[..., Page], rita: User, order: Case, record: Case) -> None:
    page = open_page(user=rita)
    for case in (order, record):
        page.set_viewport_size({"width": 1440, "height": 900})
        take(page, case)
        page.keyboard.press("r")
        if case == order:
            page.keyboard.press("e")
            expect(page.locator("details.evidence")).to_be_visible()
        assert flaws(page) == []
