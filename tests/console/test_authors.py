"""The page of an account: any id has an address, and the page tells only what its reader may know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from console.accounts.models import Source, User
from console.accounts.roles import roles_of
from console.audit.models import AuditRow
from console.cases.models import Case, Queue
from console.enforcement.models import EnforcementAction
from console.insights.authors import BUSY, Account, account_counts, account_keys, account_strikes
from console.insights.search.filters import Viewer
from console.intake.models import Item
from console.ui.author_address import AuthorId
from tests.console.test_search import decided_by_machine

Post = Callable[..., Item]
Waiting = Callable[..., Case]
KNOWN = {"id": "elm-41", "device_id": "device-4711", "ip": "192.0.2.77"}

ids = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(ids)
@example("..")
@example(".")
@example("a/../b")
@example("/")
@example("~")
@example("~YQ")
@example("a b?c#d%2F\n")
@example("jo@example.org")
@example("寿司/\u202e")
@example("x" * 255)
def test_any_id_has_one_address_and_comes_back_from_it(account_id: str) -> None:
    address = reverse("ui:author", args=["shop", account_id])
    assert address.isascii()
    assert "/.." not in address
    assert "%" not in address.replace("%40", "").replace("%3A", "").replace("%2B", "")
    assert resolve(address).kwargs == {"slug": "shop", "account_id": account_id}


@given(st.text(max_size=20))
@example("~")
@example("~YQ")  # "a", which is written plainly
@example("~YR")  # not what base64 writes for anything
@example("~gA")  # no UTF-8
@example("~AA")  # NUL
def test_no_id_has_a_second_address(text: str) -> None:
    try:
        found = AuthorId().to_python(text)
    except ValueError:
        return
    assert AuthorId().to_url(found) == text


def account(shop: Source, user: User, account_id: str = "elm-41") -> Account:
    return Account(source=shop, id=account_id, viewer=Viewer(user=user, roles=roles_of(user)))


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def test_it_tells_what_an_account_sent_and_how_that_ended(page: Client, shop: Source, rita: User, waiting: Waiting, post: Post) -> None:
    decided_by_machine(waiting("You muppet.", actor=KNOWN))
    decided_by_machine(waiting("Nice soup.", actor=KNOWN), outcome="allow")
    still = waiting("Cold soup.", actor=KNOWN)
    post("Not scored.", actor=KNOWN)
    waiting("Of somebody else.", actor={"id": "oak-1"})
    counts = account_counts(account(shop, rita))
    assert (counts.total, counts.enforced, counts.waiting, counts.many) == (4, 1, 2, False)
    html = page.get("/authors/shop/elm-41/").content.decode()
    for text in ("You muppet.", "Nice soup.", "Cold soup.", "Not scored.", f"/cases/{still.pk}/", "Same as a table"):
        assert text in html
    assert "Of somebody else." not in html
    assert '<a href="/authors/shop/elm-41/">' in page.get(f"/items/{still.item_id}/").content.decode()


def test_it_pages_the_history_by_key(page: Client, post: Post) -> None:
    for number in range(27):
        post(f"Soup {number:02}", actor=KNOWN)
    first = page.get("/authors/shop/elm-41/").content.decode()
    assert ("Soup 26" in first, "Soup 01" in first) == (True, False)
    older = Item.objects.order_by("-pk")[24].pk
    assert f"before={older}" in first
    second = page.get(f"/authors/shop/elm-41/?before={older}").content.decode()
    assert ("Soup 02" in second, "Soup 01" in second, "Soup 00" in second) == (False, True, True)
    assert page.get("/authors/shop/elm-41/?before=nonsense").status_code == 422


def test_an_action_is_a_strike_until_it_ends_or_is_taken_back(shop: Source, rita: User, waiting: Waiting) -> None:
    case = waiting("You muppet.", actor=KNOWN)
    decided_by_machine(case)
    decision, now = case.item.decisions.get(), timezone.now()
    made: list[tuple[str, str, timedelta, timedelta | None]] = [
        ("suspend", "active", timedelta(days=1), timedelta(days=3)), ("mute", "ended", timedelta(days=9), timedelta(days=-1)),
        ("warn", "active", timedelta(days=89), None), ("remove", "active", timedelta(days=91), None),
        ("ban", "reversed", timedelta(days=1), None),
    ]  # fmt: skip
    for name, state, ago, ends in made:
        EnforcementAction.objects.create(
            item=case.item, decision=decision, action=name, target="item", state=state, created_at=now - ago,
            ends_at=now + ends if ends else None,
        )  # fmt: skip
    strikes = account_strikes(account(shop, rita))
    assert {s.action.action: s.counts for s in strikes} == {"suspend": True, "mute": False, "warn": True, "remove": False, "ban": False}
    Case.objects.filter(pk=case.pk).update(state="waiting")  # looked at again: what was done before is not told
    assert account_strikes(account(shop, rita)) == []


def test_accounts_that_share_something_rare_are_linked(shop: Source, rival: Source, rita: User, post: Post) -> None:
    post("Mine.", actor=KNOWN)
    post("Same device and address.", actor={**KNOWN, "id": "oak-1"})
    post("Same address.", actor={"id": "ash-2", "ip": KNOWN["ip"]})
    post("Nothing shared.", actor={"id": "fir-3", "device_id": "other"})
    keys, linked = account_keys(account(shop, rita))
    assert {(key.name, key.value, key.accounts) for key in keys} == {("device", "device-4711", 1), ("ip", "192.0.2.77", 2)}
    assert [(one.account, [name for name, _ in one.shared]) for one in linked] == [("oak-1", ["device", "ip"]), ("ash-2", ["ip"])]
    for number in range(BUSY):
        post("A whole town.", actor={"id": f"town-{number}", "ip": KNOWN["ip"]})
    keys, linked = account_keys(account(shop, rita))
    assert [one.account for one in linked] == ["oak-1"]
    assert [key.busy for key in keys if key.name == "ip"] == [True]


def test_what_identifies_is_masked_until_somebody_says_why(page: Client, post: Post) -> None:
    post("Mine.", actor=KNOWN)
    address = "/authors/shop/elm-41/"
    html = page.get(address).content.decode()
    assert "device-4711" not in html
    assert "192.0.2.77" not in html
    assert "192.0.2.•" in html
    answer = page.post(f"{address}unmask", {"reason": "why not"})
    assert answer.status_code == 400
    assert "device-4711" not in answer.content.decode()
    html = page.post(f"{address}unmask", {"reason": "Compare with ticket 4711"}).content.decode()
    assert "device-4711" in html
    assert "192.0.2.77" in html
    [entry] = AuditRow.objects.filter(verb="account.unmasked")
    assert (entry.actor, entry.data) == ("user:rita", {"reason": "Compare with ticket 4711"})
    assert entry.subject in html
    assert "elm-41" not in entry.subject
    assert "device-4711" not in page.get(address).content.decode()


def test_it_tells_nobody_what_they_may_not_know(client: Client, rita: User, petra: User, otto: User, waiting: Waiting) -> None:
    case = waiting("You muppet.", actor=KNOWN)
    decided_by_machine(case)
    Case.objects.filter(pk=case.pk).update(state="waiting")
    Item.objects.filter(pk=case.item_id).update(status="decided")  # an audit
    client.force_login(rita)
    html = client.get("/authors/shop/elm-41/").content.decode()
    assert "By the machine" not in html
    client.force_login(petra)
    assert client.post("/authors/shop/elm-41/unmask", {"reason": "Curious, nothing else"}).status_code == 403
    client.force_login(otto)
    assert client.get("/authors/shop/elm-41/").status_code == 403
    client.logout()
    assert client.get("/authors/shop/elm-41/").status_code == 302
    client.force_login(rita)
    for address in ("/authors/shop/nobody/", "/authors/nowhere/elm-41/", "/authors/shop/~YQ/"):
        assert client.get(address).status_code == 404
    Queue.objects.get(slug="reviews").groups.add(Group.objects.create(name="night shift"))
    assert client.get("/authors/shop/elm-41/").status_code == 404


def test_an_empty_id_has_no_address() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("ui:author", args=["shop", ""])
