"""U11 and the day in a real browser: a person's own keys are honoured, typing triggers none, and what was on the screen is counted."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from console.accounts.models import CareRules, Preferences, Stretch, User
from console.accounts.roles import Role
from console.accounts.services import duty_give, role_give
from console.cases.models import Case
from console.verdicts.models import Verdict
from tests.e2e.looks import findings, open_case, overflow

Waiting = Callable[..., Case]


def choose(page: Page, keys: dict[str, str]) -> None:
    """By the form, as a person does."""
    page.goto("/my-day/keys/")
    for key, own in keys.items():
        page.locator(f'[name="key:{key}"]').fill(own)
    page.get_by_role("button", name="Keep these").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Kept.")


def test_it_honours_keys_that_a_person_put_in_place_of_others(rita_page: Page, waiting: Waiting) -> None:
    first, second = waiting(), waiting(text="The bread was old.")
    choose(rita_page, {"a": ";", "r": "", "4": "h", "h": "4", "Enter": "'"})
    open_case(rita_page, first)
    words = rita_page.locator("[data-commit-words]")
    cap = rita_page.locator('label:has([name="outcome"][value="allow"]) kbd')
    expect(cap).to_have_text(";")
    expect(rita_page.locator('label:has([name="outcome"][value="enforce"]) kbd')).to_be_hidden()
    expect(rita_page.locator('label:has([name="clause"][data-key="4"]) kbd')).to_have_text("H")
    for old in ("a", "r", "4"):
        rita_page.keyboard.press(old)
        expect(words).to_have_text("Choose an outcome")
    rita_page.keyboard.press("h")
    expect(words).to_have_text("Remove: personal attack")
    rita_page.keyboard.press("Shift+Digit8")
    expect(words).to_have_text("Remove: personal attack and private data")
    rita_page.keyboard.press("Shift+H")  # a reason's own key with Shift adds one, or takes it away
    expect(words).to_have_text("Remove: private data")
    rita_page.keyboard.press(";")
    expect(words).to_have_text("Allow")
    rita_page.keyboard.press("Enter")
    assert not Verdict.objects.exists()
    with rita_page.expect_response("**/verdict"):  # it follows the next case, which is on the screen at once
        rita_page.keyboard.press("'")
    rita_page.wait_for_url(f"**/cases/{second.pk}/")
    assert Verdict.objects.get().outcome == "allow"
    expect(cap).to_have_text(";")  # on the screen that came by itself too
    rita_page.keyboard.press("?")
    row = rita_page.locator("#keys dt", has=rita_page.locator("kbd", has_text=";"))
    expect(row).to_have_count(1)
    rita_page.keyboard.press("Escape")


def test_it_leaves_every_single_key_alone_where_a_person_switched_them_off(rita_page: Page, rita: User, waiting: Waiting) -> None:
    open_case(rita_page, waiting())
    rita_page.keyboard.press("?")
    with rita_page.expect_response("**/my-day/single-keys"):
        rita_page.get_by_label("Single keys act").press("Space")
    rita_page.keyboard.press("Escape")
    words = rita_page.locator("[data-commit-words]")
    for reload in (False, True):
        if reload:
            rita_page.reload()
        for key in ("a", "4", "s", "?"):
            rita_page.keyboard.press(key)
        expect(words).to_have_text("Choose an outcome")
        expect(rita_page.locator("dialog[open]")).to_have_count(0)
    assert Preferences.objects.get(user=rita).single_keys is False


def test_typing_in_a_note_triggers_none_of_a_persons_keys(rita_page: Page, waiting: Waiting) -> None:
    choose(rita_page, {"a": ";", "s": "'"})
    open_case(rita_page, waiting())
    rita_page.keyboard.press("n")
    rita_page.keyboard.type(";' asr 123 ?/l")
    expect(rita_page.locator("#note")).to_have_value(";' asr 123 ?/l")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Choose an outcome")
    expect(rita_page.locator("dialog[open]")).to_have_count(0)


def test_it_counts_what_was_clear_and_what_was_read(rita_page: Page, rita: User, waiting: Waiting) -> None:
    case = waiting()
    Case.objects.update(severity=3)
    open_case(rita_page, case)
    detail = "{case: document.getElementById('screen').dataset.case, severity: 3}"
    shown = f"name => document.dispatchEvent(new CustomEvent(name, {{detail: {detail}}}))"
    rita_page.evaluate(shown, "media:shown")
    with rita_page.expect_response("**/my-day/beat"):
        rita_page.evaluate(shown, "media:hidden")
    assert set(Stretch.objects.values_list("user_id", "sort", "severity")) == {
        (rita.pk, "work", 0), (rita.pk, "text", 3), (rita.pk, "clear", 3)
    }  # fmt: skip


def test_it_takes_a_break_and_comes_back_and_asks_for_lighter_work_by_one_key(rita_page: Page, waiting: Waiting) -> None:
    CareRules.objects.create(pk=1, break_minutes=1)
    severe, mild = waiting(), waiting("contact")
    Case.objects.filter(pk=severe.pk).update(severity=3)
    open_case(rita_page, severe)
    expect(rita_page.get_by_text("A short break soon would be good.")).to_have_count(0)
    rita_page.get_by_role("button", name="Hard content today").press("Enter")
    rita_page.get_by_role("button", name="Take a break").press("Enter")
    expect(rita_page.get_by_role("heading", name="You are on a break")).to_be_visible()
    assert Case.objects.get(pk=severe.pk).state == Case.State.WAITING
    rita_page.keyboard.press("Enter")
    rita_page.wait_for_url(f"**/cases/{severe.pk}/")
    rita_page.keyboard.press("l")
    rita_page.wait_for_url(f"**/cases/{mild.pk}/")
    expect(rita_page.get_by_text("Mild cases only for the next hour.")).to_be_visible()


def test_its_pages_can_be_read_by_everybody(open_page: Callable[..., Page], lena: User, waiting: Waiting) -> None:
    duty_give(user=lena)
    role_give(user=lena, role=Role.ADMIN)
    waiting()
    pages = ["/my-day/", "/my-day/settings/", "/my-day/keys/", "/my-day/finished/", "/wellbeing/", "/wellbeing/rules/", "/help/wellbeing/",
             "/help/design/"]  # fmt: skip
    for theme, width in (("light", 1440), ("dark", 320)):
        page = open_page(user=lena, theme=theme, width=width, height=844)
        for path in pages:
            page.goto(path)
            assert (path, findings(page), overflow(page)) == (path, [], 0)
