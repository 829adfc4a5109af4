"""The screen of a contact record: conflicts first, sources as safe links, other records beside it, how fast it goes stale."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console.accounts.models import Source, User
from console.cases.claiming import case_claim_one
from console.cases.models import Case, Claim
from console.common.errors import Invalid
from console.common.models import OutboxEvent
from console.flow import verdict_give
from console.insights.screen import case_open
from console.intake.models import Item, ItemKey
from console.scores.models import Score
from console.verdicts.models import Label, Verdict
from console.verdicts.services import VerdictForm
from scoring.blocks import CompareBlock, CurveBlock, RecordBlock
from tests.console.ui_forms import HTMX

Waiting = Callable[..., Case]
LENA = {"name": "Lena Brandt", "email": "l.brandt@northpier-cranes.example", "company": "Northpier Cranes"}


@pytest.fixture
def record(waiting: Waiting) -> Waiting:
    def _record(**fields: Any) -> Case:
        return waiting(kind="contact", payload={**LENA, **fields})

    return _record


@pytest.fixture
def page(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def html_of(page: Client, case: Case) -> str:
    page.post(f"/cases/{case.pk}/take")
    return page.get(f"/cases/{case.pk}/").content.decode()


def blocks_of(case: Case, kind: type[Any]) -> list[Any]:
    return [block for block in case_open(case=case, claim=None).blocks if isinstance(block, kind)]


def give(case: Case, reviewer: User, **form: Any) -> Verdict:
    claim = Claim.objects.filter(case=case, state="open").first() or case_claim_one(case_id=case.pk, reviewer=reviewer)
    assert claim is not None
    return verdict_give(case_id=case.pk, reviewer=reviewer, token=claim.token, form=VerdictForm(**form))


def test_it_puts_what_sources_tell_differently_on_top(page: Client, record: Waiting) -> None:
    said = {"value": "Northpier Lifting", "source": "Signature in a mail", "date": "2026-11-12", "url": "https://northpier.example/team"}
    case = record(candidates={"company": [said]}, provenance={"name": {"source": "Own web page", "date": "2026-09-03"}})
    fields = blocks_of(case, RecordBlock)[0].fields
    assert [f.name for f in fields] == ["company", "email", "phone", "name", "title"]
    html = html_of(page, case)
    assert 'data-field="company" class="clash"' in html
    assert "Northpier <del>Cranes</del>" in html
    assert "Northpier <ins>Lifting</ins>" in html
    link = '<a href="https://northpier.example/team" rel="noreferrer noopener nofollow" target="_blank">Signature in a mail</a>'
    assert link in html
    assert "Own web page" in html


def test_it_counts_sources_that_agree_as_a_check_and_not_as_a_conflict(record: Waiting) -> None:
    case = record(candidates={"company": [{"value": "NORTHPIER  cranes", "source": "Register"}]})
    company = next(f for f in blocks_of(case, RecordBlock)[0].fields if f.name == "company")
    assert not company.candidates
    assert [(c.value, c.note) for c in company.checks if c.name == "Others agree"] == [("1", "Register")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example/a", "//x.example", "https://", "https://x.example/ a"])
def test_it_refuses_a_source_that_is_no_web_address(record: Waiting, url: str) -> None:
    with pytest.raises(Invalid):
        record(candidates={"company": [{"value": "x", "url": url}]})


def test_it_links_no_source_but_web_addresses(page: Client, record: Waiting) -> None:
    html = html_of(page, record(sources=["https://northpier.example/about", "javascript:alert(1)", "<b>fair</b>"]))
    assert '<a href="https://northpier.example/about" rel="noreferrer noopener nofollow" target="_blank">northpier.example</a>' in html
    assert 'href="javascript' not in html
    assert "&lt;b&gt;fair&lt;/b&gt;" in html
    assert not re.search(r'(src|srcset|poster)="https?:', html)  # nothing is fetched by itself


def test_it_says_what_was_asked_of_the_mail_world(page: Client, record: Waiting) -> None:
    young = (timezone.now() - timedelta(days=20)).isoformat()
    case = record(email_smtp="accepts_all", domain_created_at=young)
    Score.objects.create(
        item=case.item, model="contact@test", checksum="0" * 64, risk=0.4, labels={"email": 0.4}, extra={"measured": {"email_mx": False}}
    )
    Case.objects.update(blind=True)
    checks = {c.name: c for f in blocks_of(Case.objects.get(pk=case.pk), RecordBlock)[0].fields for c in f.checks}
    assert checks["Domain takes mail"].mark == "mismatch"
    assert (checks["Mail server"].value, checks["Mail server"].mark) == ("Accepts anything", "high")
    assert (checks["Domain is"].value, checks["Domain is"].mark) == ("3 weeks old", "low")
    html = html_of(page, case)
    assert "Domain takes mail" in html
    assert "like this are right" not in html  # the chance is an opinion, the look-up is not


def test_it_shows_where_the_record_stands_as_it_goes_stale(page: Client, record: Waiting) -> None:
    html = html_of(page, record(updated_at=(timezone.now() - timedelta(days=640)).isoformat()))
    assert "Of records confirmed 21 months ago, 6 in 10 are still right." in html
    assert '<tr aria-selected="true"><th scope="row">21, this one</th><td class="r">6 in 10</td></tr>' in html
    assert "2.1%" in html


def test_it_says_when_nothing_tells_how_old_the_record_is(record: Waiting) -> None:
    curve = blocks_of(record(), CurveBlock)[0]
    assert curve.here is None
    assert curve.sentence == "No date says when it was last confirmed."


def test_it_puts_records_that_may_be_the_same_beside_it(page: Client, record: Waiting) -> None:
    old = record(email="lena@old.example", title="Buyer", updated_at="2022-05-01T00:00:00Z")
    other = record(name="Otto Moor", email="otto@northpier-cranes.example")
    case = record(title="Head of purchasing")
    compared = blocks_of(case, CompareBlock)
    assert [block.id for block in compared] == [str(old.item_id)]
    assert compared[0].note == "Same name and company"
    rows = {row.title: row for row in compared[0].rows}
    assert rows["Name"].same
    assert (rows["Title"].mine, rows["Title"].theirs, rows["Updated"].theirs) == ("Head of purchasing", "Buyer", "2022-05-01")
    html = html_of(page, case)
    assert f'name="field:same:{old.item_id}" value="keep_that"' in html
    assert str(other.item_id) not in html
    assert "Sources differ" in html  # the other record names another e-mail and title
    assert "Record x-1" in html


def test_it_keeps_the_records_of_another_source_out(record: Waiting, rival: Source) -> None:
    other = record()
    Item.objects.filter(pk=other.item_id).update(source=rival)
    ItemKey.objects.filter(item=other.item).update(source_id=rival.pk)
    assert blocks_of(record(), CompareBlock) == []


def test_it_stores_what_is_the_same_person_beside_the_answers(page: Client, record: Waiting) -> None:
    old = record()
    case = record()
    page.post(f"/cases/{case.pk}/take")
    token = Claim.objects.get(case=case).token
    name = f"same:{old.item_id}"
    data = {"token": token, "outcome": "enforce", "clause": ["5.1"], "field:email": "wrong", f"field:{name}": "keep_that"}
    page.post(f"/cases/{case.pk}/verdict", data, headers=HTMX)
    verdict = Verdict.objects.get()
    assert verdict.fields == {"email": "wrong", name: "keep_that"}
    assert dict(Label.objects.values_list("name", "value")) == {"email": 1}
    event = OutboxEvent.objects.get(topic="item.decided")
    assert event.data["fields"] == verdict.fields  # the platform merges; nothing is merged here


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        ("00000000-0000-7000-8000-000000000000", "keep_this"), ("me", "keep_this"), ("it", "keep_this"), ("old", "marry"),
        ("foreign", "different"),
    ],
)  # fmt: skip
def test_it_refuses_a_merge_that_makes_no_sense(record: Waiting, rita: User, rival: Source, other: str, answer: str) -> None:
    old, foreign, case = record(), record(), record()
    Item.objects.filter(pk=foreign.item_id).update(source=rival)
    ids = {"it": str(case.item_id), "old": str(old.item_id), "foreign": str(foreign.item_id)}
    with pytest.raises(Invalid):
        give(case, rita, outcome="allow", fields={f"same:{ids.get(other, other)}": answer})
    assert not Verdict.objects.exists()


def test_a_merge_alone_is_no_reason_to_act(record: Waiting, rita: User) -> None:
    old, case = record(), record()
    with pytest.raises(Invalid):
        give(case, rita, outcome="enforce", fields={f"same:{old.item_id}": "keep_this"})
    verdict = give(case, rita, outcome="allow", fields={f"same:{old.item_id}": "keep_this"})
    assert set(verdict.labels.values_list("value", flat=True)) == {0}  # right as it stands


def test_it_shows_the_accuracy_only_with_the_evidence(page: Client, record: Waiting) -> None:
    case = record()
    extra = {"accuracy_score": 78, "accuracy_range": [70, 99]}
    Score.objects.create(item=case.item, model="contact@test", checksum="0" * 64, risk=0.4, extra=extra)
    assert "Accuracy score" not in html_of(page, case)
    token = Claim.objects.get(case=case).token
    shown = page.post(f"/cases/{case.pk}/reveal", {"token": token}, headers=HTMX).content.decode()
    assert "78 <small>on a scale of 70 to 99</small>" in shown
