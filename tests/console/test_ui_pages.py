"""Help, errors, the theme, and the headers of every page."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client

from console.accounts.models import User
from console.common.errors import Unavailable
from console.ui.help_pages import TOPICS
from console.ui.icons import ICONS


@pytest.fixture
def page(client: Client, rita: User, ready: None) -> Client:
    client.force_login(rita)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("name", list(TOPICS))
def test_it_has_help_on_each_topic(page: Client, name: str) -> None:
    answer = page.get(f"/help/{name}/")
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1>") == 1


def test_it_has_no_help_on_other_topics(page: Client) -> None:
    assert page.get("/help/nothing/").status_code == 404


def test_it_forbids_inline_script_and_style(page: Client) -> None:
    policy = page.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/items/", "/help/", "/accounts/password/change/", "/accounts/2fa/"])
def test_it_writes_no_style_attribute_and_no_inline_script(page: Client, path: str) -> None:
    html = page.get(path).content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert "onclick" not in html
    assert "<script>" not in html


def test_it_keeps_a_theme_and_goes_back(page: Client, rita: User) -> None:
    answer = page.post("/account/theme/", {"theme": "dark", "next": "/items/?q=soup"})
    assert answer["Location"] == "/items/?q=soup"
    assert 'data-theme="dark"' in page.get("/").content.decode()
    assert page.post("/account/theme/", {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"
    assert page.post("/account/theme/", {"theme": "plaid"}).status_code == 400


@pytest.mark.parametrize("what", ["signup/", "password/reset/", "password/reset/done/", "email/", "confirm-email/"])
def test_it_closes_what_only_an_admin_may_do(client: Client, ready: None, what: str) -> None:
    assert client.get(f"/accounts/{what}").status_code == 404
    posted = client.post(f"/accounts/{what}", {"username": "eve", "email": "eve@example.org", "password1": "plain-sight-42"})
    assert posted.status_code == 404
    assert not User.objects.filter(username="eve").exists()


def test_it_says_what_is_wrong_at_sign_in(client: Client, rita: User) -> None:
    html = client.post("/accounts/login/", {"login": "rita", "password": "wrong"}).content.decode()
    assert 'aria-invalid="true"' in html
    assert 'role="alert"' in html or 'class="error"' in html


def test_it_says_in_words_that_the_database_is_away(page: Client) -> None:
    with patch("console.ui.queue_pages.queue_overview", side_effect=OperationalError("gone")):
        answer = page.get("/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()


def test_it_says_in_words_what_is_not_available(page: Client) -> None:
    with patch("console.ui.queue_pages.queue_overview", side_effect=Unavailable("There is no active policy for review.")):
        answer = page.get("/")
    assert answer.status_code == 503
    assert "There is no active policy for review." in answer.content.decode()


def test_it_shows_its_own_page_when_something_breaks(page: Client) -> None:
    with patch("console.ui.queue_pages.queue_overview", side_effect=RuntimeError("boom")):
        answer = page.get("/")
    assert answer.status_code == 500
    html = answer.content.decode()
    assert "could not be drawn" in html
    assert "boom" not in html


def test_it_shows_only_what_the_person_may_open(page: Client) -> None:
    html = page.get("/").content.decode()
    assert 'href="/policies/"' in html
    assert 'href="/audit/"' not in html
    assert 'href="/deliveries/"' not in html


def test_every_entry_of_the_navigation_opens(client: Client, ada: User, ready: None) -> None:
    client.force_login(ada)
    for href in ("/", "/items/", "/insights/", "/audit/", "/policies/", "/models/", "/deliveries/", "/help/"):
        assert f'href="{href}"' in client.get("/").content.decode()
        assert client.get(href, follow=True).status_code == 200, href


def test_an_icon_is_a_path_and_nothing_else() -> None:
    for name, path in ICONS.items():
        assert set(path) <= set("MLHVCSQTAZmlhvcsqtaz0123456789.,- "), name
