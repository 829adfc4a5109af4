"""Roles, tokens and the two commands."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from console.accounts import selectors
from console.accounts.models import ApiToken, Source, User
from console.accounts.roles import Role, roles_of, user_has_role
from console.accounts.selectors import token_find, tokens_forget
from console.accounts.services import role_give, role_take, source_ensure, token_create, token_revoke
from console.audit.models import AuditRow
from console.common.errors import Conflict, Invalid, NotFound
from tests.console.calls import Calls, of, problem


@pytest.fixture
def never_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "REMEMBER_SECONDS", -1)


def run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_the_roles_are_groups_from_the_start(db: None) -> None:
    assert {"moderator", "lead", "policy", "admin"} <= set(Group.objects.values_list("name", flat=True))


def test_a_lead_is_a_moderator_and_an_admin_is_everything(lena: User, ada: User, petra: User, otto: User) -> None:
    assert roles_of(lena) == {Role.LEAD, Role.MODERATOR}
    assert roles_of(ada) == {Role.MODERATOR, Role.LEAD, Role.POLICY, Role.ADMIN}
    assert roles_of(petra) == {Role.POLICY}
    assert roles_of(otto) == frozenset()
    assert not user_has_role(otto, Role.MODERATOR)


def test_a_person_who_left_has_no_role(rita: User) -> None:
    rita.is_active = False
    assert roles_of(rita) == frozenset()


def test_create_token_prints_a_working_token_as_its_last_word(db: None) -> None:
    plain = run("create_token", "--source", "Corner Shop", "--role", "integration").split()[-1]
    token = token_find(plain)
    assert token is not None
    assert (token.source.slug, token.role) == ("corner-shop", "integration")
    assert plain not in {token.digest, token.token_key}
    assert plain.startswith("sl_")
    assert Calls({"Authorization": f"Token {plain}"}).get("items").status_code == 200
    assert AuditRow.objects.filter(verb="token.created").count() == 1
    assert plain not in str(list(AuditRow.objects.values()))


def test_each_reviewer_token_acts_for_a_person_of_its_own(db: None) -> None:
    tokens = [token_find(run("create_token", "--source", "shop", "--role", "moderator").split()[-1]) for _ in range(2)]
    users = {token.user for token in tokens if token}
    assert len(users) == 2
    assert all(user.is_service and user_has_role(user, Role.MODERATOR) and not user.has_usable_password() for user in users)


def test_tokens_of_an_integration_share_one_account(shop: Source) -> None:
    assert (
        token_create(source_name="shop", role=Role.INTEGRATION).token.user
        == token_create(source_name="shop", role=Role.INTEGRATION).token.user
    )


def test_a_token_can_act_for_a_named_person(rita: User) -> None:
    token = token_find(run("create_token", "--source", "shop", "--role", "moderator", "--user", "rita").split()[-1])
    assert token is not None
    assert token.user == rita


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "shop", "--role", "emperor"], "invalid choice"),
        (["--role", "moderator"], "--source"),
        (["--source", "!!!", "--role", "moderator"], "source name"),
        (["--source", "shop", "--role", "moderator", "--user", "nobody"], "nobody"),
        (["--source", "shop", "--role", "admin", "--user", "rita"], "does not have the role"),
        (["--source", "shop", "--role", "moderator", "--days", "0"], "days"),
        (["--source", "shop", "--role", "moderator", "--days", "x"], "days"),
    ],
)
def test_create_token_says_in_one_line_what_is_wrong(rita: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as raised:
        call_command("create_token", *arguments)
    assert "\n" not in str(raised.value).strip()
    assert not ApiToken.objects.exists()


def test_create_user_makes_somebody_who_can_sign_in(db: None, client: Any) -> None:
    assert "lena can sign in as lead" in run("create_user", "lena", "--role", "lead", "--password", "plain-sight-42")
    assert client.login(username="lena", password="plain-sight-42")
    assert user_has_role(User.objects.get(username="lena"), Role.LEAD)


def test_create_user_makes_up_a_password_when_nobody_can_be_asked(db: None, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    password = run("create_user", "lena", "--role", "lead").split()[-1]
    assert client.login(username="lena", password=password)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rita", "--role", "lead", "--password", "plain-sight-42"], "already"),
        (["nina", "--role", "integration", "--password", "plain-sight-42"], "invalid choice"),
        (["nina", "--role", "lead", "--password", "short"], "password"),
        (["ni na", "--role", "lead", "--password", "plain-sight-42"], "username"),
        (["--role", "lead"], "name"),
    ],
)
def test_create_user_says_in_one_line_what_is_wrong(rita: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words) as raised:
        call_command("create_user", *arguments)
    assert "\n" not in str(raised.value).strip()
    assert User.objects.count() == 1


def test_an_expired_token_is_refused(shop: Source) -> None:
    calls = of(shop)
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    tokens_forget()
    answer = calls.get("items")
    problem(answer, 401, "token_invalid")
    assert answer["WWW-Authenticate"] == "Token"


def test_a_revoked_token_is_refused_at_once(shop: Source) -> None:
    calls = of(shop)
    assert calls.get("items").status_code == 200
    token_revoke(token=ApiToken.objects.get(), actor="user:ada")
    problem(calls.get("items"), 401)
    assert AuditRow.objects.filter(verb="token.revoked").exists()


def test_revoke_token_takes_one_or_all_of_a_source_back(shop: Source, rival: Source) -> None:
    tokens = [token_create(source_name=source.slug, role=Role.INTEGRATION).plain for source in (shop, shop, shop, rival)]
    assert run("revoke_token", tokens[0]).startswith("1 token ")
    assert token_find(tokens[0]) is None
    assert token_find(tokens[1]) is not None
    assert run("revoke_token", "--source", "shop", "--role", "integration").startswith("2 tokens ")
    assert [token_find(plain) is not None for plain in tokens] == [False, False, False, True]


@pytest.mark.parametrize(
    ("arguments", "words"), [([], "Name a token"), (["sl_unknown"], "no such token"), (["--source", "nobody"], "no such token")]
)
def test_revoke_token_says_in_one_line_what_is_wrong(db: None, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("revoke_token", *arguments)


@pytest.mark.parametrize(
    "header", ["Token", "Token x", "Token x y", "Token sl_" + "0" * 64, "Token \u00e9", "Bearer x", "", "Token " + "a" * 10_000]
)
def test_what_is_no_token_is_refused(db: None, header: str) -> None:
    problem(Calls({"Authorization": header}).get("items"), 401)


def test_a_token_taken_back_elsewhere_stops_within_seconds(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = of(shop)
    assert calls.get("items").status_code == 200
    ApiToken.objects.all().delete()  # another process did it
    assert calls.get("items").status_code == 200
    monkeypatch.setattr(selectors, "REMEMBER_SECONDS", -1)
    problem(calls.get("items"), 401)


def test_a_remembered_token_still_expires_on_time(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = of(shop)
    assert calls.get("items").status_code == 200
    later = timezone.now() + timedelta(days=400)
    monkeypatch.setattr(selectors.timezone, "now", lambda: later)
    problem(calls.get("items"), 401)


def test_only_so_many_tokens_are_remembered(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "_REMEMBERED", 2)
    for _ in range(5):
        assert of(shop).get("items").status_code == 200
        assert len(selectors._known) <= 2


@pytest.mark.usefixtures("never_remembered")
def test_a_token_stops_with_its_person_its_role_or_its_source(shop: Source, rita: User) -> None:
    calls = of(shop, Role.MODERATOR, rita)
    assert calls.get("queues").status_code == 200
    Source.objects.update(is_active=False)
    problem(calls.get("queues"), 401)
    Source.objects.update(is_active=True)
    rita.groups.clear()
    problem(calls.get("queues"), 401)
    role_give(user=rita, role=Role.MODERATOR)
    User.objects.update(is_active=False)
    problem(calls.get("queues"), 401)


def test_taking_a_role_takes_its_tokens(shop: Source, rita: User) -> None:
    of(shop, Role.MODERATOR, rita)
    role_take(user=rita, role=Role.MODERATOR)
    assert not ApiToken.objects.exists()


def test_services_raise_what_the_caller_can_show(rita: User) -> None:
    with pytest.raises(Invalid):
        source_ensure(name="")
    with pytest.raises(NotFound):
        token_create(source_name="shop", role=Role.MODERATOR, username="nobody")
    with pytest.raises(Conflict):
        token_create(source_name="shop", role=Role.LEAD, username="rita")


def test_a_session_needs_the_csrf_token_to_write(rita: User, ready: None) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(rita)
    problem(client.post("/api/v1/queues/reviews/claim", content_type="application/json"), 403)
    assert client.get("/api/v1/queues").status_code == 200
