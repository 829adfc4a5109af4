"""Somebody who is faster than the line: no key is lost that was meant for a case they have seen, and none hits another case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from console.accounts.models import User
from console.cases.drafts import draft_keep
from console.cases.models import Case, Claim
from console.scores.models import Score
from console.verdicts.models import Verdict
from tests.e2e.test_ahead import allow, begin, shows
from tests.e2e.test_deciding import start

Waiting = Callable[..., Case]


@pytest.fixture
def five(waiting: Waiting) -> list[Case]:
    """In the order in which they are served."""
    cases = [waiting(text=f"Text number {n}. What a complete muppet.") for n in range(5)]
    for n, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(priority=-n)
    return cases


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def first(page: Page, kept: list[Route]) -> Route:
    """The browser may be a moment from asking."""
    for _ in range(500):
        if kept:
            break
        page.wait_for_timeout(10)
    return kept[0]


def held(page: Page, address: str) -> list[Route]:
    """What the page sends there, kept back until the test lets it go."""
    kept: list[Route] = []
    page.route(address, lambda route: kept.append(route))
    return kept


def words(page: Page) -> str:
    return page.locator("[data-commit-words]").inner_text()


def test_keys_before_the_next_case_decide_nothing_and_change_nothing(rita_page: Page, five: list[Case]) -> None:
    rita_page.route("**/ahead", lambda route: route.abort())  # nothing is in memory
    start(rita_page, five[0])
    kept = held(rita_page, "**/verdict")
    press(rita_page, "4", "Enter")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("On its way")
    press(rita_page, "a", "Enter", "3", "Enter")
    assert len(kept) == 1
    first(rita_page, kept).continue_()
    shows(rita_page, five[1])
    assert words(rita_page) == "Choose an outcome"
    assert Verdict.objects.get().clauses == ["4.4"]
    press(rita_page, "u")
    shows(rita_page, five[0])
    assert words(rita_page) == "Remove: personal attack"


def test_a_verdict_that_has_not_left_is_taken_back_and_may_be_another(rita_page: Page, five: list[Case]) -> None:
    rita_page.route("**/ahead", lambda route: route.abort())
    start(rita_page, five[0])
    rita_page.context.set_offline(True)
    press(rita_page, "4", "Enter")
    expect(rita_page.locator("[data-line-state]")).to_have_text("1 verdict waits for the line")
    press(rita_page, "u", "a")
    assert words(rita_page) == "Allow"
    rita_page.context.set_offline(False)
    press(rita_page, "Enter")
    shows(rita_page, five[1])
    assert Verdict.objects.get().outcome == "allow"


def test_keys_after_undo_are_for_the_case_that_comes_back(rita_page: Page, five: list[Case]) -> None:
    begin(rita_page, five[0])
    press(rita_page, "4", "Enter")
    expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
    kept = held(rita_page, "**/undo")
    press(rita_page, "u", "a", "Enter", "3", "Enter")  # the last two would be for a case that nobody has seen
    with rita_page.expect_response("**/verdict"):
        first(rita_page, kept).continue_()
    expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
    shows(rita_page, five[1])
    assert words(rita_page) == "Choose an outcome"
    assert Verdict.objects.get(state="given").case_id == five[0].pk
    assert Verdict.objects.get(state="given").outcome == "allow"


def test_keys_after_undo_of_a_verdict_on_its_way_are_for_its_case(rita_page: Page, five: list[Case]) -> None:
    begin(rita_page, five[0])
    kept = held(rita_page, "**/verdict")
    press(rita_page, "4", "Enter")
    shows(rita_page, five[1])
    press(rita_page, "u", "a")
    assert words(rita_page) == "Choose an outcome"
    first(rita_page, kept).continue_()
    shows(rita_page, five[0])
    assert words(rita_page) == "Allow"
    assert Verdict.objects.get().state == "undone"


def test_keys_while_the_evidence_comes_are_kept(rita_page: Page, five: list[Case]) -> None:
    begin(rita_page, five[0])
    kept = held(rita_page, "**/reveal")
    press(rita_page, "4", "e", "8", "Enter")
    assert not Verdict.objects.exists()
    first(rita_page, kept).continue_()
    shows(rita_page, five[1])
    expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
    verdict = Verdict.objects.get()
    assert (verdict.clauses, verdict.evidence_seen) == (["4.8"], True)


def test_keys_while_the_evidence_is_refused_are_kept_too(rita_page: Page, waiting: Waiting) -> None:
    case = waiting("order", amount=900.0)
    Score.objects.create(item=case.item, model="order@test", checksum="0" * 64, risk=0.69, evidence=[])
    start(rita_page, case)
    kept = held(rita_page, "**/reveal")
    press(rita_page, "e", "3")
    first(rita_page, kept).continue_()
    expect(rita_page.locator("#problem")).to_contain_text("choose your outcome first")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Cancel: card testing")
    press(rita_page, "a")
    assert words(rita_page) == "Release"


def test_after_undo_no_case_comes_that_went_back_to_the_others(rita_page: Page, five: list[Case]) -> None:
    begin(rita_page, five[0])
    with rita_page.expect_response("**/ahead"):
        allow(rita_page)
    expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
    rita_page.wait_for_timeout(50)
    rita_page.route("**/ahead", lambda route: route.abort())  # from here on the page hears nothing more of what is held for it
    press(rita_page, "u")
    shows(rita_page, five[0])
    assert set(Claim.objects.filter(state="open").values_list("case_id", flat=True)) == {case.pk for case in five[:3]}
    for case in (*five[1:3], five[3]):
        allow(rita_page)
        shows(rita_page, case)
    expect(rita_page.locator("#problem")).to_be_empty()
    assert Verdict.objects.filter(state="given").count() == 3


def test_enter_held_down_decides_one_case(rita_page: Page, rita: User, five: list[Case]) -> None:
    draft_keep(case_id=five[1].pk, person=rita, data={"at": 1, "own": "1", "values": [["outcome", "allow"]]})
    begin(rita_page, five[0])
    press(rita_page, "a")
    rita_page.keyboard.down("Enter")
    shows(rita_page, five[1])
    assert words(rita_page) == "Allow"
    for _ in range(3):
        rita_page.keyboard.down("Enter")
    rita_page.keyboard.up("Enter")
    expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
    shows(rita_page, five[1])
    assert Verdict.objects.count() == 1


AT_ONCE = """
window.afterwards = '';
document.addEventListener('case:arrived', ({ detail }) => setTimeout(() => {
  if (detail.dataset.case !== CASE) return;
  for (const key of ['a', 'Enter']) {
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, code: key, bubbles: true, cancelable: true }));
  }
  window.afterwards = document.querySelector('[data-commit-words]').textContent;
}));
"""


def test_a_case_that_came_unasked_takes_no_key_at_first(rita_page: Page, five: list[Case]) -> None:
    rita_page.add_init_script(AT_ONCE.replace("CASE", f"'{five[2].pk}'"))
    begin(rita_page, five[0])
    Claim.objects.filter(case=five[1]).update(state="expired")
    Case.objects.filter(pk=five[1].pk).update(state="closed")
    allow(rita_page)
    expect(rita_page.locator("#problem")).to_contain_text("Another one came")
    shows(rita_page, five[2])
    assert rita_page.evaluate("afterwards") == "Choose an outcome"
    expect(rita_page.locator("#screen[aria-busy]")).to_have_count(0)
    allow(rita_page)
    shows(rita_page, five[3])
