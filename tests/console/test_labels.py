"""The table of label events and its pages: who or what said what, what it adds up to, and who may see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from console.accounts.models import Source, User
from console.cases.models import Case
from console.common.errors import Invalid
from console.flow import item_feedback
from console.flow.label_work import label_work_do
from console.intake.models import Item
from console.quality.measuring import measure
from console.quality.models import Check, CheckPlan
from console.training import label_rows
from console.training.label_rows import LabelFilter, label_counts, label_page
from console.training.label_work import work_request
from console.training.models import Doubt, LabelWork, Snapshot
from console.training.snapshot import snapshot_freeze
from console.verdicts.models import Label
from scoring.registry import KINDS
from tests.console.quality import ALLOW, ENFORCE, decide, settle
from tests.console.test_labels_import import COMMENTS
from tests.console.test_snapshots import bring, line

pytestmark = pytest.mark.django_db
Waiting = Callable[..., Case]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME, settings.SNAPSHOTS_ROOT = tmp_path, tmp_path / "snapshots"
    settings.MODELS_ROOT = tmp_path / "models"
    return tmp_path


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def test_each_event_says_who_gave_it_blind_or_not_and_how_likely_it_was_drawn(
    plan: CheckPlan, waiting: Waiting, rita: User, ravi: User, lena: User, shop: Source
) -> None:
    CheckPlan.objects.update(second_share=0.5)
    case = waiting("You fool.")
    from tests.console.dice import dice

    with dice(0.1, 0.99):
        decide(case, rita, ENFORCE)
        settle()
    given = Label.objects.filter(item=case.item, source="verdict", value=1).get()
    assert (given.reviewer, given.model_visible, given.propensity) == (rita, False, None)
    second = Case.objects.exclude(pk=case.pk).get(item=case.item)
    decide(second, ravi, ALLOW)
    settle()
    lead = Case.objects.filter(item=case.item).order_by("-created_at", "-pk").first()
    assert lead is not None
    decide(Case.objects.get(item=case.item, purpose="adjudicate"), lena, ENFORCE, lead=True)
    settle()
    from tests.console.quality import time_passes

    time_passes(days=2)
    from console.flow import checks_settle

    checks_settle()
    word = Label.objects.filter(item=case.item, source="adjudicated", value=1).get()
    assert (word.reviewer, word.propensity) == (lena, 0.5)
    item_feedback(item=Item.objects.get(pk=waiting("A fine lamp.").item_id), event="refund", data={}, actor="source:shop")
    assert not Label.objects.filter(source="feedback").exists()  # a refund says nothing of a review


def test_counts_are_those_of_the_newest_labels_in_one_statement(
    rita: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bring([{**line(n), "labels": {"spam": n % 2}} for n in range(1, 11)])
    Label.objects.create(item=Item.objects.get(external_id="x1"), name="hate", value=0, source="audit")
    with django_assert_num_queries(1):
        told = label_counts("review")
    assert told == [
        {"source": "import", "names": {"spam": [10, 5]}, "items": 10, "labels": 10},
        {"source": "audit", "names": {"hate": [1, 0]}, "items": 1, "labels": 1},
    ]
    monkeypatch.setattr(label_rows, "COUNTED", 4)
    assert sum(row["labels"] for row in label_counts("review")) == 4


def test_items_are_paged_by_keyset_and_filtered(rita: User) -> None:
    bring([line(n) for n in range(1, 31)])
    item = Item.objects.get(external_id="x3")
    Label.objects.create(item=item, name="spam", value=0, source="verdict", reviewer=rita, model_visible=True)
    first = label_page(LabelFilter(kind="review"), limit=20)
    rest = label_page(LabelFilter(kind="review"), after=first.next_after, limit=20)
    seen = [one.pk for one, _ in (*first.rows, *rest.rows)]
    assert len(seen) == len(set(seen)) == 30
    assert rest.next_after is None
    disputed = label_page(LabelFilter(kind="review", disputed=True)).rows
    assert [(one.pk, labels[0].agreed.disputed) for one, labels in disputed] == [(item.pk, True)]
    assert [one.pk for one, _ in label_page(LabelFilter(kind="review", source="verdict")).rows] == [item.pk]
    assert label_page(LabelFilter(kind="review", source="verdict", blind=True)).rows == []
    assert label_page(LabelFilter(kind="review", label="hate")).rows == []
    with pytest.raises(Invalid):
        LabelFilter.read("review", {"source": "rumour"})


def test_the_page_shows_what_it_adds_up_to_and_who_said_it(client: Client, lena: User, rita: User, ready: None) -> None:
    bring([line(3)])
    Label.objects.create(item=Item.objects.get(), name="spam", value=0, source="verdict", reviewer=rita)
    for name in ("hate", "threat"):
        Label.objects.create(item=Item.objects.get(), name=name, value=0, source="verdict", reviewer=rita)
    page = signed_in(client, lena).get("/labels/?kind=review&disputed=1").content.decode()
    assert "No: hate, threat" in page
    assert "1 of 2 say otherwise" in page
    assert "rita (verdict, blind): nothing holds" in page
    assert client.get("/labels/?kind=review&source=rumour").status_code == 400
    assert "No labels yet" in client.get("/labels/?kind=order").content.decode()


PAGES = {
    "/labels/": ("lena", "petra", "ada"), "/labels/doubts/": ("lena", "petra", "ada"), "/labels/choose/": ("lena", "petra", "ada"),
    "/labels/import/": ("petra", "ada"), "/labels/new/": ("ada",), "/snapshots/": ("lena", "petra", "ada"),
}  # fmt: skip


@pytest.mark.parametrize("address", list(PAGES))
def test_only_who_shapes_sees_them(
    client: Client, address: str, rita: User, lena: User, petra: User, ada: User, otto: User, ready: None
) -> None:
    for user in (rita, lena, petra, ada, otto):
        expected = 200 if user.username in PAGES[address] else 403
        assert signed_in(client, user).get(f"{address}?kind=review").status_code == expected, user


def test_a_file_is_brought_mapped_and_imported_in_the_browser(client: Client, petra: User, ready: None) -> None:
    signed_in(client, petra)
    answer = client.post("/labels/import/", {"kind": "review", "file": SimpleUploadedFile("c.csv", COMMENTS.encode())})
    work = LabelWork.objects.get()
    assert answer["Location"] == f"/labels/import/{work.pk}/"
    page = client.get(answer["Location"]).content.decode()
    assert "Left out: is_spam: &#x27;perhaps&#x27; is neither yes nor no" in page
    form = {"to.text": "comment", "to.id": "comment_id", "label_name": ["spam"], "label_column": ["is_spam"], "source": "history"}
    assert "Lovely soup" in client.post(f"/labels/import/{work.pk}/preview", form).content.decode()
    wrong = client.post(f"/labels/import/{work.pk}/preview", {**form, "label_name": [""]}).content.decode()
    assert "Say which column holds the label" in wrong
    client.post(f"/labels/import/{work.pk}/", form)
    assert "Waits for the worker" in client.get(f"/labels/import/{work.pk}/").content.decode()
    assert client.get(f"/labels/jobs/{work.pk}/").status_code == 200
    label_work_do(work.pk)
    assert "2 new items" in client.get(f"/labels/import/{work.pk}/").content.decode()
    assert client.get(f"/labels/jobs/{work.pk}/")["HX-Refresh"] == "true"
    left_out = b"".join(client.get(f"/labels/import/{work.pk}/rejected").streaming_content)  # type: ignore[attr-defined]
    assert left_out.startswith(b"line,reason")
    assert client.post("/labels/import/", {"kind": "review"}).status_code == 422
    assert client.post(f"/labels/import/{work.pk}/preview", form).status_code == 404


@pytest.fixture
def doubted(rita: User, plan: CheckPlan, waiting: Waiting) -> Callable[[], list[Doubt]]:
    """A verdict and an imported label that look wrong."""

    def _doubts() -> list[Doubt]:
        case = waiting("A lamp like any other.")
        decide(case, rita, ENFORCE)
        settle()
        bring([line(7)])
        work = LabelWork.objects.create(
            purpose="doubts", kind="review", state="done", finished_at="2026-11-26T10:00:00Z",
            result={"slices": [
                {"what": "person", "which": rita.pk, "label": "spam", "value": 0, "doubted": 9, "of": 90, "elsewhere": 0.01}
            ], "labels": [{"name": "spam", "of": 90, "wrong": 0.04, "joint": []}]},
        )  # fmt: skip
        items = [case.item, Item.objects.get(external_id="x7")]
        names = ("harassment", "spam")
        return [Doubt.objects.create(work=work, item=i, name=n, value=1, chance=0.05) for i, n in zip(items, names, strict=True)]

    return _doubts


def test_doubted_labels_go_to_another_person_blind(client: Client, doubted: Any, lena: User, rita: User, ravi: User) -> None:
    first, second = doubted()
    signed_in(client, lena).post("/labels/doubts/again", {"kind": "review", "doubt": [str(first.pk), str(second.pk), "x"]})
    cases = {case.item_id: case for case in Case.objects.filter(state="waiting")}
    assert {first.item_id, second.item_id} == set(cases)
    assert all((case.blind, case.sentence) == (True, "For review.") for case in cases.values())
    assert cases[first.item_id].skips.filter(reviewer=rita).exists()
    decide(cases[second.item_id], ravi, ALLOW)
    settle()
    event = Label.objects.filter(item_id=second.item_id, source="verdict").first()
    assert event is not None
    assert (event.value, event.propensity, event.model_visible) == (0, None, False), "picked because it was doubted: no draw"
    again = client.post("/labels/doubts/again", {"kind": "review", "doubt": [str(first.pk)]}, follow=True)
    assert "nobody was asked about yet" in again.content.decode()
    decide(cases[first.item_id], ravi, ENFORCE)
    settle()
    look = Check.objects.get(purpose="second")
    assert (look.state, look.probability) == ("closed", None)
    assert set(Label.objects.filter(item_id=first.item_id, source="second").values_list("propensity", flat=True)) == {None}
    assert measure("review").data["pairs"] == 0, "a look that somebody asked for measures nobody"
    Check.objects.filter(pk=look.pk).update(probability=0.1)
    assert measure("review").data["pairs"] == 1, "one that chance drew does"


def test_only_an_admin_is_told_a_name(client: Client, doubted: Any, lena: User, ada: User) -> None:
    doubted()
    assert "Rita Ray: more than chance explains" in signed_in(client, ada).get("/labels/doubts/?kind=review").content.decode()
    page = signed_in(client, lena).get("/labels/doubts/?kind=review").content.decode()
    assert "One person: more than chance explains" in page
    assert "Rita Ray" not in page


def test_the_search_for_doubts_is_asked_for_once_and_can_be_stopped(client: Client, petra: User, ready: None) -> None:
    signed_in(client, petra)
    for _ in range(2):
        client.post("/labels/doubts/find", {"kind": "review"})
    work = LabelWork.objects.get()
    assert "Waits for the worker" in client.get("/labels/doubts/?kind=review").content.decode()
    client.post(f"/labels/jobs/{work.pk}/stop")
    work.refresh_from_db()
    assert work.state == "cancelled"
    failing = work_request(purpose="doubts", kind="review", user=petra)
    label_work_do(failing.pk)
    assert "too few to hold against each other" in client.get("/labels/doubts/?kind=review").content.decode()


def test_a_data_set_has_a_card_and_an_admin_can_take_it_away(client: Client, lena: User, ada: User, ready: None) -> None:
    bring([line(n) for n in range(1, 31)])
    snapshot, _ = snapshot_freeze(KINDS["review"])
    Snapshot.objects.filter(pk=snapshot.pk).update(card={"refused": "Too few labels to test a new model."})
    page = signed_in(client, lena).get(f"/snapshots/{snapshot.content_hash}/").content.decode()
    assert "Too few labels to test" in page
    assert snapshot.content_hash in page
    assert client.get(f"/snapshots/{snapshot.content_hash[:12]}/").status_code == 200
    assert client.get("/snapshots/0123456789/").status_code == 404
    assert client.get(f"/snapshots/{snapshot.content_hash}/file").status_code == 403
    taken = b"".join(signed_in(client, ada).get(f"/snapshots/{snapshot.content_hash}/file").streaming_content)  # type: ignore[attr-defined]
    import hashlib

    assert hashlib.sha256(taken).hexdigest() == snapshot.content_hash
