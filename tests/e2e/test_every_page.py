"""Every page: no broken policy of the browser, no serious finding of axe, nothing wider than the window, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.test import Client
from django.urls import URLPattern, URLResolver
from playwright.sync_api import Page

from console.accounts.models import User
from console.ui import admin_urls, urls
from tests.e2e.every_page import LINKED, PLAIN, address_of
from tests.e2e.looks import flaws

# What nothing here has led to, and a page that is not drawn in our own frame.
NOT_HERE = {"item-decided", "items-like", "model-version", "model-run", "delivery", "check-review", "check-disagreement", "api"}


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str = "/") -> set[str]:
    """Our own addresses that need nothing filled in."""
    found: set[str] = set()
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if "<" in here or "^" in here or here == "/accounts/":
            continue
        found |= addresses(pattern.url_patterns, here) if isinstance(pattern, URLResolver) else {here}
    return found


def test_the_list_of_pages_is_whole(client: Client, everything: User) -> None:
    client.force_login(everything)
    known = {address.partition("?")[0] for address in PLAIN.values()}
    for path in sorted(addresses([*urls.urlpatterns, *admin_urls.urlpatterns])):
        answer = client.get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            assert path in known


def test_every_page_can_be_read_by_everybody_and_fits_every_window(open_page: Callable[..., Page], everything: User) -> None:
    page = open_page(user=everything, by_form=True)  # some pages ask for a fresh password
    for name in [*PLAIN, *LINKED]:
        if name in NOT_HERE:
            continue
        place = address_of(page, "", name)
        assert place, f"nothing leads to {name}"
        page.goto(place)
        assert (name, flaws(page)) == (name, [])


def test_a_break_can_be_read_by_everybody(open_page: Callable[..., Page], everything: User) -> None:
    page = open_page(user=everything, by_form=True)  # some pages ask for a fresh password
    page.goto("/my-day/")
    page.get_by_role("button", name="Take a break").press("Enter")
    page.wait_for_url("**/my-day/break/")
    assert flaws(page) == []
