"""What the pages say beside the work: refusals that nothing covers, labels beside long values, the newest day, questions before harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from console.accounts.models import User
from console.accounts.roles import Role
from console.accounts.services import user_create
from console.cases.models import Case
from console.policies.models import PolicyVersion
from console.policies.services import policy_draft
from console.verdicts.models import Verdict
from tests.e2e.browser import sign_in
from tests.e2e.conftest import PASSWORD
from tests.e2e.looks import findings, open_case, overflow

Waiting = Callable[..., Case]
WIDTHS = [390, 1440]
DEVICE = "d-" + "0123456789abcdef" * 4  # 66 characters without a place to break
# Corners and centre of an element that belong to something else, or lie outside of the window.
COVERED = """element => {
  const box = element.getBoundingClientRect();
  const places = [[.5, .5], [.05, .2], [.95, .2], [.05, .8], [.95, .8]];
  return places.filter(([x, y]) => !element.contains(document.elementFromPoint(box.left + box.width * x, box.top + box.height * y)));
}"""
LINES = "e => { const r = document.createRange(); r.selectNodeContents(e); return new Set([...r.getClientRects()].map(b => b.top)).size }"


def top(element: Locator) -> float:
    return float(element.evaluate("e => e.getBoundingClientRect().top"))


def bottom(element: Locator) -> float:
    return float(element.evaluate("e => e.getBoundingClientRect().bottom"))


def assert_wholly_visible(banner: Locator) -> None:
    expect(banner).to_be_visible()
    expect(banner).to_be_in_viewport(ratio=1)
    assert banner.evaluate(COVERED) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["review", "video", "order"])
def test_a_refused_verdict_is_not_covered(
    open_page: Callable[..., Page], rita: User, waiting: Waiting, kind: str, width: int
) -> None:  # fmt: skip
    case = waiting(kind)
    late = open_page(user=rita, width=width, height=844)
    open_case(late, case)
    quick = late.context.new_page()
    open_case(quick, case)
    for page in (quick, late):
        page.keyboard.press("1")
    quick.keyboard.press("Enter")
    expect(quick.locator("#toast")).to_be_visible()
    late.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    late.keyboard.press("Enter")
    banner = late.get_by_role("alert")
    expect(banner).to_contain_text("The last one was not stored. This case is decided already.")
    assert_wholly_visible(banner)
    assert (findings(late), overflow(late)) == ([], 0)
    # Nothing else moved over or under it: the content begins below.
    assert bottom(late.locator("#problem")) <= top(late.locator(".case"))
    assert Verdict.objects.count() == 1


def test_a_refusal_closes_the_dialog_that_would_cover_it(rita_page: Page, waiting: Waiting) -> None:
    open_case(rita_page, waiting())
    rita_page.keyboard.press("s")
    expect(rita_page.locator("#skip")).to_be_visible()
    rita_page.context.set_offline(True)
    rita_page.keyboard.press("1")
    banner = rita_page.get_by_role("alert")
    expect(banner).to_contain_text("You are offline.")
    expect(rita_page.locator("#skip")).to_be_hidden()
    assert_wholly_visible(banner)
    rita_page.context.set_offline(False)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_label_is_whole_beside_a_long_value(open_page: Callable[..., Page], rita: User, waiting: Waiting, width: int) -> None:
    page = open_page(user=rita, width=width, height=844)
    long_word = {"name": "W" * 90, "quantity": 1, "price": 2.0}  # the basket's labels are the platform's own
    order = waiting("order", merchant_id=DEVICE, shipping={"name": DEVICE, "city": DEVICE, "country": "FR"}, items=[long_word])
    video = waiting("video")
    video.item.actor = {"id": DEVICE, "age_days": 3}
    video.item.save(update_fields=["actor"])
    for case in (order, video):
        open_case(page, case)
        facts = page.locator(".fact", has_text=DEVICE)
        expect(facts.first).to_be_visible()
        for fact in page.locator(".fact").all():
            label = fact.locator("> :first-child")
            assert fact.evaluate("e => [...e.children].every(c => c.scrollWidth <= e.clientWidth && c.offsetLeft >= e.offsetLeft)")
            if long_word["name"] not in label.inner_text():
                assert label.evaluate(LINES) <= len(label.inner_text().split()), label.inner_text()
        assert overflow(page) == 0


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_the_chart_of_days_opens_at_its_newest(open_page: Callable[..., Page], lena: User, waiting: Waiting, width: int) -> None:
    waiting()
    page = open_page(user=lena, width=width, height=844)
    page.goto("/insights/")
    chart = page.get_by_role("group", name="Chart, scrolls sideways")
    edges = chart.evaluate("e => [e.getBoundingClientRect(), e.querySelector('svg').getBoundingClientRect()].map(b => [b.left, b.right])")
    (left, right), (first, last) = edges
    assert abs(last - right) <= 1 or (first >= left - 1 and last <= right + 1)  # its end is in sight, or all of it
    if width < 700:
        assert first < left  # there is more to the left


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_draft_is_thrown_away_only_after_a_question(browser: Browser, address: str, width: int, script: bool) -> None:
    petra = user_create(username="petra", role=Role.POLICY, password=PASSWORD, full_name="Petra Paz")
    draft = policy_draft(kind="review", user=petra)
    context = browser.new_context(java_script_enabled=script, base_url=address, viewport={"width": width, "height": 844})
    page = context.new_page()
    sign_in(page, address, "petra", PASSWORD)
    page.goto(f"/policies/review/{draft.number}/")
    page.get_by_role("button", name="Throw the draft away").click()
    question = page.get_by_role("dialog", name=f"Throw draft {draft.number} away?")
    expect(question).to_be_visible()
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    assert not script or findings(page) == []
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    assert PolicyVersion.objects.filter(pk=draft.pk, state="draft").exists()
    page.get_by_role("button", name="Throw the draft away").click()
    page.get_by_role("button", name="Yes, throw it away").click()
    expect(page.get_by_text("is thrown away")).to_be_visible()
    assert not PolicyVersion.objects.filter(pk=draft.pk, state="draft").exists()
    context.close()


def test_it_hints_when_fields_and_reasons_disagree(rita_page: Page, waiting: Waiting) -> None:
    case = waiting("contact")
    open_case(rita_page, case)
    hint = rita_page.locator("[data-hint]")
    expect(hint).to_be_hidden()
    rita_page.keyboard.press("f")  # the e-mail is wrong: its clause follows
    for _ in range(3):
        rita_page.keyboard.press("y")
    expect(hint).to_be_hidden()
    rita_page.keyboard.press("2")
    expect(hint).to_have_text("The reason is “Company is wrong”, but Company is not marked wrong.")
    assert abs(top(rita_page.locator("[data-commit]")) - top(rita_page.locator("[data-note-button]"))) < 5  # the commit stays in its row
    rita_page.keyboard.press("4")
    expect(hint).to_be_hidden()  # the record as a whole covers every field
    rita_page.keyboard.press("a")
    expect(hint).to_contain_text("E-mail: you said wrong")
    rita_page.keyboard.press("2")
    expect(hint).to_be_visible()
    rita_page.keyboard.press("Enter")
    expect(rita_page.locator("#toast")).to_be_visible()  # a hint does not block
    assert Verdict.objects.get(case=case).clauses == ["5.2"]


def test_it_says_the_title_of_a_video_once(rita_page: Page, waiting: Waiting) -> None:
    open_case(rita_page, waiting("video"))
    expect(rita_page.locator("#content").get_by_text("Evening at the old harbour", exact=True)).to_have_count(1)


def test_a_check_that_found_something_bad_does_not_say_differs(rita_page: Page, waiting: Waiting) -> None:
    open_case(rita_page, waiting("contact", email="sales@northpier.example"))
    check = rita_page.locator("[data-field=email] div", has_text="Role, not a person")
    expect(check).to_contain_text("Others read it too")
    expect(check).not_to_contain_text("Differs")
