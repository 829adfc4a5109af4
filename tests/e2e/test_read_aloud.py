"""U6: what a screen reader finds and says, by the accessibility tree of Chromium and by what changes in live regions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from console.accounts.models import Source
from console.cases.models import Case, Claim
from console.intake.models import Media
from tests.e2e.film import film_of, score_of

Waiting = Callable[..., Case]
CONTROLS = {"button", "link", "checkbox", "radio", "textbox", "searchbox", "combobox", "slider", "DisclosureTriangle", "spinbutton"}
NAMED = CONTROLS | {"dialog", "image", "complementary", "navigation", "article", "radiogroup", "region"}
# What a person decides with, in the order in which it is read: the queue, what is under decision, why, the policy, the verdict.
ORDER = ("article", "text Why you see this", "complementary Context", "complementary Policy", "form Verdict")
ORDERS = ("complementary Facts", "article", "text Why you see this", "complementary Evidence and policy", "form Verdict")
QUEUES = {"review": "Reviews", "chat": "Conversations", "video": "Videos", "order": "Orders", "contact": "Contacts"}
CONTENT = {
    "review": "What a complete muppet.", "chat": "fast-deposit[.]example", "video": "Evening at the old harbour",
    "order": "Lost if it is fraud", "contact": "Northpier Cranes",
}  # fmt: skip
# A reader of live regions: only what changes inside a place that was there before is heard, and every alert.
LISTEN = """
window.heard = [];
const LIVE = '[role=status], [role=alert], [aria-live]';
const before = new WeakSet();
const learn = () => document.querySelectorAll(LIVE).forEach((place) => before.add(place));
const hear = (text) => { const said = text.replace(/\\s+/g, ' ').trim(); if (said) window.heard.push(said); };
addEventListener('DOMContentLoaded', () => {
  learn();
  new MutationObserver((changes) => {
    const places = new Set();
    for (const change of changes) {
      const node = change.target.nodeType === 1 ? change.target : change.target.parentElement;
      const place = node?.closest(LIVE);
      if (place && place.isConnected && before.has(place)) places.add(place);
    }
    for (const place of places) hear(place.textContent);
    learn();
  }).observe(document.documentElement, {childList: true, characterData: true, subtree: true});
});
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    role: str
    name: str
    level: int


def read(page: Page) -> list[Node]:
    """What a reader meets, in its order: the accessibility tree without what is ignored."""
    found = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    known: dict[str, dict[str, Any]] = {node["nodeId"]: node for node in found}

    def walk(node: dict[str, Any]) -> Iterator[Node]:
        properties = {p["name"]: p["value"].get("value") for p in node.get("properties", ())}
        if not node.get("ignored"):
            level = int(properties.get("level") or 0)
            yield Node(role=node["role"]["value"], name=str(node.get("name", {}).get("value", "")).strip(), level=level)
        for child in node.get("childIds", ()):
            if child in known:
                yield from walk(known[child])

    return list(walk(found[0]))


def place(nodes: list[Node], wanted: str) -> int:
    role, _, name = wanted.partition(" ")
    roles = {"text": "StaticText"}
    return next(n for n, node in enumerate(nodes) if node.role == roles.get(role, role) and (not name or node.name == name))


def heard(page: Page) -> str:
    """What was said since it was asked last."""
    page.wait_for_timeout(200)
    said: list[str] = page.evaluate("window.heard.splice(0)")
    return " | ".join(said)


def hears(page: Page, words: str) -> None:
    page.wait_for_function("words => window.heard.some((said) => said.includes(words))", arg=words, timeout=5000)


@pytest.fixture
def film(settings: LazySettings, tmp_path: Path, shop: Source) -> Media:
    settings.MEDIA_ROOT = tmp_path
    return film_of(tmp_path, shop)


def open_case(page: Page, waiting: Waiting, film: Media, kind: str) -> Case:
    case = waiting(kind, **({"media": str(film.pk)} if kind == "video" else {}))
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_visible()
    return case


