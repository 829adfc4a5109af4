"""More like this: by meaning, by words where there are no vectors, by what is shared where there is no prose."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from console.accounts.models import Source, User
from console.accounts.roles import Role, roles_of
from console.cases.models import Case, Claim
from console.insights.models import ItemVector
from console.insights.search.alike import vectors_available, vectors_write
from console.insights.search.filters import SearchFilter, Viewer
from console.insights.search.similar import similar, similar_decided
from console.insights.search.vectors import vectors_make
from console.intake.models import Item
from scoring.signals.meaning import pieces_of, vector_of
from scoring.signals.text_encoder import DIMENSIONS
from tests.console.calls import fields, of, problem
from tests.console.test_search import decided_by_machine
from tests.console.ui_forms import HTMX

Waiting = Callable[..., Case]
ORDER = {"amount": 10, "placed_at": "2026-11-21T08:00:00Z", "merchant_id": "m"}


def turned(degrees: float) -> list[float]:
    """A unit vector at this angle from the first axis."""
    return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), *[0.0] * (DIMENSIONS - 2)]


def at(case: Case, degrees: float, encoder: str = "test/1") -> Case:
    vectors_write(encoder=encoder, rows=[(case.item_id, turned(degrees))])
    return case


def names(items: Sequence[Item]) -> list[str]:
    return [item.external_id for item in items]


@pytest.fixture
def viewer(rita: User) -> Viewer:
    return Viewer(user=rita, roles=roles_of(rita))


def test_it_finds_the_nearest_in_meaning_that_the_filters_leave(viewer: Viewer, waiting: Waiting) -> None:
    first = at(waiting("One"), 0)
    for degrees in (40, 10, 25, 89):
        at(waiting(f"At {degrees}"), degrees)
    at(waiting("By another encoder"), 1, encoder="test/2")
    waiting("Without a vector yet")
    found = similar(first.item, SearchFilter(), viewer)
    assert (found.how, names(found.items)) == ("meaning", ["x-3", "x-4", "x-2"])
    assert names(similar(first.item, SearchFilter(q="25"), viewer).items) == ["x-4"]
    assert names(similar(first.item, SearchFilter(), viewer, limit=1).items) == ["x-3"]
    closed = Viewer(user=viewer.user, roles=viewer.roles, closed_kinds=frozenset({"review"}))
    assert names(similar(first.item, SearchFilter(), closed).items) == []


def test_it_goes_by_words_until_the_vector_is_there_and_where_there_is_no_pgvector(
    client: Client, viewer: Viewer, waiting: Waiting
) -> None:
    first = waiting("The waiter brought lukewarm soup and shrugged.")
    waiting("Lukewarm soup again, and the waiter shrugged.")
    waiting("Fresh bread.")
    found = similar(first.item, SearchFilter(), viewer)
    assert (found.how, names(found.items)) == ("waiting", ["x-2"])
    client.force_login(viewer.user)
    address = f"/items/?like={first.item_id}"
    assert "is read within a minute" in client.get(address).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the rows above still have to check
        cursor.execute("ALTER TABLE insights_itemvector DROP COLUMN vector")  # as on a server without the extension
    assert not vectors_available()
    assert vectors_make(seconds=5) == 0
    found = similar(first.item, SearchFilter(), viewer)
    assert (found.how, names(found.items)) == ("words", ["x-2"])
    html = client.get(address).content.decode()
    assert "This database has no pgvector" in html
    assert "Lukewarm soup again" in html
    waiting("Scored all the same.")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT search_vectors_ensure()")  # the extension came later
    assert vectors_available()
    assert ItemVector.objects.filter(encoder="").count() == 4


def test_it_goes_by_what_is_shared_where_nobody_wrote_anything(viewer: Viewer, waiting: Waiting) -> None:
    first = waiting(kind="order", payload={**ORDER, "device_id": "d1", "ip": "192.0.2.7"})
    waiting(kind="order", payload={**ORDER, "ip": "192.0.2.7"})
    waiting(kind="order", payload={**ORDER, "device_id": "d1", "ip": "192.0.2.7"})
    waiting(kind="order", payload={**ORDER, "merchant_id": "other"})
    found = similar(first.item, SearchFilter(), viewer)
    assert (found.how, names(found.items)) == ("shared", ["x-3", "x-2"])
    assert [found.shared[item.pk] for item in found.items] == [["device", "ip", "merchant"], ["ip", "merchant"]]


def test_the_workers_give_each_text_one_vector(viewer: Viewer, waiting: Waiting) -> None:
    first = waiting("The soup was cold and the waiter was rude to us.")
    waiting("Our server was impolite and dinner arrived chilled.")
    waiting("Great parking behind the building, easy to reach by tram.")
    waiting(kind="order", payload=ORDER)
    assert vectors_make(seconds=60) == 3
    assert vectors_make(seconds=60) == 0
    assert set(ItemVector.objects.values_list("encoder", flat=True)) == {"all-MiniLM-L6-v2-1110a243-int8-perchannel-v1-53aa5117/128"}
    assert names(similar(first.item, SearchFilter(), viewer, limit=1).items) == ["x-2"]


def test_a_long_text_is_read_from_end_to_end() -> None:
    words = [f"w{n}" for n in range(1000)]
    pieces = pieces_of(" ".join(words))
    assert len(pieces) == 4
    assert pieces[0].startswith("w0 ")
    assert pieces[-1].endswith(" w999")
    assert pieces_of("") == [""]
    import numpy as np

    assert np.allclose(vector_of(np.array([[2.0, 0.0], [0.0, 2.0]], np.float32)), [0.7071, 0.7071], atol=1e-3)


def test_decided_look_alikes_stand_in_the_evidence_and_nowhere_before(
    client: Client, rita: User, viewer: Viewer, claimed: Callable[..., Claim], waiting: Waiting
) -> None:
    claim = claimed("You utter muppet.")
    at(claim.case, 0)
    decided_by_machine(at(waiting("You complete muppet."), 10))
    at(waiting("Still open muppet."), 5)
    again = at(waiting("Decided, but looked at again."), 6)
    decided_by_machine(again)
    Case.objects.filter(pk=again.pk).update(state="waiting")
    assert names(similar_decided(claim.case.item, viewer).items) == ["x-2"]
    client.force_login(rita)
    address = f"/cases/{claim.case_id}/"
    assert "Decided before" not in client.get(address).content.decode()
    html = client.post(f"{address}reveal", {"token": claim.token}, headers=HTMX).content.decode()
    assert "Decided before, most alike" in html
    assert "You complete muppet." in html
    assert "Removed" in html
    assert "Still open muppet." not in html
    assert f"/items/?like={claim.case.item_id}" in html


def test_the_api_gives_look_alikes_of_ones_own_items(shop: Source, rival: Source, waiting: Waiting) -> None:
    first = waiting("The waiter brought lukewarm soup and shrugged.")
    waiting("Lukewarm soup again, and the waiter shrugged.")
    answer = of(shop).get(f"items/{first.item_id}/similar", limit=3).json()
    assert (answer["how"], [row["external_id"] for row in answer["results"]]) == ("waiting", ["x-2"])
    assert of(shop).get(f"items/{first.item_id}/similar", kind="chat").json()["results"] == []
    problem(of(rival).get(f"items/{first.item_id}/similar"), 404)
    for asked in ({"limit": "51"}, {"limit": "x"}, {"kind": "recipe"}, {"order_by": "id"}, {"cursor": "x"}):
        assert fields(problem(of(shop).get(f"items/{first.item_id}/similar", **asked), 400)) == set(asked)


def test_the_api_searches_as_the_page_does(shop: Source, rival: Source, waiting: Waiting) -> None:
    decided_by_machine(waiting("Cold soup."))
    waiting("Warm soup.")
    calls = of(shop)

    def found(**asked: Any) -> list[str]:
        return [row["external_id"] for row in calls.get("items", **asked).json()["results"]]

    assert found(q="soup") == ["x-2", "x-1"]
    assert found(q="soup", outcome="enforce", by="machine", score="high") == ["x-1"]
    page = calls.get("items", q="soup", limit=1).json()
    assert [row["external_id"] for row in calls.get("items", q="soup", cursor=page["next_cursor"]).json()["results"]] == ["x-1"]
    strange = ({"payload__text": "x"}, {"ordering": "-id"}, {"since": "soon"}, {"q": "x" * 201})
    for asked in ({"reviewer": "rita"}, {"source": "rival"}, *strange):
        assert fields(problem(calls.get("items", **asked), 400)) == set(asked)
    moderator = of(shop, Role.MODERATOR)
    Case.objects.update(state="waiting")
    assert moderator.get("items", score="high").json()["results"] == []
    text = b"".join(calls.get("items/export", q="cold").streaming_content).decode("utf-8-sig")
    assert "Cold soup." in text
    assert "Warm soup." not in text
    assert b"".join(of(rival).get("items/export").streaming_content).decode("utf-8-sig").count("\n") == 1
    assert fields(problem(calls.get("items/export", cursor="x"), 400)) == {"cursor"}
