"""Every page: no broken policy of the browser, no serious finding of axe, nothing wider than the window, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from playwright.sync_api import Page, expect

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import duty_give, role_give
from console.backtests.run import backtest_turn
from console.backtests.services import backtest_request
from console.backtests.subjects import asked_rule
from console.cases.models import Case
from console.insights.models import SavedView
from console.ui import admin_urls, urls
from tests.e2e.every_page import LINKED, PLAIN, address_of
from tests.e2e.payloads import PAYLOADS

Waiting = Callable[..., Case]
SIZES = [(1440, 900), (720, 450), (390, 844), (320, 640)]  # the second is 1440 wide at 200 %
SERIOUS = ("serious", "critical")
# What nothing here has led to, and a page that is not drawn in our own frame.
NOT_HERE = {"item-decided", "items-like", "model-version", "model-run", "delivery", "check-review", "check-disagreement", "api"}


def findings(page: Page, *rules: str) -> list[str]:
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = Axe().run(page, options=only).response["violations"]
    return [f"{v['id']} ({v['impact']}): {[n['html'][:120] for n in v['nodes'][:3]]}" for v in found if v["impact"] in SERIOUS]


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def flaws(page: Page) -> list[str]:
    """What is wrong with how a page looks: everything in the light, the contrast in the dark, and its width at every size."""
    page.set_viewport_size({"width": 1440, "height": 900})
    found = findings(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {sentence}" for sentence in findings(page, "color-contrast")]
    page.emulate_media(color_scheme="light")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if wider := overflow(page):
            found.append(f"{wider} px wider than {width}")
    return found


def open_case(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.pk}/")
    if page.locator("#verdict").count() == 0:
        page.get_by_role("button", name="Take it").click()
    expect(page.locator("#verdict")).to_be_visible()


@pytest.fixture
def everything(lena: User, waiting: Waiting) -> User:
    """Lena may see every page, and every page has something to show."""
    role_give(user=lena, role=Role.ADMIN)
    duty_give(user=lena)
    for kind in PAYLOADS:
        waiting(kind)
    SavedView.objects.create(owner=lena, name="Contacts of the week", query={"kind": "contact"})
    backtest_turn(backtest_request(asked=asked_rule(kind="review", when="reports >= 0"), user=lena).pk)
    return lena


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
    page = open_page(user=everything)
    for name in [*PLAIN, *LINKED]:
        if name in NOT_HERE:
            continue
        place = address_of(page, "", name)
        assert place, f"nothing leads to {name}"
        page.goto(place)
        assert (name, flaws(page)) == (name, [])


def test_a_break_can_be_read_by_everybody(open_page: Callable[..., Page], everything: User) -> None:
    page = open_page(user=everything)
    page.goto("/my-day/")
    page.get_by_role("button", name="Take a break").press("Enter")
    page.wait_for_url("**/my-day/break/")
    assert flaws(page) == []


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
