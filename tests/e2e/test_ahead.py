"""The next case is in memory: there at once, sent in the background, once, whatever becomes of the line; and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from playwright.sync_api import APIResponse, Page, Route, expect

from console.accounts.models import User
from console.cases.models import Case, Claim, Draft
from console.scores.models import Score
from console.verdicts.models import Verdict
from tests.e2e.test_deciding import start
from tests.faults.product import until

Waiting = Callable[..., Case]


@pytest.fixture
def four(waiting: Waiting) -> list[Case]:
    """In the order in which they are served."""
    cases = [waiting(text=f"Text number {n}. What a complete muppet.") for n in range(4)]
    for n, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(priority=-n)
    return cases


def begin(page: Page, case: Case) -> None:
    """On the screen, with the next two in memory."""
    with page.expect_response("**/ahead"):
        start(page, case)
    expect(page.locator(".content-card")).to_contain_text(case.item.payload["text"])
    page.wait_for_timeout(50)


def allow(page: Page) -> None:
    page.keyboard.press("a")
    page.keyboard.press("Enter")


def shows(page: Page, case: Case) -> None:
    expect(page.locator(".content-card")).to_contain_text(case.item.payload["text"])
    assert page.url.endswith(f"/cases/{case.pk}/")


def test_the_next_case_is_there_before_the_verdict_has_arrived(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    kept: list[Route] = []
    rita_page.route("**/verdict", lambda route: kept.append(route))
    allow(rita_page)
    shows(rita_page, four[1])
    assert not Verdict.objects.exists()
    expect(rita_page.locator("#toast")).to_contain_text("Last one: Allow")
    with rita_page.expect_response("**/ahead"):
        kept[0].continue_()
    expect(rita_page.locator("#toast")).to_contain_text("Takes effect in")
    assert Verdict.objects.get().case_id == four[0].pk
    current = Claim.objects.get(case=four[1], state="open")
    assert not current.ahead
    assert current.lease_until > Verdict.objects.get().undo_until


def test_nothing_of_the_machine_travels_ahead(rita_page: Page, four: list[Case]) -> None:
    for case in four:
        Score.objects.create(item=case.item, model="review@secret", checksum="0" * 64, risk=0.69, evidence=[])
    with rita_page.expect_response("**/ahead") as answer:
        start(rita_page, four[0])
    rows = answer.value.json()["ahead"]
    assert [row["case"] for row in rows] == [str(four[1].pk), str(four[2].pk)]
    for row in rows:
        assert "review@secret" not in row["html"]
        assert "7 in 10" not in row["html"]


def test_verdicts_wait_for_the_line_and_are_sent_once(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    rita_page.context.set_offline(True)
    allow(rita_page)
    shows(rita_page, four[1])
    expect(rita_page.locator("[data-line-state]")).to_have_text("1 verdict waits for the line")
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("Enter")
    shows(rita_page, four[2])
    expect(rita_page.locator("[data-line-state]")).to_have_text("2 verdicts wait for the line")
    assert not Verdict.objects.exists()
    rita_page.context.set_offline(False)
    expect(rita_page.locator("[data-line-state]")).to_be_hidden()
    expect(rita_page.locator("#toast")).to_contain_text("Last one: removed")
    assert dict(Verdict.objects.values_list("case_id", "outcome")) == {four[0].pk: "allow", four[1].pk: "enforce"}
    allow(rita_page)
    shows(rita_page, four[3])


def test_a_lost_answer_is_asked_for_again_and_gives_no_second_verdict(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    tries: list[int] = []

    def lose_first(route: Route) -> None:
        tries.append(1)
        if len(tries) == 1:
            route.fetch()  # it arrives, and the answer does not
            route.abort()
        else:
            route.continue_()

    rita_page.route("**/verdict", lose_first)
    allow(rita_page)
    shows(rita_page, four[1])
    expect(rita_page.locator("#toast")).to_contain_text("Takes effect in")
    assert len(tries) == 2
    assert Verdict.objects.count() == 1


def test_it_is_taken_back_before_it_was_sent(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    rita_page.context.set_offline(True)
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("Enter")
    shows(rita_page, four[1])
    expect(rita_page.locator("[data-line-state]")).to_have_text("1 verdict waits for the line")
    rita_page.keyboard.press("u")
    shows(rita_page, four[0])
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Remove: personal attack")
    rita_page.context.set_offline(False)
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_contain_text("Takes effect in")
    assert Verdict.objects.get().outcome == "enforce"


def test_undo_brings_it_back_and_the_other_comes_next(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    with rita_page.expect_response("**/ahead"):
        allow(rita_page)
    with rita_page.expect_response("**/ahead"):
        rita_page.keyboard.press("u")
    shows(rita_page, four[0])
    assert Verdict.objects.get().state == "undone"
    assert Claim.objects.filter(state="open", ahead=False).count() == 1
    rita_page.keyboard.press("Enter")
    shows(rita_page, four[1])


def test_a_refusal_brings_the_case_back_with_its_draft_and_the_words(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("n")
    rita_page.keyboard.type("Look at the last line.")
    rita_page.keyboard.press("Escape")
    Claim.objects.filter(case=four[0]).update(lease_until=Now(), state="expired")
    Case.objects.filter(pk=four[0].pk).update(state="waiting")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#problem")).to_contain_text("ran out")
    shows(rita_page, four[0])
    rita_page.get_by_role("button", name="Take it again").press("Enter")
    expect(rita_page.locator("#note")).to_have_value("Look at the last line.")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    assert Verdict.objects.get().note == "Look at the last line."


def test_a_lost_case_is_replaced_with_a_sentence(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    Claim.objects.filter(case=four[1]).update(lease_until=Now(), state="expired")
    Case.objects.filter(pk=four[1].pk).update(state="closed")
    allow(rita_page)
    expect(rita_page.locator("#problem")).to_contain_text("went back to the queue, so here is another one")
    shows(rita_page, four[2])
    assert Verdict.objects.count() == 1


def test_what_is_in_memory_goes_back_when_the_page_is_left(rita_page: Page, four: list[Case]) -> None:
    begin(rita_page, four[0])
    assert Claim.objects.filter(state="open", ahead=True).count() == 2
    rita_page.goto("/help/")
    until(lambda: not Claim.objects.filter(state="open", ahead=True).exists(), seconds=5, what="they wait for everybody again")
    assert Claim.objects.get(state="open").case_id == four[0].pk


def test_an_old_answer_brings_back_no_case_that_was_decided_meanwhile(rita_page: Page, four: list[Case]) -> None:
    late: list[tuple[Route, APIResponse]] = []

    def hold_first(route: Route) -> None:
        if late:
            route.abort()
        else:
            late.append((route, route.fetch()))  # the server answers with the next two; the answer is on its way for long

    rita_page.route("**/ahead", hold_first)
    start(rita_page, four[0])
    for next_one in (four[1], four[2]):
        allow(rita_page)
        shows(rita_page, next_one)
    route, answer = late[0]
    with rita_page.expect_response("**/ahead"):
        route.fulfill(response=answer)
    rita_page.wait_for_timeout(100)
    allow(rita_page)
    shows(rita_page, four[3])
    expect(rita_page.locator("#problem")).to_be_empty()  # nothing was lost on the way


def test_a_draft_follows_the_person_to_another_browser(
    rita_page: Page, open_page: Callable[..., Page], rita: User, four: list[Case]
) -> None:
    begin(rita_page, four[0])
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("n")
    with rita_page.expect_response("**/draft"):
        rita_page.keyboard.type("From the office.")
    assert Draft.objects.get().person == rita
    other = open_page(user=rita)
    other.goto(f"/cases/{four[0].pk}/")
    expect(other.locator("#note")).to_have_value("From the office.")
    expect(other.locator("[data-commit-words]")).to_have_text("Remove: personal attack")


def test_two_people_at_one_case_see_each_other_and_a_lead_takes_over(
    rita_page: Page, open_page: Callable[..., Page], lena: User, four: list[Case]
) -> None:
    start(rita_page, four[0])
    rita_page.keyboard.press("4")
    other = open_page(user=lena)
    other.goto(f"/cases/{four[0].pk}/")
    expect(other.locator("[data-presence]")).to_have_text("Rita looks too")
    with other.expect_response("**/here"):
        pass
    rita_page.reload()
    expect(rita_page.locator("[data-presence]")).to_have_text("Lena looks too")
    other.keyboard.press("d")
    other.get_by_label("Reason").fill("The customer calls")
    other.keyboard.press("Enter")
    expect(other.locator("#verdict")).to_be_visible()
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#problem")).to_contain_text("Lena Lund took this case over: The customer calls")
    assert not Verdict.objects.exists()
