"""The search page, kept searches and the export: works, rejects, forbids."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from console.accounts.models import User
from console.audit.models import AuditRow
from console.cases.models import Case
from console.insights.models import SavedView
from console.insights.search.export import cell
from console.insights.search.filters import NAMES
from console.intake.models import Item
from console.ui.search_choices import fields_of
from console.ui.search_pages import PAGE_WORDS
from tests.console.test_search import decided_by_machine

Post = Callable[..., Item]
Waiting = Callable[..., Case]


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def html(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def test_the_form_offers_every_filter_once(rita: User, ready: None) -> None:
    from console.insights.search.filters import Viewer

    fields = fields_of(Viewer(user=rita, roles=frozenset()), {}, {})
    assert sorted(["q", *(f.name for f in fields["first"]), *(f.name for f in fields["further"])]) == sorted(NAMES)
    assert not set(PAGE_WORDS) & set(NAMES)


def test_it_says_how_many_filters_are_in_use_where_they_are_folded(page: Client, ready: None) -> None:
    """On a narrow page all but the words are folded, else only those that are seldom used."""
    summary = re.compile(r"<summary[^>]*>More filters(.*?)</summary>")
    found = html(page.get("/items/?view=all&q=soup&kind=review&status=decided&language=en"))
    assert summary.findall(found) == ['<span class="of-further">, 1 in use</span><span class="of-all">, 3 in use</span>']
    assert "folding" in found
    assert '<details class="further" open>' in found
    found = html(page.get("/items/?view=all&q=soup&kind=review"))
    assert summary.findall(found) == ['<span class="of-all">, 1 in use</span>']
    assert '<details class="further">' in found
    assert summary.findall(html(page.get("/items/?view=all&q=soup"))) == [""]


def test_it_says_how_many_there_are_and_masks_personal_data(page: Client, post: Post) -> None:
    post("Write to jo.marsh@example.org about the soup.", actor={"id": "jo@example.org"})
    found = html(page.get("/items/"))
    assert "1 item<" in found
    assert "Write to [email] about the soup." in found
    assert "jo" not in found.replace('name="author"', "").split("<tbody>")[1].split("/authors/")[0]


def test_a_search_is_kept_changed_used_and_deleted(page: Client, rita: User, post: Post) -> None:
    post("Cold soup.")
    post("Warm bread.")
    answer = page.post("/items/views/keep", {"query": "q=soup&kind=review", "name": " Soups ", "sharing": "private", "is_default": "1"})
    view = SavedView.objects.get()
    assert answer["Location"] == f"/items/?view={view.pk}"
    assert (view.name, view.query) == ("Soups", {"q": "soup", "kind": "review"})
    for address in (f"/items/?view={view.pk}", "/items/"):  # it is what the search opens with
        found = html(page.get(address))
        assert "Cold soup." in found
        assert "Warm bread." not in found
        assert f'<a href="/items/?view={view.pk}" aria-current="page">Soups</a>' in found
    assert "Warm bread." in html(page.get("/items/?view=all"))
    page.post(f"/items/views/{view.pk}/", {"name": "Cold soups", "sharing": "everyone"})
    view.refresh_from_db()
    assert (view.name, view.sharing) == ("Cold soups", "everyone")
    assert "Warm bread." in html(page.get("/items/"))  # the box was not ticked any more
    page.post(f"/items/views/{view.pk}/delete")
    assert not SavedView.objects.exists()
    assert list(AuditRow.objects.filter(verb__startswith="view.").order_by("pk").values_list("verb", flat=True)) == [
        "view.created", "view.changed", "view.deleted",
    ]  # fmt: skip


def test_a_view_that_cannot_be_kept_says_why_and_loses_nothing(page: Client, ready: None) -> None:
    page.post("/items/views/keep", {"query": "q=soup", "name": "Soups", "sharing": "private"})
    refused = [
        ({"query": "q=soup", "name": "  "}, 400, "A name has 1 to 60 characters."),
        ({"query": "q=soup", "name": "x" * 61}, 400, "A name has 1 to 60 characters."),
        ({"query": "q=soup", "name": "Soups"}, 409, "You have a view of this name already."),
        ({"query": "", "name": "All"}, 400, "choose a filter first"),
        ({"query": "kind=recipe", "name": "A"}, 400, "Use one of review"),
        ({"query": "order_by=payload", "name": "A"}, 400, "There is no filter of this name"),
        ({"query": "q=soup", "name": "A", "sharing": "group:night shift"}, 400, "Choose one of your groups."),
        ({"query": "q=soup", "name": "A", "sharing": "the world"}, 400, "Use one of private"),
    ]
    for data, status, sentence in refused:
        found = html(page.post("/items/views/keep", {"sharing": "private", **data}), status)
        assert sentence in found
        assert f'name="query" value="{data["query"]}"' in found
    assert SavedView.objects.count() == 1


def test_a_view_is_seen_by_those_it_is_shared_with(client: Client, rita: User, ravi: User, ada: User, otto: User, ready: None) -> None:
    night = Group.objects.create(name="night shift")
    rita.groups.add(night)
    client.force_login(rita)
    for name, sharing in (("Mine", "private"), ("Night", "group:night shift"), ("All", "everyone")):
        client.post("/items/views/keep", {"query": "q=soup", "name": name, "sharing": sharing})
    views = {view.name: view for view in SavedView.objects.all()}
    client.force_login(ravi)
    assert [client.get(f"/items/views/{views[name].pk}/").status_code for name in ("Mine", "Night", "All")] == [404, 404, 200]
    assert client.post(f"/items/views/{views['All'].pk}/delete").status_code == 403
    client.post(f"/items/views/{views['All'].pk}/", {"name": "Stolen", "sharing": "private", "is_default": "1"})
    views["All"].refresh_from_db()
    assert (views["All"].name, views["All"].owner) == ("All", rita)
    assert 'aria-current="page">All</a>' in html(client.get("/items/"))  # but his search opens with it
    ravi.groups.add(night)
    assert client.get(f"/items/views/{views['Night'].pk}/").status_code == 200
    client.force_login(ada)
    assert client.post(f"/items/views/{views['All'].pk}/delete").status_code == 302
    client.force_login(otto)
    assert client.post("/items/views/keep", {"query": "q=soup", "name": "A", "sharing": "private"}).status_code == 403
    assert client.get(f"/items/?view={views['Night'].pk}").status_code == 403


def lines(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_it_exports_what_was_searched_masked_and_says_so_in_the_audit_trail(page: Client, post: Post, waiting: Waiting) -> None:
    decided_by_machine(waiting("Write to jo@example.org about the soup, from 192.0.2.7."))
    waiting(kind="contact", payload={"name": "Jo Marsh", "email": "jo@example.org", "company": "Marsh Ltd"})
    post("Bread.")
    answer = page.post("/items/export/items.csv", {"query": "status=in_review"})
    assert answer["Content-Disposition"] == 'attachment; filename="items.csv"'
    [contact] = lines(answer)
    assert (contact["external_id"], contact["headline"], contact["text"]) == ("x-2", "", "")
    [review] = lines(page.post("/items/export/items.csv", {"query": "q=soup&outcome=enforce"}))
    assert review["text"] == "Write to [email] about the soup, from [ip]."
    assert (review["outcome"], review["decided_by"]) == ("enforce", "machine")
    data = AuditRow.objects.filter(verb="items.exported").order_by("pk").values_list("data", flat=True)
    assert list(data) == [{"filters": ["status"], "masked": True}, {"filters": ["outcome", "q"], "masked": True}]


def test_an_export_does_not_tell_what_is_still_open(page: Client, waiting: Waiting) -> None:
    case = waiting("You muppet.")
    decided_by_machine(case)
    Case.objects.filter(pk=case.pk).update(state="waiting")
    [row] = lines(page.post("/items/export/items.csv", {"query": "q=muppet"}))
    assert {row[name] for name in ("outcome", "action", "clause", "label", "severity", "decided_by", "decided_at")} == {""}


def test_personal_data_leaves_only_with_a_lead_and_a_reason(client: Client, rita: User, lena: User, petra: User, post: Post) -> None:
    post("Write to jo@example.org about the soup.")
    wanted = {"query": "q=soup", "unmasked": "1", "reason": "Asked by the court, case 12"}
    for user in (rita, petra):
        client.force_login(user)
        assert client.post("/items/export/items.csv", wanted).status_code == 403
    client.force_login(lena)
    assert "10 characters or more" in html(client.post("/items/export/items.csv", {**wanted, "reason": "because"}), 400)
    assert not AuditRow.objects.filter(verb="items.exported").exists()
    [row] = lines(client.post("/items/export/items.csv", wanted))
    assert row["headline"] == "Write to jo@example.org about the soup."
    entry = AuditRow.objects.get(verb="items.exported")
    assert (entry.actor, entry.data["masked"], entry.data["reason"]) == ("user:lena", False, "Asked by the court, case 12")


def test_an_export_ends_where_it_says(page: Client, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        post(f"Soup {number}")
    monkeypatch.setattr("console.insights.search.export.CHUNK", 2)
    assert [row["external_id"] for row in lines(page.post("/items/export/items.csv", {"query": ""}))] == ["x-5", "x-4", "x-3", "x-2", "x-1"]
    monkeypatch.setattr("console.insights.search.export.MOST_ROWS", 4)
    assert len(lines(page.post("/items/export/items.csv", {"query": ""}))) == 4
    assert "4 lines at most" not in html(page.get("/items/export/"))
    assert "Use one of" in html(page.post("/items/export/items.csv", {"query": "kind=recipe"}), 400)


def test_no_cell_is_a_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\x00=1", "\n=1", " =1", "＝1", "\u00a0@x"):
        assert cell(text, True).startswith("'"), repr(text)
    assert [cell(text, True) for text in ("soup = cold", "1-2", "a@b", "", 3)] == ["soup = cold", "1-2", "a@b", "", "3"]
