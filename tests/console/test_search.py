"""What the search finds, what it refuses, and what it must not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.accounts.models import Source, User
from console.accounts.roles import Role, roles_of
from console.cases.models import Case, Claim, Queue
from console.cases.selectors import kinds_closed_to
from console.common.errors import Invalid
from console.flow import decisions_release, item_report, items_receive, verdict_give, verdict_undo
from console.insights.models import SearchRow
from console.insights.search.filters import Viewer, search_filter
from console.insights.search.find import search
from console.intake.models import Item
from console.intake.parsing import parse_item
from console.scores.models import Decision, Score
from console.verdicts.services import VerdictForm
from scoring.types import Item as ScoringItem
from scoring.types import RunContext
from scoring.types import Score as Scored
from tests.console.automation import Told, receive

Post = Callable[..., Item]
Waiting = Callable[..., Case]
REMOVED = VerdictForm(outcome="enforce", clauses=("4.4",))


def found(user: User, **asked: str) -> list[str]:
    """External ids, newest first."""
    viewer = Viewer(user=user, roles=roles_of(user), closed_kinds=kinds_closed_to(user))
    return [item.external_id for item in search(search_filter(asked, viewer), viewer, count=True).items]


def decided_by_machine(case: Case, *, outcome: str = "enforce", risk: float = 0.9, label: str = "harassment") -> None:
    """As if the machine had decided it alone, and nobody waited any more."""
    score = Score.objects.create(item=case.item, model="review@test", checksum="0" * 64, risk=risk)
    Decision.objects.filter(item=case.item).update(
        outcome=outcome, automated=True, score=score, model="review@test", label=label, action="remove", severity=2
    )
    Case.objects.filter(pk=case.pk).update(state="closed")
    Item.objects.filter(pk=case.item_id).update(status="decided")


def test_it_finds_by_every_word_the_last_cut_short_and_by_phrases(rita: User, waiting: Waiting) -> None:
    waiting("The Café soup was cold. 寿司が好き")
    waiting("The soup was warm.")
    for text in ("cafe", "COLD soup", "col", '"soup was" cold', "寿司", "so\u200bup cold", '"was cold'):
        assert found(rita, q=text) == ["x-1"], text
    assert found(rita, q="soup") == ["x-2", "x-1"]
    for text in ('"was soup"', "nowhere", "oup", "'", "':* & !", "\\", '"', "soup & nowhere"):
        assert found(rita, q=text) == [], text


def test_it_finds_by_external_id_account_conversation_and_id(rita: User, waiting: Waiting) -> None:
    case = waiting("Cold soup.", actor={"id": "baker 7/ö"}, conversation="thread-9")
    waiting("Warm soup.")
    for text in ("x-1", "baker 7/ö", "BAKER 7/Ö", "thread-9", str(case.item_id)):
        assert found(rita, q=text) == ["x-1"], text
    assert found(rita, author="baker 7/ö") == ["x-1"]
    assert found(rita, author="baker 7") == []
    assert found(rita, external_id="x-1") == ["x-1"]


def test_it_finds_what_still_waits_for_a_score_by_id_and_headline(rita: User, post: Post, waiting: Waiting) -> None:
    waiting("Cold soup.")
    post("Warm soup.", actor={"id": "cook"})
    assert found(rita) == found(rita, q="soup") == ["x-2", "x-1"]
    assert found(rita, q="x-2") == found(rita, author="cook") == found(rita, status="received") == ["x-2"]
    assert found(rita, status="in_review") == ["x-1"]
    assert found(rita, outcome="enforce") == []


def test_every_filter_narrows_and_all_hold_together(rita: User, ravi: User, claimed: Callable[..., Claim], waiting: Waiting) -> None:
    claim = claimed("You muppet.", actor={"id": "a"})
    verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=REMOVED)
    decisions_release()
    decided_by_machine(waiting("You fool.", actor={"id": "b"}))
    item_report(item=Item.objects.get(external_id="x-2"), reporter="r", reason="", text="", actor="source:shop")
    day = timezone.localdate()
    both = ["x-2", "x-1"]
    asked: list[tuple[dict[str, str], list[str]]] = [
        ({"by": "person"}, ["x-1"]), ({"by": "machine"}, ["x-2"]), ({"reviewer": "rita"}, ["x-1"]), ({"reviewer": "ravi"}, []),
        ({"outcome": "enforce"}, both), ({"outcome": "allow"}, []), ({"label": "harassment"}, both), ({"label": "spam"}, []),
        ({"action": "remove"}, both), ({"score": "high"}, ["x-2"]), ({"score": "0.1-0.2"}, []), ({"severity": "2"}, ["x-2"]),
        ({"reports": "1"}, ["x-2"]), ({"kind": "review", "source": "shop"}, both), ({"kind": "order"}, []),
        ({"since": f"{day}"}, both), ({"until": f"{day}"}, []), ({"decided_since": f"{day}"}, both), ({"decided_until": f"{day}"}, []),
        ({"q": "fool", "by": "machine", "outcome": "enforce", "kind": "review", "score": "high", "reports": "1"}, ["x-2"]),
        ({"q": "fool", "by": "person"}, []), ({"status": "decided"}, both),
    ]  # fmt: skip
    Case.objects.exclude(state="closed").update(state="closed")
    Item.objects.update(status="decided")
    Decision.objects.filter(item__external_id="x-1").exclude(outcome="review").update(state="effective")
    assert [(f, found(ravi, **f)) for f, _ in asked] == asked


def test_it_filters_by_language(rita: User, waiting: Waiting) -> None:
    waiting("Die Suppe war leider ganz kalt, und der Kellner hat uns den ganzen Abend lang nur ausgelacht.")
    waiting("The soup was cold.", payload={"text": "The soup was cold.", "language": "en-GB"})
    assert (found(rita, language="de"), found(rita, language="EN"), found(rita, language="fr")) == (["x-1"], ["x-2"], [])


STRANGE = [
    ("kind", "recipe"), ("status", "gone"), ("source", "';--"), ("language", "e n"), ("reports", "-1"), ("reports", "1e3"),
    ("since", "yesterday"), ("until", "2026-13-01"), ("since", "0001-01-01"), ("outcome", "or 1=1"), ("action", "a';drop"),
    ("label", '{"$ne": 1}'), ("severity", "4"), ("by", "both"), ("reviewer", "nobody"), ("score", "0.9-0.1"), ("score", "nan-1"),
    ("q", "x" * 201), ("q", "a\x00b"), ("author", "x" * 256), ("order_by", "payload"), ("payload__text__contains", "x"),
    ("item__payload__a", "1"), ("id); DROP TABLE intake_item; --", "1"), ("ordering", "-reviewer__password"),
]  # fmt: skip


def test_it_refuses_what_is_no_filter_or_no_value_of_one(rita: User) -> None:
    for name, value in STRANGE:
        with pytest.raises(Invalid) as refused:
            found(rita, **{name: value})
        assert list(refused.value.fields) == [name[:64]], (name, value)


def test_a_time_that_ends_before_it_begins_is_refused(rita: User) -> None:
    with pytest.raises(Invalid, match="filters"):
        found(rita, since="2026-03-02", until="2026-03-01")


def pages(user: User, limit: int, between: Callable[[], object] = lambda: None, **asked: str) -> list[str]:
    viewer = Viewer(user=user, roles=roles_of(user))
    seen, after, more = [], None, True
    while more:
        page = search(search_filter(asked, viewer), viewer, after=after, limit=limit)
        seen += [item.external_id for item in page.items]
        after, more = page.next_after, page.next_after is not None
        between()
    return seen


def test_pages_hold_each_item_once_while_others_arrive(rita: User, waiting: Waiting, post: Post) -> None:
    for number in range(4):
        waiting(f"Soup {number} was cold.")
    post("Soup, not scored yet.")
    assert pages(rita, 2, lambda: post("More soup."), q="soup") == ["x-5", "x-4", "x-3", "x-2", "x-1"]
    assert pages(rita, 3, lambda: post("More soup."), status="in_review") == ["x-4", "x-3", "x-2", "x-1"]


def test_words_are_found_beyond_the_newest_that_are_looked_through(
    rita: User, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.insights.search.find.NEWEST", 2)
    for text in ("Cold soup.", "Cold soup.", "Bread.", "Bread.", "Warm soup."):
        waiting(text)
    assert found(rita, q="soup") == ["x-5", "x-2", "x-1"]
    assert pages(rita, 1, q="soup") == pages(rita, 2, q="soup") == ["x-5", "x-2", "x-1"]


def test_it_counts_no_further_than_it_says(rita: User, waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.insights.search.find.COUNTED", 2)
    viewer = Viewer(user=rita, roles=roles_of(rita))
    counts = []
    for _ in range(3):
        waiting()
        page = search(search_filter({}, viewer), viewer, limit=1, count=True)
        counts.append((page.count, page.more))
    assert counts == [(1, False), (2, True), (2, True)]


ASKS_DECISIONS = [
    {"outcome": "enforce"}, {"label": "harassment"}, {"action": "remove"}, {"severity": "1"}, {"by": "machine"}, {"score": "high"},
    {"score": "0-1"}, {"decided_since": "2020-01-01"}, {"outcome": "review"}, {"by": "person"}, {"reviewer": "rita"},
]  # fmt: skip


def test_no_filter_tells_what_the_machine_thinks_of_what_still_waits(
    rita: User, lena: User, ada: User, petra: User, waiting: Waiting
) -> None:
    case = waiting("You muppet.")
    decided_by_machine(case)
    assert found(rita, score="high") == ["x-1"]
    Case.objects.filter(pk=case.pk).update(state="waiting")  # an audit, or a report, brings it before people again
    for user in (rita, lena, ada):
        assert [(f, found(user, **f)) for f in ASKS_DECISIONS] == [(f, []) for f in ASKS_DECISIONS]
        assert found(user, q="muppet") == ["x-1"]
    assert found(petra, score="high") == found(petra, by="machine") == ["x-1"]  # writes policy, gives no verdicts


def test_no_filter_tells_the_first_verdict_while_a_second_is_asked_for(rita: User, ravi: User, claimed: Callable[..., Claim]) -> None:
    claim = claimed("You muppet.")
    verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=REMOVED)
    Case.objects.create(item=claim.case.item, queue=claim.case.queue, purpose="second", reason="second", sentence="", due_at=timezone.now())
    assert [(f, found(ravi, **f)) for f in ASKS_DECISIONS] == [(f, []) for f in ASKS_DECISIONS]


def test_a_chance_stays_hidden_while_the_verdict_can_be_undone(rita: User, claimed: Callable[..., Claim]) -> None:
    claim = claimed("You muppet.")
    Score.objects.create(item=claim.case.item, model="review@test", checksum="0" * 64, risk=0.9)
    verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=REMOVED)
    assert (found(rita, outcome="enforce"), found(rita, score="high")) == (["x-1"], [])
    claim.case.verdicts.update(undo_until="2020-01-01T00:00:00Z")
    decisions_release()
    assert found(rita, score="high") == ["x-1"]


def test_an_undone_verdict_is_found_no_more(rita: User, claimed: Callable[..., Claim]) -> None:
    claim = claimed("You muppet.")
    verdict = verdict_give(case_id=claim.case_id, reviewer=rita, token=claim.token, form=REMOVED)
    assert found(rita, reviewer="rita") == ["x-1"]
    verdict_undo(verdict_id=verdict.pk, reviewer=rita)
    assert (found(rita, reviewer="rita"), found(rita, status="in_review")) == ([], ["x-1"])


def test_a_kind_that_is_closed_to_a_person_is_not_there(rita: User, waiting: Waiting) -> None:
    waiting("Cold soup.")
    Queue.objects.get(slug="reviews").groups.add(Group.objects.create(name="night shift"))
    assert found(rita) == found(rita, q="soup") == found(rita, q="x-1") == []


def test_a_token_of_a_source_finds_its_own_and_no_reviewer(shop: Source, rival: Source, rita: User, waiting: Waiting) -> None:
    waiting("Cold soup.")
    theirs = parse_item({"kind": "review", "external_id": "r", "payload": {"text": "Soup."}})
    items_receive(source=rival, rows=[theirs], actor="source:rival")
    viewer = Viewer(user=rita, roles=frozenset({Role.INTEGRATION}), source_id=rival.pk)
    assert [i.external_id for i in search(search_filter({"q": "soup"}, viewer), viewer).items] == ["r"]
    with pytest.raises(Invalid, match="filters"):
        search_filter({"reviewer": "rita"}, viewer)


def test_rows_from_before_the_search_are_filled_in(rita: User, waiting: Waiting, capsys: pytest.CaptureFixture[str]) -> None:
    waiting("Cold soup.")
    kept: dict[str, Any] = SearchRow.objects.values().get()
    SearchRow.objects.all().delete()
    assert found(rita, q="cold") == []
    call_command("index_items")
    assert "1 items can be found now." in capsys.readouterr().out
    assert SearchRow.objects.values().get() == kept
    call_command("index_items")
    assert "already" in capsys.readouterr().out


class German(Told):
    """Says of each text what no text so short says of itself."""

    def score(self, items: Sequence[ScoringItem], context: RunContext) -> list[Scored]:
        return [replace(score, signals={"language": "de"}) for score in super().score(items, context)]


def test_a_row_that_is_written_again_keeps_the_language_that_the_item_was_decided_by(
    shop: Source, rita: User, ready: None, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr("tests.console.automation.Told", German)
    items = receive(shop, ["0.5", "0.5 hate", "0.5 spam"])
    assert len(found(rita, language="de")) == 3
    Score.objects.create(item=items[0], model="review@later", checksum="0" * 64, risk=0.5, signals={"language": "en"})
    connection.check_constraints()  # or the rows of this transaction cannot be forgotten yet
    with django_assert_max_num_queries(12):  # for any number
        call_command("index_items", "--again")
    assert len(found(rita, language="de")) == 3
