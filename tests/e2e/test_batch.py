"""Many at once by the keyboard alone: open what belongs together, leave some out, decide, undo all of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.cases.models import Case, Claim
from console.verdicts.models import Verdict
from tests.e2e.looks import flaws

Waiting = Callable[..., Case]
SPAM = "Half price tickets for everybody, visit cheap-tix.example and message me today, the offer ends on day {}."


@pytest.fixture
def campaign(waiting: Waiting) -> list[Case]:
    return [waiting(title="Half price", text=SPAM.format(day), rating=5) for day in range(12)]


def open_batch(page: Page, campaign: list[Case]) -> None:
    page.goto("/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    expect(page.get_by_text("12 reviews say nearly the same")).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url("**/batches/**")
    expect(page.locator("[data-line]")).to_have_count(12)


def test_it_decides_twelve_with_two_left_out_and_undoes_them_as_one(rita_page: Page, campaign: list[Case]) -> None:
    page = rita_page
    page.add_init_script(
        "window.mouse = 0; for (const kind of ['mousedown', 'pointerdown']) addEventListener(kind, () => window.mouse += 1, true)"
    )
    open_batch(page, campaign)
    expect(page.locator("[data-line] ins").first).to_be_visible()  # the difference to the first one
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press(" ")
    expect(page.locator("#detail")).to_be_visible()
    expect(page.locator("#detail .words").first).to_contain_text("Half price")
    page.keyboard.press(" ")
    expect(page.locator("#detail")).not_to_be_visible()
    page.keyboard.press("5")
    expect(page.locator("[data-commit-words]")).to_contain_text("Remove 10")
    page.reload()
    expect(page.locator("[data-commit-words]")).to_contain_text("Remove 10")  # the draft is kept
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    expect(page.locator("#toast")).to_contain_text("10 removed")
    assert Verdict.objects.filter(state="given").count() == 10
    page.keyboard.press("u")
    page.wait_for_url("**/batches/**")
    expect(page.get_by_text("10 undone. Everything is as it was before.")).to_be_visible()
    expect(page.locator("[data-exclude]:checked")).to_have_count(2)
    assert not Verdict.objects.filter(state="given").exists()
    assert Claim.objects.filter(state="open").count() == 12
    assert page.evaluate("window.mouse") == 0


def test_it_fits_a_narrow_screen_and_needs_no_colour(open_page: Callable[..., Page], rita: User, campaign: list[Case]) -> None:
    page = open_page(user=rita, width=320, height=700, theme="dark")
    open_batch(page, campaign)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(page.locator("[data-line]").first.get_by_text("Leave out")).to_be_visible()
    assert flaws(page) == []
