"""Every page: no broken policy of the browser, no serious finding of axe, nothing wider than the window, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.cases.models import Case
from tests.e2e.payloads import PAYLOADS

Waiting = Callable[..., Case]
PAGES = ["/", "/items/", "/items/?q=nothing-like-this", "/items/set-aside/", "/queues/reviews/", "/help/", "/help/keys/",
         "/help/first-item/", "/accounts/password/change/", "/accounts/2fa/", "/models/review/", "/policies/",
         "/policies/review/", "/overview/", "/audit/", "/deliveries/", "/nowhere/"]  # fmt: skip
WIDTHS = [320, 390, 1440]
SERIOUS = ("serious", "critical")


def findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']} ({v['impact']}): {[n['html'][:120] for n in v['nodes'][:3]]}" for v in found if v["impact"] in SERIOUS]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def open_case(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.pk}/")
    if page.locator("#verdict").count() == 0:
        page.get_by_role("button", name="Take it").click()
    expect(page.locator("#verdict")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_has_no_serious_finding_on_any_page(open_page: Callable[..., Page], lena: User, waiting: Waiting, theme: str) -> None:
    case = waiting()
    page = open_page(user=lena, theme=theme)
    for path in [*PAGES, f"/items/{case.item_id}/"]:
        page.goto(path)
        assert (path, findings(page)) == (path, [])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_has_no_serious_finding_on_a_case_of_any_kind(open_page: Callable[..., Page], lena: User, waiting: Waiting, theme: str) -> None:
    page = open_page(user=lena, theme=theme)
    for kind in PAYLOADS:
        open_case(page, waiting(kind))
        page.keyboard.press("1")
        assert (kind, findings(page)) == (kind, [])


def test_it_has_no_serious_finding_at_sign_in(open_page: Callable[..., Page], rita: User) -> None:
    page = open_page()
    page.goto("/accounts/login/")
    assert findings(page) == []
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".error").first).to_be_visible()
    assert findings(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(open_page: Callable[..., Page], lena: User, waiting: Waiting, width: int) -> None:
    cases = [waiting(kind) for kind in PAYLOADS]
    page = open_page(user=lena, width=width, height=844)
    for path in [*PAGES, *(f"/items/{case.item_id}/" for case in cases)]:
        page.goto(path)
        assert (path, overflow(page)) == (path, 0)
    for case in cases:
        open_case(page, case)
        page.keyboard.press("1")
        assert (case.item.kind, overflow(page)) == (case.item.kind, 0)


def test_it_holds_a_word_without_an_end(open_page: Callable[..., Page], lena: User, waiting: Waiting) -> None:
    case = waiting(text="W" * 4000 + " \u202eabc", title="T" * 300, subject="S" * 300)
    page = open_page(user=lena, width=320, height=844)
    for path in ("/", "/items/", f"/items/{case.item_id}/", f"/cases/{case.pk}/"):
        page.goto(path)
        assert (path, overflow(page)) == (path, 0)


def test_it_keeps_the_theme_that_was_chosen(rita_page: Page, rita: User) -> None:
    rita_page.get_by_role("button", name="Your account").press("Enter")
    rita_page.get_by_role("button", name="Dark").press("Enter")
    expect(rita_page.locator("html")).to_have_attribute("data-theme", "dark")
    rita.refresh_from_db()
    assert rita.theme == "dark"


def test_it_opens_the_menu_on_a_narrow_screen(open_page: Callable[..., Page], rita: User) -> None:
    page = open_page(user=rita, width=390, height=844)
    items = page.get_by_role("link", name="Items", exact=True)
    expect(items).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(items).to_be_visible()
    items.press("Enter")
    page.wait_for_url("**/items/")


def test_it_searches_from_anywhere(rita_page: Page, waiting: Waiting) -> None:
    case = waiting(title="A very particular kettle")
    rita_page.goto("/help/")
    rita_page.keyboard.press("/")
    rita_page.keyboard.type("particular")
    rita_page.keyboard.press("Enter")
    rita_page.wait_for_url("**/items/?q=particular")
    expect(rita_page.get_by_role("link", name="A very particular kettle")).to_have_attribute("href", f"/items/{case.item_id}/")


def test_it_skips_to_the_content(rita_page: Page) -> None:
    rita_page.keyboard.press("Tab")
    link = rita_page.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#content")).to_be_focused()


def test_it_signs_out(rita_page: Page) -> None:
    rita_page.get_by_role("button", name="Your account").press("Enter")
    rita_page.get_by_role("button", name="Sign out").press("Enter")
    rita_page.wait_for_url("**/accounts/login/")
    rita_page.goto("/")
    rita_page.wait_for_url("**/accounts/login/?next=/")
