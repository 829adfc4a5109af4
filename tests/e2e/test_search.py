"""Search and accounts in a real browser: the keyboard is enough, axe has nothing serious to say, nothing is too wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.cases.models import Case
from tests.e2e.looks import findings, overflow

Waiting = Callable[..., Case]


def test_it_searches_and_opens_by_keys_alone(rita_page: Page, waiting: Waiting) -> None:
    cases = [waiting(title=f"Kettle {number}") for number in range(3)]
    rita_page.goto("/items/?q=kettle")
    for key in ("j", "j", "k", "j"):
        rita_page.keyboard.press(key)
    expect(rita_page.get_by_role("link", name="Kettle 1", exact=True)).to_be_focused()
    rita_page.keyboard.press("/")
    expect(rita_page.locator("#f-q")).to_be_focused()
    rita_page.keyboard.press("Escape")
    rita_page.keyboard.press("k")
    expect(rita_page.get_by_role("link", name="Kettle 0", exact=True)).to_be_focused()
    rita_page.keyboard.press("Enter")
    rita_page.wait_for_url(f"**/items/{cases[0].item_id}/")
    rita_page.keyboard.press("=")
    rita_page.wait_for_url(f"**/items/?like={cases[0].item_id}")
    expect(rita_page.get_by_role("heading", level=1)).to_have_text("More like this review")


def test_on_a_phone_filters_are_folded_with_their_number_and_open_in_one_tap(open_page: Callable[..., Page], rita: User) -> None:
    page = open_page(user=rita, width=390, height=844)
    page.goto("/items/?view=all&kind=review&status=decided")
    kind, summary = page.locator("#f-kind"), page.locator("details.further > summary")
    expect(kind).to_be_hidden()
    expect(summary).to_have_text("More filters, 2 in use")
    expect(page.locator("#f-q")).to_be_visible()
    summary.click()
    expect(kind).to_be_visible()
    expect(page.locator("#f-language")).to_be_visible()
    assert overflow(page) == 0
    page.set_viewport_size({"width": 1440, "height": 900})
    summary.click()
    expect(page.locator("#f-language")).to_be_hidden()
    expect(kind).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (320, "dark")])
def test_its_pages_can_be_read_by_everyone(open_page: Callable[..., Page], lena: User, waiting: Waiting, width: int, theme: str) -> None:
    case = waiting(title="A kettle")
    page = open_page(user=lena, theme=theme, width=width)
    author = f"/authors/shop-eu/{case.item.actor_id}/"
    paths = [
        "/items/?q=kettle&by=person", f"/items/?like={case.item_id}", author, "/items/export/?q=a", "/items/views/new/?q=a",
    ]  # fmt: skip
    for path in paths:
        page.goto(path)
        assert (path, findings(page), overflow(page)) == (path, [], 0)
