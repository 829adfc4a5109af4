"""A whole decision of every kind by the keyboard alone, undo, evidence, drafts, and a lost line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from console.accounts.models import User
from console.cases.models import Case, Claim
from console.scores.models import Score
from console.verdicts.models import Verdict

Waiting = Callable[..., Case]
KEYS = {
    "review": ["4"], "chat": ["1"], "order": ["3"], "video": ["3"],
    "contact": ["y", "f", "0", "y"],  # e-mail right, company wrong, name unknown, title right
}  # fmt: skip
COUNT_MOUSE = "window.mouse = 0; for (const kind of ['mousedown', 'pointerdown']) addEventListener(kind, () => window.mouse += 1, true)"


def start(page: Page, case: Case) -> None:
    """From the overview: J until the queue is chosen, then Enter."""
    page.goto("/")
    while page.locator(f'[data-queue="{case.queue.slug}"][aria-selected="true"]').count() == 0:
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    expect(page.locator("#verdict")).to_be_visible()


@pytest.mark.parametrize("kind", list(KEYS))
def test_it_decides_by_the_keyboard_alone(rita_page: Page, waiting: Waiting, kind: str) -> None:
    case = waiting(kind)
    rita_page.add_init_script(COUNT_MOUSE)
    start(rita_page, case)
    commit = rita_page.locator("[data-commit]")
    expect(commit).to_have_class("btn primary commit incomplete")
    for key in KEYS[kind]:
        rita_page.keyboard.press(key)
    expect(commit).to_have_class("btn primary commit")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    expect(rita_page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    verdict = Verdict.objects.get(case=case)
    assert verdict.outcome == "enforce"
    assert verdict.evidence_seen is False
    if kind == "contact":
        assert verdict.fields == {"email": "right", "company": "wrong", "name": "unknown", "title": "right"}
        assert verdict.clauses == ["5.2"]
    assert rita_page.evaluate("window.mouse") == 0


def test_it_says_what_will_happen_and_shows_the_clause(rita_page: Page, waiting: Waiting) -> None:
    start(rita_page, waiting())
    words = rita_page.locator("[data-commit-words]")
    expect(words).to_have_text("Choose an outcome")
    rita_page.keyboard.press("4")
    expect(words).to_have_text("Remove: personal attack")
    expect(rita_page.locator(".policy .clause:visible")).to_have_text("4.4 Personal attack")
    rita_page.keyboard.press("Shift+Digit8")
    expect(words).to_have_text("Remove: personal attack and private data")
    rita_page.keyboard.press("x")
    expect(words).to_have_text("Remove: personal attack and private data, restrict")
    rita_page.keyboard.press("3")
    expect(words).to_contain_text("Remove: threat")
    rita_page.keyboard.press("a")
    expect(words).to_have_text("Allow")
    expect(rita_page.locator('[name="clause"]:checked')).to_have_count(0)


def test_it_undoes_and_brings_back_what_was_chosen(rita_page: Page, waiting: Waiting) -> None:
    first, _second = waiting(), waiting(text="The bread was old.")
    start(rita_page, first)
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_contain_text("Last one: removed")
    rita_page.keyboard.press("u")
    rita_page.wait_for_url(f"**/cases/{first.pk}/")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Remove: personal attack")
    assert Verdict.objects.get(case=first).state == Verdict.State.UNDONE


def test_it_reveals_evidence_only_when_asked(rita_page: Page, waiting: Waiting) -> None:
    case = waiting()
    text = case.item.payload["text"]
    at = text.index("What a complete muppet.")
    evidence = [{"type": "span", "field": "text", "start": at, "end": at + 23, "label": "harassment", "weight": 1.0}]
    Score.objects.create(item=case.item, model="review@test", checksum="0" * 64, risk=0.69, evidence=evidence)
    start(rita_page, case)
    assert "7 in 10" not in rita_page.content()
    assert rita_page.locator("mark.ev").count() == 0
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("e")
    expect(rita_page.locator("mark.ev")).to_have_text("What a complete muppet.")
    expect(rita_page.locator(".ten")).to_contain_text("7 in 10")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Remove: personal attack")
    rita_page.keyboard.press("h")
    expect(rita_page.locator(".ev-label")).to_be_hidden()
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    assert Verdict.objects.get().evidence_seen is True


def test_it_shows_what_hides_in_a_text(rita_page: Page, waiting: Waiting) -> None:
    start(rita_page, waiting())
    expect(rita_page.locator(".lookalike.unseen")).to_have_text("U+200B")
    rita_page.keyboard.press("v")
    expect(rita_page.locator("[data-written]:visible", has_text="muppet")).to_have_count(0)
    expect(rita_page.locator("[data-normalised]:visible")).not_to_have_count(0)
    rita_page.keyboard.press("v")
    expect(rita_page.locator("[data-written]", has_text="muppet")).to_be_visible()


def test_it_leaves_keys_alone_while_a_note_is_written(rita_page: Page, waiting: Waiting) -> None:
    start(rita_page, waiting())
    rita_page.keyboard.press("n")
    rita_page.keyboard.type("asked r 4 u / ? e")
    expect(rita_page.locator("#note")).to_have_value("asked r 4 u / ? e")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Choose an outcome")
    rita_page.keyboard.press("Escape")
    rita_page.keyboard.press("a")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    assert Verdict.objects.get().note == "asked r 4 u / ? e"


def test_it_keeps_the_draft_through_a_reload_and_a_lost_hold(rita_page: Page, waiting: Waiting) -> None:
    case = waiting()
    start(rita_page, case)
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("n")
    rita_page.keyboard.type("Look at the last line.")
    rita_page.reload()
    expect(rita_page.locator("#note")).to_have_value("Look at the last line.")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Remove: personal attack")
    Claim.objects.update(lease_until="2020-01-01T00:00:00Z", state="expired")
    Case.objects.update(state="waiting")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#problem")).to_contain_text("ran out")
    rita_page.get_by_role("button", name="Take it again").press("Enter")
    expect(rita_page.locator("#problem")).to_be_empty()
    expect(rita_page.locator("#note")).to_have_value("Look at the last line.")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()
    assert Verdict.objects.get(case=case).note == "Look at the last line."


def test_it_skips_and_asks_others_by_key(rita_page: Page, waiting: Waiting) -> None:
    first, second = waiting(), waiting(text="The bread was old.")
    start(rita_page, first)
    rita_page.keyboard.press("s")
    rita_page.keyboard.press("1")
    expect(rita_page.locator(".content-card")).to_contain_text("The bread was old.")
    rita_page.keyboard.press("d")
    rita_page.keyboard.press("2")
    expect(rita_page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    second.refresh_from_db()
    assert second.purpose == "escalated"


def test_it_explains_the_keys_and_can_switch_them_off(rita_page: Page, waiting: Waiting) -> None:
    start(rita_page, waiting())
    rita_page.keyboard.press("?")
    dialog = rita_page.locator("#keys")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").press("Space")
    rita_page.keyboard.press("Escape")
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("a")
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Choose an outcome")


def test_it_tells_the_second_person_who_decides(rita_page: Page, open_page: Callable[..., Page], lena: User, waiting: Waiting) -> None:
    case = waiting()
    start(rita_page, case)
    other = open_page(user=lena)
    other.goto(f"/cases/{case.pk}/")
    expect(other.locator(".banner[role=status]")).to_contain_text("Rita Ray decides this one.")
    expect(other.locator("#verdict")).to_have_count(0)


def test_it_works_without_a_mouse_or_a_script(browser: Browser, address: str, rita: User, waiting: Waiting) -> None:
    case = waiting()
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill("plain-sight-42")
    page.get_by_role("button", name="Sign in").press("Enter")
    page.locator(f'[data-queue="{case.queue.slug}"] [data-start]').press("Enter")
    page.locator('[name="clause"][value="4.4"]').press("Space")
    page.locator('[name="outcome"][value="enforce"]').press("Space")
    page.locator("[data-commit]").press("Enter")
    page.wait_for_url("**/queues/**")
    assert Verdict.objects.get().clauses == ["4.4"]
    context.close()


def test_it_names_the_colleagues_without_touching_the_case(rita_page: Page, lena: User, waiting: Waiting) -> None:
    case = waiting()
    start(rita_page, case)
    rita_page.keyboard.press("4")
    rita_page.keyboard.press("d")
    expect(rita_page.locator("#pass-on select option", has_text=lena.display_name)).to_be_attached()
    expect(rita_page.locator("[data-commit-words]")).to_have_text("Remove: personal attack")
    rita_page.keyboard.press("2")
    expect(rita_page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    case.refresh_from_db()
    assert case.purpose == "escalated"


def test_the_list_of_keys_says_what_acts_on_this_screen(rita_page: Page, waiting: Waiting) -> None:
    start(rita_page, waiting("order"))
    rita_page.keyboard.press("?")
    listed = rita_page.locator("#keys .pair:visible dd")
    expect(listed.filter(has_text="Ask first")).to_have_count(1)
    for elsewhere in ("As written, or normalised", "Next queue", "Mark from here", "Sound, or silent", "Twice: mark words"):
        expect(listed.filter(has_text=elsewhere)).to_have_count(0)
    rita_page.keyboard.press("Escape")
    expect(rita_page.locator("[data-mark-words]")).to_have_count(0)  # there are no words to mark


def test_keys_lead_to_the_context_and_back_and_the_offer_to_undo_covers_nothing(rita_page: Page, waiting: Waiting) -> None:
    case, _ = waiting(), waiting(text="The bread was old.")
    start(rita_page, case)
    rita_page.keyboard.press("?")
    expect(rita_page.locator("#keys [data-digits]")).to_have_text("1–8")  # this policy has eight reasons
    rita_page.keyboard.press("Escape")
    rita_page.keyboard.press("c")
    expect(rita_page.locator("[data-context]")).to_be_focused()
    rita_page.keyboard.press("c")
    expect(rita_page.locator("#content")).to_be_focused()
    rita_page.keyboard.press("a")
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
    boxes = [rita_page.locator(place).bounding_box() for place in ("#toast", "#verdict")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] >= boxes[1]["y"]  # in the bar, not above it
