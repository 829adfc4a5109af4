"""The long forms of U1 and U8: a whole shift by the keyboard alone, and half a minute without a line. `make soak`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from console.accounts.models import Source, User
from console.cases.models import Case
from console.intake.models import Media
from console.verdicts.models import Verdict
from tests.e2e.film import film_of, score_of
from tests.e2e.test_ahead import allow, begin, shows
from tests.e2e.test_deciding import start

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
Waiting = Callable[..., Case]
EACH, OFFLINE = 50, 30
# In turn: what breaks a rule, and what does not; with the keys that a person of this kind uses on the way.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "review": (("4",), ("v", "v", "a"), ("w", "w", "ArrowRight", "Enter", "Escape", "4", "Shift+Digit8")),
    "chat": (("f", "1"), ("k", "j", "a"), ("1", "7", ".")),
    "video": (("]", "3"), ("b", "b", "a"), ("i", "]", "o", "3", "x")),
    "order": (("3",), ("a",), ("v", "1")),
    "contact": (("y", "f", "0", "y"), ("y", "y", "y", "y"), ("j", "k", "f", "y", "y", "y")),
}
COUNT_MOUSE = """
for (const kind of ['mousedown', 'pointerdown', 'click']) addEventListener(kind, (event) => {
  if (kind !== 'click' || event.detail > 0) sessionStorage.mouse = Number(sessionStorage.mouse ?? 0) + 1;
}, true);
"""


@pytest.fixture
def film(settings: LazySettings, tmp_path: Path, shop: Source) -> Media:
    settings.MEDIA_ROOT = tmp_path
    return film_of(tmp_path, shop)


def decide(page: Page, keys: tuple[str, ...]) -> None:
    """Until the case is gone from the screen."""
    before = page.locator("#screen").get_attribute("data-case")
    for key in (*keys, "Enter"):
        page.keyboard.press(key)
    page.wait_for_function("before => document.getElementById('screen')?.dataset.case !== before", arg=before, timeout=10_000)


@pytest.mark.parametrize("kind", list(KEYS))
def test_fifty_of_a_kind_are_decided_without_a_mouse(rita_page: Page, rita: User, waiting: Waiting, film: Media, kind: str) -> None:
    more: dict[str, Any] = {"media": str(film.pk)} if kind == "video" else {}
    cases = [waiting(kind, **more) for _ in range(EACH)]
    if kind == "video":
        for case in cases:
            score_of(case, film)
    rita_page.add_init_script(COUNT_MOUSE)
    start(rita_page, cases[0])
    began = time.monotonic()
    for number in range(EACH):
        if number % 10 == 5:  # the one before, once more
            before = Verdict.objects.filter(state="undone").count()
            expect(rita_page.locator("#toast[data-toast]")).to_be_visible()
            rita_page.keyboard.press("u")
            expect(rita_page.locator("[data-commit]")).not_to_have_class("btn primary commit incomplete")
            assert Verdict.objects.filter(state="undone").count() == before + 1
            decide(rita_page, ())
        decide(rita_page, KEYS[kind][number % len(KEYS[kind])])
    expect(rita_page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    took = time.monotonic() - began
    print(f"{kind}: {EACH} decided, 5 of them twice, in {took:.0f} s")
    assert Verdict.objects.filter(reviewer=rita, state="given").count() == EACH
    assert Verdict.objects.filter(state="undone").count() == EACH // 10
    assert set(Case.objects.values_list("state", flat=True)) == {"closed"}
    assert rita_page.evaluate("Number(sessionStorage.mouse ?? 0)") == 0


def test_verdicts_survive_half_a_minute_without_a_line(rita_page: Page, waiting: Waiting) -> None:
    cases = [waiting(text=f"Text number {n}. What a complete muppet.") for n in range(4)]
    for number, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(priority=-number)
    begin(rita_page, cases[0])
    rita_page.context.set_offline(True)
    allow(rita_page)
    shows(rita_page, cases[1])
    for key in ("4", "Enter"):
        rita_page.keyboard.press(key)
    shows(rita_page, cases[2])
    rita_page.wait_for_timeout(1000 * OFFLINE)
    expect(rita_page.locator("[data-line-state]")).to_have_text("2 verdicts wait for the line")
    assert not Verdict.objects.exists()
    began = time.monotonic()
    rita_page.context.set_offline(False)
    expect(rita_page.locator("[data-line-state]")).to_be_hidden(timeout=20_000)
    print(f"2 verdicts arrived {time.monotonic() - began:.1f} s after the line was back from {OFFLINE} s")
    assert dict(Verdict.objects.values_list("case_id", "outcome")) == {cases[0].pk: "allow", cases[1].pk: "enforce"}
    allow(rita_page)
    shows(rita_page, cases[3])
    expect(rita_page.locator("#toast")).to_contain_text("Takes effect in")
    assert Verdict.objects.count() == 3
