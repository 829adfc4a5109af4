"""What the same account sent before: counted from what is stored, and only of the same source."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from console.accounts.models import Source, User
from console.cases.models import Claim
from console.intake.models import Item
from console.ui.account_history import account_history
from tests.console.ui_forms import HTMX, verdict_data

AUTHOR = {"id": "elm-lane-41"}


Post = Callable[..., Item]
Claimed = Callable[..., Claim]


def test_it_counts_earlier_items_and_how_they_ended(client: Client, rita: User, claimed: Claimed, post: Post) -> None:
    client.force_login(rita)
    claim = claimed("You muppet.", actor=AUTHOR)
    client.post(f"/cases/{claim.case_id}/verdict", verdict_data(claim), headers=HTMX)
    post("The bread was warm.", actor=AUTHOR)
    found = account_history(post("The soup was cold.", actor=AUTHOR))
    assert found is not None
    assert (found.total, found.enforced) == (2, 1)
    assert [row.outcome for row in found.last] == ["", "enforce"]


def test_it_says_nothing_of_an_account_without_a_past(post: Callable[..., Item]) -> None:
    post("The bread was warm.", actor={"id": "somebody-else"})
    assert account_history(post("The soup was cold.", actor=AUTHOR)) is None
    assert account_history(post("The soup was cold.")) is None


def test_it_keeps_sources_apart(post: Callable[..., Item], rival: Source) -> None:
    theirs = post("The bread was warm.", actor=AUTHOR)
    Item.objects.filter(pk=theirs.pk).update(source=rival)
    assert account_history(post("The soup was cold.", actor=AUTHOR)) is None


def test_it_stands_beside_the_case(client: Client, rita: User, claimed: Callable[..., Claim], post: Callable[..., Item]) -> None:
    client.force_login(rita)
    earlier = post("The bread was warm.", actor=AUTHOR)
    claim = claimed("You muppet.", actor=AUTHOR)
    html = client.get(f"/cases/{claim.case_id}/").content.decode()
    assert "Same account before" in html
    assert earlier.headline in html
