"""The screens of reviews, conversations and films in a real browser: marks, masks, player, keys, and nothing shown unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from console.accounts.models import Source
from console.audit.models import AuditRow
from console.cases.models import Case
from console.intake.models import Media
from console.verdicts.models import Verdict
from tests.e2e.film import film_of, score_of

Waiting = Callable[..., Case]
TEXT = "Naïve 🤦‍♀️ waiter. What a mu\u0301ppet\u200b, honest."
TALK = [
    {"sender": "seller", "text": "Hello dear friend.", "sent_at": "2026-11-20T19:02:00Z"},
    {"sender": "buyer", "text": "Is it there?", "sent_at": "2026-11-21T09:10:00Z"},
    {"sender": "seller", "text": "Pay at fast-deposit.example, call +49 30 5550 199.", "sent_at": "2026-11-21T09:12:00Z"},
]
LISTEN = "for (const name of ['media:shown', 'media:hidden']) document.addEventListener(name, (e) => told([name, e.detail.case]))"
OPINIONS = (
    "in 10", "@test", 'class="ev"', 'class="hit"', "bar hot", "<span>violence</span>", 'data-key="e"', "data-severity", 'class="stages"',
    "known content</",
)  # fmt: skip


@pytest.fixture
def film(settings: LazySettings, tmp_path: Path, shop: Source) -> Media:
    settings.MEDIA_ROOT = tmp_path
    return film_of(tmp_path, shop)


def take(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def decided(page: Page) -> None:
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_be_visible()


def test_it_marks_words_by_keys_keeps_them_and_brings_them_back_by_undo(rita_page: Page, waiting: Waiting) -> None:
    case = waiting("review", text=TEXT, title=None)
    take(rita_page, case)
    press(rita_page, "4", "w", "w", *["ArrowRight"] * 3, "Shift+ArrowRight", "Enter", "Escape")
    chips = rita_page.locator("[data-marks] .chip")
    expect(chips).to_contain_text("personal attack")
    rita_page.reload()
    expect(chips).to_have_count(1)
    decided(rita_page)
    span = Verdict.objects.get().spans[0]
    assert (span["field"], span["label"]) == ("text", "harassment")
    assert TEXT[span["start"] : span["end"]] == "a mu\u0301ppet"
    press(rita_page, "u")
    rita_page.wait_for_url(f"**/cases/{case.pk}/")
    expect(chips).to_have_count(1)
    rita_page.locator("[data-marks] .away").press("Enter")
    expect(chips).to_have_count(0)


def test_it_marks_what_the_mouse_selected_by_code_points(rita_page: Page, waiting: Waiting) -> None:
    take(rita_page, waiting("review", text=TEXT, title=None))
    rita_page.evaluate(
        """() => { const all = document.createTreeWalker(document.querySelector('[data-words="text"]'), NodeFilter.SHOW_TEXT);
        let node; while ((node = all.nextNode()) && !node.data.includes('What')); const range = document.createRange();
        range.setStart(node, node.data.indexOf('What')); range.setEnd(document.querySelector('.unseen').nextSibling, 8);
        getSelection().removeAllRanges(); getSelection().addRange(range); }"""
    )
    press(rita_page, "w", "r", "4")
    expect(rita_page.locator("[data-marks] .chip")).to_have_count(1)
    decided(rita_page)
    span = Verdict.objects.get().spans[0]
    assert TEXT[span["start"] : span["end"]] == "What a mu\u0301ppet\u200b, honest"


def test_it_masks_looks_and_mutes_for_a_day_and_undo_brings_it_back(rita_page: Page, waiting: Waiting) -> None:
    waiting("chat", messages=[{"sender": "seller", "text": "call +49 30 5550 199"}], flagged_index=0)
    case = waiting("chat", messages=TALK, flagged_index=2, account={"age_days": 2})
    take(rita_page, case)
    page = rita_page.locator("#screen")
    expect(page).to_contain_text("14 hours later")
    expect(page).to_contain_text("account 2 days old")
    expect(page).to_contain_text("fast-deposit[.]example")
    assert "5550 199" not in rita_page.locator(".turns").inner_html()
    press(rita_page, "i")
    expect(rita_page.locator(".masked.looked")).to_have_text("+49 30 5550 199")
    assert AuditRow.objects.get(verb="mask.lifted").data["kind"] == "phone"
    assert rita_page.locator('[data-key="o"]').count() == 1
    press(rita_page, "1", "7", ".", ".")
    words = rita_page.locator("[data-commit-words]")
    expect(words).to_have_text("Restrict: scam, mute for 24 hours")
    decided(rita_page)
    verdict = Verdict.objects.get()
    assert (verdict.action, verdict.duration_hours) == ("mute", 24)
    press(rita_page, "u")
    rita_page.wait_for_url(f"**/cases/{case.pk}/")
    expect(words).to_have_text("Restrict: scam, mute for 24 hours")


def test_it_goes_through_a_film_by_keys_marks_a_part_and_trims_it(rita_page: Page, waiting: Waiting, film: Media) -> None:
    case = waiting("video", media=str(film.pk))
    score_of(case, film)
    asked: list[str] = []
    rita_page.on("request", lambda request: asked.append(request.url))
    told: list[Any] = []
    rita_page.expose_function("told", lambda what: told.append(what))
    rita_page.add_init_script(LISTEN)
    take(rita_page, case)
    expect(rita_page.locator(".cues")).to_contain_text("HALF PRICE TICKETS")
    expect(rita_page.locator("[data-flash-note]")).to_contain_text("Flashes at 0:01: stays paused")
    assert rita_page.locator(".bar.hot, .frames .hit").count() == 0  # an opinion waits for E
    press(rita_page, "Space")
    expect(rita_page.locator("[data-player-say]")).to_have_text("Press B to look first.")
    press(rita_page, "Shift+ArrowRight", "i", "]", "o")
    expect(rita_page.locator("[data-marks] .chip")).to_contain_text("0:01 to 0:03")
    assert not [url for url in asked if url.endswith("/clear")]
    press(rita_page, "b")
    playing = rita_page.locator("video")
    expect(playing).to_have_js_property("muted", True)
    expect(playing).to_have_js_property("paused", True)
    press(rita_page, "[", "[", "Space")
    expect(rita_page.locator("[data-player-say]")).to_contain_text("Flashes at 0:01: stays paused", timeout=10_000)
    expect(playing).to_have_js_property("paused", True)
    press(rita_page, "t", "g")
    assert rita_page.locator("#screen[data-outline][data-colour]").count() == 1
    press(rita_page, "1")
    words = rita_page.locator("[data-commit-words]")
    expect(words).to_have_text("Remove: nudity, age gate")  # what the reason brings along is said too
    press(rita_page, "3", "x")
    expect(words).to_have_text("Remove: real violence, trim 0:01 to 0:03")
    decided(rita_page)
    verdict = Verdict.objects.get()
    assert (verdict.action, verdict.spans[0]["t0"], verdict.spans[0]["t1"]) == ("trim", 1.0, 3.0)
    assert told == [["media:shown", str(case.pk)], ["media:hidden", str(case.pk)]]
    press(rita_page, "u")
    rita_page.wait_for_url(f"**/cases/{case.pk}/")
    expect(words).to_have_text("Remove: real violence, trim 0:01 to 0:03")
    expect(rita_page.locator("video")).to_have_count(0)


def test_it_plays_a_film_that_nobody_checked_only_when_asked_twice(rita_page: Page, waiting: Waiting, film: Media) -> None:
    case = waiting("video", media=str(film.pk))
    score_of(case, film, flashes={})
    take(rita_page, case)
    press(rita_page, "b", "Space")
    expect(rita_page.locator("[data-player-say]")).to_contain_text("Nobody checked this part for flashes")
    expect(rita_page.locator("video")).to_have_js_property("paused", True)


def test_it_hides_again_whatever_way_one_leaves_and_comes_back(rita_page: Page, waiting: Waiting, film: Media) -> None:
    case = waiting("video", media=str(film.pk))
    take(rita_page, case)
    press(rita_page, "b")
    expect(rita_page.locator("video")).to_have_count(1)
    rita_page.goto("/help/keys/")
    asked: list[str] = []
    rita_page.on("request", lambda request: asked.append(request.url))
    rita_page.go_back()
    expect(rita_page.locator(".media.stage.blurred")).to_be_visible()
    expect(rita_page.locator("video")).to_have_count(0)
    assert not [url for url in asked if url.endswith("/clear")]


@pytest.mark.parametrize("kind", ["review", "chat", "video"])
def test_a_blind_case_has_no_word_of_the_machine_on_the_line(rita_page: Page, waiting: Waiting, film: Media, kind: str) -> None:
    more: dict[str, Any] = {"video": {"media": str(film.pk)}}.get(kind, {})
    case = waiting(kind, **more)
    score_of(case, film)
    Case.objects.update(blind=True)
    bodies: list[str] = []

    def keep(response: Any) -> None:
        if "/static/" not in response.url and "html" in response.headers.get("content-type", ""):
            bodies.append(response.text())

    rita_page.on("response", keep)
    take(rita_page, case)
    press(rita_page, "e")
    rita_page.reload()
    assert len(bodies) >= 2
    for word in OPINIONS:
        assert not [body for body in bodies if word in body], word


def test_the_worst_text_keeps_the_page_as_wide_as_it_is(open_page: Callable[..., Page], rita: Any, waiting: Waiting) -> None:
    zalgo = "Z" + "\u0301\u0327\u0330\u0353" * 200 + "algo "
    bidi = "abc \u202e\u05d0\u05d1\u05d2 def \u2067\u0645\u0631\u062d\u0628\u0627 "
    case = waiting("review", text=bidi * 20 + zalgo * 5 + "w" * 90_000 + "<b>", title=bidi)
    page = open_page(user=rita, width=320, height=700)
    take(page, case)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    press(page, "v")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".words b").count() == 0


def test_it_lists_only_the_keys_that_do_something_here(rita_page: Page, waiting: Waiting, film: Media) -> None:
    for kind, there, not_there in (
        ("review", "mark words by arrows", "Play twice as fast"),
        ("chat", "next flagged turn", "Play twice as fast"),
        ("video", "Play twice as fast", "next flagged turn"),
    ):
        take(rita_page, waiting(kind, **({"media": str(film.pk)} if kind == "video" else {})))
        press(rita_page, "?")
        keys = rita_page.locator("#keys")
        expect(keys.get_by_text(there)).to_be_visible()
        expect(keys.get_by_text(not_there)).to_be_hidden()
        expect(keys.get_by_text("Field right")).to_be_hidden()