def test_cases_are_read_in_order_and_every_control_has_a_name(rita_page: Page, waiting: Waiting, film: Media) -> None:
    rita_page.add_init_script(LISTEN)
    for kind, queue in QUEUES.items():
        score_of(open_case(rita_page, waiting, film, kind), film)
        for key in ("3", "e"):
            rita_page.keyboard.press(key)
        expect(rita_page.locator("details.evidence")).to_be_visible()
        nodes = read(rita_page)
        assert (kind, [node for node in nodes if node.role in NAMED and not node.name]) == (kind, [])
        begin = place(nodes, f"heading {queue}")
        places = [begin, *(place(nodes, wanted) for wanted in (ORDERS if kind == "order" else ORDER))]
        assert (kind, places) == (kind, sorted(places))
        assert [sum(node.role == landmark for node in nodes) for landmark in ("banner", "main", "navigation")] == [1, 1, 1]
        levels = [node.level for node in nodes[begin:] if node.role == "heading"]
        assert (kind, levels.count(1)) == (kind, 1)
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
        assert CONTENT[kind] in " ".join(node.name for node in nodes)
        buttons = Counter(node.name for node in nodes if node.role == "button")
        assert (kind, [name for name, count in buttons.items() if count > 1]) == (kind, [])


def test_a_decision_is_heard_from_the_claim_to_undo(rita_page: Page, waiting: Waiting, film: Media) -> None:
    first, second = waiting(), waiting(text="The bread was old.")
    Case.objects.filter(pk=second.pk).update(priority=-1)
    rita_page.add_init_script(LISTEN)
    with rita_page.expect_response("**/ahead"):
        rita_page.goto(f"/cases/{first.pk}/")
        rita_page.keyboard.press("Enter")
    said = heard(rita_page)
    assert "Review review-1. It could not be scored, so a person looks. Yours for 10 min." in said
    rita_page.keyboard.press("Enter")
    hears(rita_page, "Choose an outcome.")
    rita_page.keyboard.press("4")
    hears(rita_page, "Remove: personal attack.")
    rita_page.keyboard.press("v")
    hears(rita_page, "Normalised: on.")
    heard(rita_page)
    rita_page.keyboard.press("Enter")
    hears(rita_page, "Review review-2.")
    hears(rita_page, "Last one: removed. U takes it back.")
    assert rita_page.evaluate("document.activeElement.id") == "content"
    heard(rita_page)
    rita_page.keyboard.press("u")
    hears(rita_page, "Taken back. Review review-1.")
    rita_page.keyboard.press("Enter")
    hears(rita_page, "Review review-2.")
    rita_page.keyboard.press("a")
    rita_page.keyboard.press("Enter")
    hears(rita_page, "Nothing waits here.")


def test_fields_and_turns_are_heard_as_keys_go_through_them(rita_page: Page, waiting: Waiting, film: Media) -> None:
    rita_page.add_init_script(LISTEN)
    open_case(rita_page, waiting, film, "contact")
    heard(rita_page)
    rita_page.keyboard.press("y")
    hears(rita_page, "E-mail: right.")
    hears(rita_page, "Company: Northpier Cranes.")
    open_case(rita_page, waiting, film, "chat")
    heard(rita_page)
    rita_page.keyboard.press("f")
    hears(rita_page, "Pay the deposit at fast-deposit[.]example today.")
    rita_page.keyboard.press("k")
    hears(rita_page, "Can I collect it on Saturday?")


def test_a_hold_that_ends_and_a_refusal_are_heard(rita_page: Page, waiting: Waiting, film: Media) -> None:
    rita_page.add_init_script(LISTEN)
    case = open_case(rita_page, waiting, film, "review")
    Claim.objects.filter(case=case).update(lease_until="2020-01-01T00:00:00Z", state="expired")
    Case.objects.filter(pk=case.pk).update(state="waiting")
    rita_page.keyboard.press("a")
    heard(rita_page)
    rita_page.keyboard.press("Enter")
    hears(rita_page, "ran out")
    rita_page.clock.install()
    rita_page.reload()
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#verdict")).to_be_visible()
    rita_page.clock.fast_forward("08:30")
    rita_page.wait_for_function("() => document.querySelector('[data-lease-near]').textContent")
    assert "Your hold ends soon. Press + to keep it longer." in rita_page.evaluate("window.heard.join(' ')")


def test_the_overview_and_its_dialog_of_keys_have_names(rita_page: Page, waiting: Waiting) -> None:
    waiting()
    rita_page.goto("/")
    rita_page.keyboard.press("?")
    nodes = read(rita_page)
    assert [node for node in nodes if node.role in NAMED and not node.name] == []
    assert any(node.role == "dialog" and node.name == "Keys" for node in nodes)
