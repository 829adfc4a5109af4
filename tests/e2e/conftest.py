"""A real browser against the real server on a real database. Rita reviews, Lena leads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from console.accounts.models import Source, User
from console.accounts.roles import Role
from console.accounts.services import duty_give, role_give, source_ensure, user_create
from console.backtests.run import backtest_turn
from console.backtests.services import backtest_request
from console.backtests.subjects import asked_rule
from console.cases.models import Case
from console.cases.services import queue_ensure_defaults
from console.flow import items_receive, scoring_gave_up
from console.insights.models import SavedView
from console.intake.parsing import parse_item
from console.policies.services import policy_ensure_defaults
from tests.e2e.browser import chromium, sign_in
from tests.e2e.payloads import PAYLOADS
from tests.e2e.served import Served

PASSWORD = "plain-sight-42"
SERVED = Served()
# Refusals that a test provokes: the browser and htmx each note them.
EXPECTED = (
    "status of 409", "status of 422", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Response Status Error Code 4", "htmx:afterRequest",
    "htmx:sendError",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; the tests themselves are not asynchronous.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with chromium() as found:
        yield found
        connections.close_all()  # those of this loop: nobody else can reach them later
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def address(live_server: Any, settings: LazySettings) -> str:
    """The server of this test, with policies and queues as after `manage.py up`."""
    settings.ALLOWED_HOSTS = ["*"]
    cache.clear()  # the limit on sign-ins from one address outlives the test that used it up
    policy_ensure_defaults()
    queue_ensure_defaults()
    return str(live_server.url)


@pytest.fixture
def rita(transactional_db: None) -> User:
    return user_create(username="rita", role=Role.MODERATOR, password=PASSWORD, full_name="Rita Ray")


@pytest.fixture
def lena(transactional_db: None) -> User:
    return user_create(username="lena", role=Role.LEAD, password=PASSWORD, full_name="Lena Lund")


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the console of the browser said that it should not: broken policy, errors of scripts. Must stay empty."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture(scope="session")
def served() -> Served:
    return SERVED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Once the database is empty the server may go on."""
    try:
        return (yield)
    finally:
        SERVED.go_on()


@pytest.fixture
def open_page(browser: Browser, address: str, complaints: list[str], served: Served) -> Iterator[Callable[..., Page]]:
    """A page of a fresh context; everything it complains about is collected."""
    contexts = []

    def _open(
        *, width: int = 1440, height: int = 900, theme: str = "light", user: User | None = None, by_form: bool = False
    ) -> Page:  # fmt: skip
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, base_url=address)
        under_way: set[Request] = set()
        context.on("request", lambda request: under_way.add(request))
        for end in ("requestfinished", "requestfailed"):
            context.on(end, lambda request: under_way.discard(request))
        contexts.append((context, under_way))
        page = context.new_page()
        page.on("console", lambda message: _listen(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if user is not None and by_form:
            sign_in(page, address, user.get_username(), PASSWORD)
        elif user is not None:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": address}])
            page.goto("/")
        return page

    yield _open
    for context, under_way in contexts:
        _come_to_rest(context, under_way)
        context.close()
    served.come_to_rest()


def session_of(user: User) -> str:
    """As after signing in, without the form: that has tests of its own."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _come_to_rest(context: BrowserContext, under_way: set[Request]) -> None:
    """What a page does in the background would meet the emptying of the database: let it end, and let nothing new begin."""
    for _ in range(100):
        if not under_way or not context.pages:
            break
        context.pages[0].wait_for_timeout(20)
    context.set_offline(True)


def _listen(message: ConsoleMessage, complaints: list[str]) -> None:
    asked_for = message.location["url"].endswith("/nowhere/") or any(part in message.text for part in EXPECTED)
    if message.type in ("error", "warning") and not asked_for:
        complaints.append(message.text)


@pytest.fixture
def rita_page(open_page: Callable[..., Page], rita: User) -> Page:
    return open_page(user=rita)


@pytest.fixture
def shop(transactional_db: None) -> Source:
    return source_ensure(name="Shop EU")


@pytest.fixture
def waiting(address: str, shop: Source) -> Callable[..., Case]:
    """A case of any kind that waits for a person; no model has to run for it."""

    def _waiting(kind: str = "review", **payload: Any) -> Case:
        number = Case.objects.count() + 1
        raw = {"kind": kind, "external_id": f"{kind}-{number}", "payload": {**PAYLOADS[kind], **payload}, "actor": {"id": f"a-{number}"}}
        received = items_receive(source=shop, rows=[parse_item(raw)], actor="source:shop-eu")[0]
        scoring_gave_up(item_id=received.id, error="The scorer did not finish.")
        return Case.objects.select_related("item", "queue").get(item_id=received.id)

    return _waiting


@pytest.fixture
def everything(lena: User, waiting: Callable[..., Case]) -> User:
    """Lena may see every page, and every page has something to show."""
    role_give(user=lena, role=Role.ADMIN)
    duty_give(user=lena)
    for kind in PAYLOADS:
        waiting(kind)
    SavedView.objects.create(owner=lena, name="Contacts of the week", query={"kind": "contact"})
    backtest_turn(backtest_request(asked=asked_rule(kind="review", when="reports >= 0"), user=lena).pk)
    return lena
