"""Cases of every kind, and what every page shares: no serious finding of axe, nothing wider than the window, in both themes."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.cases.models import Case
from tests.e2e.looks import findings, flaws, open_case, overflow

Waiting = Callable[..., Case]


def test_a_case_of_every_kind_can_be_read_by_everybody(open_page: Callable[..., Page], everything: User) -> None:
    page = open_page(user=everything)
    for case in Case.objects.select_related("item"):
        kind = case.item.kind
        page.set_viewport_size({"width": 1440, "height": 900})
        open_case(page, case)
        assert (kind, flaws(page)) == (kind, [])
        page.keyboard.press("1")
        page.keyboard.press("e")
        expect(page.locator("details.evidence")).to_be_visible()
        assert (f"{kind} with evidence", flaws(page)) == (f"{kind} with evidence", [])
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        assert (f"{kind} with keys", findings(page)) == (f"{kind} with keys", [])
        page.keyboard.press("Escape")
        page.goto(reverse("ui:item", args=[case.item_id]))
        assert (f"the story of a {kind}", flaws(page)) == (f"the story of a {kind}", [])


def test_it_has_no_serious_finding_at_sign_in(open_page: Callable[..., Page], rita: User) -> None:
    page = open_page()
    page.goto("/accounts/login/")
    assert findings(page) == []
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".error").first).to_be_visible()
    assert findings(page) == []


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
